// The categories of text columns: found in training, matched in prediction.
#pragma once

#include <string>

#include "data/table/columns.h"
#include "data/table/notes.h"

namespace poise::inline data {

/// What find_categories found beside the categories.
struct FoundCategories {
  Index missing = 0;     ///< values
  std::size_t rare = 0;  ///< categories left out
};

/// Training: fills the categories of `column`, in alphabetic order, and the map from its distinct strings to them. A
/// category that fewer rows have than options.min_category_rows (by default 2 in a column of more than 20 categories,
/// else 1) is left out: it counts as none, as one does that comes up in prediction alone. A missing value is the
/// category "?", or the most frequent one, or Error(kData), by the policy; a literal `?` that would be an error is a
/// category of its own.
FoundCategories find_categories(const TableHead& head, Index position, const TextColumn& texts,
                                const ReadOptions& options, Column& column, ColumnSource& source);

/// Predicting: the map from distinct strings to the categories of a trained model's `column`; one it does not know
/// counts as none, with a note, or is Error(kData) unless `unknown_is_zero`. Error(kData) at a missing value the model
/// cannot fill. Returns how many values are missing.
Index match_categories(const TableHead& head, const TextColumn& texts, Index position, const Column& column,
                       bool unknown_is_zero, ColumnSource& source, ColumnNotes& notes);

}  // namespace poise::inline data
