// The categories of text columns: found in training, matched in prediction.
#pragma once

#include <string>
#include <vector>

#include "data/table_columns.h"

namespace poise {

/// Training: fills the categories of `column`, in alphabetic order, and the map from its distinct strings to them. A
/// literal `?` is a category of its own unless missing values are to be replaced by the most frequent category.
/// Error(kData) at a missing value that is not to be replaced.
void find_categories(const TableHead& head, Index position, const TextColumn& texts, const ReadOptions& options,
                     Column& column, ColumnSource& source, std::vector<std::string>& notices);

/// Predicting: the map from distinct strings to the categories of a trained model's `column`. Error(kData) at one it
/// does not know, unless `unknown_is_zero`, and at a missing value the model cannot fill.
void match_categories(const TableHead& head, const TextColumn& texts, Index position, const Column& column,
                      bool unknown_is_zero, ColumnSource& source, std::vector<std::string>& notices);

}  // namespace poise
