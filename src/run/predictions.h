// What a model says of rows, as text or numbers for others to read.
#pragma once

#include <functional>
#include <string_view>

#include "poise/network.h"

namespace poise::inline run {

struct PredictionFormat {
  enum class Kind {
    kTable,  ///< a line a row: the label, and with `probabilities` one of each class, nine digits; RFC 4180
    kNpy     ///< the probabilities, n×K in float64
  };
  Kind kind = Kind::kTable;
  bool header = false;         ///< of a table: "label" and the class names
  bool probabilities = false;  ///< of a table
};

/// The file formats that `predict` writes to a path, by its extension, less .gz. Throws Error(kUsage) for NPY without
/// probabilities: labels are text.
PredictionFormat format_of(std::string_view path, bool probabilities, bool header);

/// Hands the predictions of all rows to `write`, in order, some thousand rows at a time; they are made in parallel.
/// The label is the first class of the largest score. Throws Error(kData) if the numbers of features differ.
void write_predictions(const Network& network, const Dataset& data, const PredictionFormat& format, int threads,
                       const std::function<void(std::string_view)>& write);

/// The label of every row, by number.
std::vector<std::int32_t> labels_of(const Matrix& scores);

}  // namespace poise::inline run
