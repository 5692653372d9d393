// Which column of a table is what: label, row weight, feature, or left out.
#pragma once

#include <string>
#include <vector>

#include "data/table/head.h"
#include "poise/read.h"

namespace poise::inline data {

/// Positions in the file, from 0.
struct TableRoles {
  Index label = -1;             ///< −1: none
  Index weight = -1;            ///< −1: none
  std::vector<Index> features;  ///< candidates when training; with a schema, one for each of its columns in order
  std::vector<Index> categorical, numeric;  ///< of the features: those that an option forces to be so
  bool label_was_chosen = false;            ///< by the reader, not by an option
  std::string label_by;                     ///< why it was: "by its name"
  std::vector<std::string> notices;

  bool forced(Index column) const;  ///< whether an option says what it is
};

/// By the options; the default label is the first of label, class, target, y in the header, else the last column that
/// has a name or a value.
/// Error(kUsage) where an option names no column.
TableRoles choose_roles(const TableHead& head, const ReadOptions& options);

/// By a trained model's schema: columns by name where both have a header, by position otherwise (a file with just the
/// label column missing is understood). Error(kData) where a column is not there.
TableRoles match_roles(const TableHead& head, const ReadOptions& options, const Schema& schema);

}  // namespace poise::inline data
