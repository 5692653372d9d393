// Frames of named columns, of whatever library, read as the reader of CSV reads a table.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "poise/read.h"

namespace poise::python {

/// How numbers stand in the memory of others.
enum class CellType : std::uint8_t {
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kFloat16,
  kFloat32,
  kFloat64,
  kText  ///< numbers of strings, int32; −1: missing
};

/// Some rows of a column, where they are.
struct Cells {
  std::shared_ptr<const void> owner = {};
  CellType type = CellType::kFloat64;
  const std::byte* data = nullptr;        ///< null: all missing
  std::int64_t stride = 0;                ///< bytes
  const std::uint8_t* present = nullptr;  ///< a bit a row, lowest first; null: all are there
  std::int64_t first_bit = 0;
  std::vector<std::int32_t> codes = {};  ///< kText: `data` is null

  bool is_present(Index row) const;
};

/// Distinct strings and their numbers.
class Strings {
 public:
  std::int32_t number_of(std::string_view text);
  const std::vector<std::string>& all() const { return all_; }
  /// The same with other words for true and false.
  Strings spelled(const char* yes, const char* no) const;

 private:
  std::vector<std::string> all_;
  std::unordered_map<std::string, std::int32_t> numbers_;
};

/// A column of numbers, or of text: categories and truth values are text, as in a CSV.
struct FrameColumn {
  std::string name;
  bool is_text = false;
  bool is_truth = false;  ///< text that is "True" or "False", or "true" and "false": a model's spelling is taken over
  Strings strings;
};

/// Rows that arrive together: of every column some cells.
struct FrameRows {
  Index rows = 0;
  std::vector<Cells> cells;
};

struct Frame {
  std::vector<FrameColumn> columns;
  std::vector<FrameRows> parts;

  Index rows() const;
};

/// Numbers [first, first + count) of the cells as float64; NaN where there is none. Throws Error(kData) for integers
/// that float64 does not hold, with `name` in it.
void load_cells(const Cells& cells, const std::string& name, Index first, Index count, double* to);

/// How a frame is to be read.
struct FrameOptions {
  ReadOptions read;
  bool features_only = false;      ///< every column is a feature, and numbers are kept whatever they look like
  const Schema* schema = nullptr;  ///< of a trained model, or of the rows trained on
  Vector sample_weight;            ///< features_only: for the means that fill missing values; may be empty
};

/// The data set that the CSV of the same table would be. Numbers alone are copied once, in the narrowest types; else
/// the frame is written as text in memory and read, by the rules of docs/data.md. Errors name columns, and rows from 0.
Dataset read_frame(Frame& frame, const FrameOptions& options);

}  // namespace poise::python
