// LIBSVM text, chunk of lines by chunk of lines.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "data/table/dictionary.h"
#include "poise/dataset.h"
#include "poise/error.h"

namespace poise::inline data {

constexpr std::uint32_t kNoLabel = std::numeric_limits<std::uint32_t>::max();

/// The rows of a chunk as parsed.
struct SparseChunk {
  std::vector<Index> row_size;
  std::vector<std::int32_t> columns;  ///< from 0
  std::vector<float> values;          ///< all of them, unless one needs float64
  std::vector<double> doubles;        ///< then these
  std::vector<std::uint32_t> labels;  ///< numbers in `dictionary`; kNoLabel: none
  const char* first_unlabeled = nullptr;
  Dictionary dictionary;
  Index features = 0, dropped = 0;
  Index comments = 0;  ///< lines
};

/// Between the entries of a line.
inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// Parses the lines from `begin` to `end`, which are part of `text`. A # at a line's start or behind a blank begins a
/// comment. Features beyond `known_features` (−1: all are
/// known) are counted and dropped. Error(kData) with line and column at anything that is not "label index:value …".
SparseChunk parse_libsvm_lines(std::string_view text, const std::string& file, Index known_features, const char* begin,
                               const char* end);

/// Where lines begin, about 1 MiB apart, and the text's end.
std::vector<const char*> chunk_lines(std::string_view text);

/// Line and column of a place in the text. Counts lines: for errors only.
Location place_in_text(std::string_view text, const char* place, const std::string& file);

}  // namespace poise::inline data
