// What a model says of rows, as text or numbers for others to read.
#pragma once

#include <functional>
#include <string_view>

#include "poise/network.h"
#include "poise/watcher.h"

namespace poise::inline run {

/// What there is to say of a row: its label, alone or with the probabilities of the classes, its features as the
/// network reconstructs them, or the states of a hidden layer.
enum class RowAnswer { kLabels, kProbabilities, kReconstruction, kHiddenStates };

struct PredictionFormat {
  enum class Kind {
    kTable,  ///< a line a row: the label, if there is one, and the numbers in nine digits; RFC 4180
    kNpy     ///< the numbers, a row each, in float64
  };
  Kind kind = Kind::kTable;
  char separator = ',';  ///< of a table: a tab in .tsv files
  bool header = false;   ///< of a table: the names of the columns
  RowAnswer answer = RowAnswer::kLabels;
  Index layer = 0;  ///< of kHiddenStates: 1 … L−1
};

/// What is said by a network that is asked for `probabilities`, or for the states of `hidden_layer` (0: not). Throws
/// Error(kUsage) if it has none.
RowAnswer answer_of(const Network& network, bool probabilities, Index hidden_layer);

/// The file formats that `predict` writes to a path, by its extension, less .gz. Throws Error(kUsage) for NPY of labels
/// alone, which are text, and for extensions of formats that are not written.
PredictionFormat format_of(std::string_view path, RowAnswer answer, bool header);

/// Of the columns of numbers: classes, features, or "unit 1", ….
std::vector<std::string> number_names(const Network& network, const PredictionFormat& format);

/// Hands the predictions of all rows to `write`, in order, some thousand rows at a time; they are made in parallel.
/// The label is the first class of the largest score. `watcher` (may be null) is told how far it is. Throws
/// Error(kData) if the numbers of features differ.
void write_predictions(const Network& network, const Dataset& data, const PredictionFormat& format, int threads,
                       const std::function<void(std::string_view)>& write, Watcher* watcher = nullptr);

/// The label of every row, by number.
std::vector<std::int32_t> labels_of(const Matrix& scores);

}  // namespace poise::inline run
