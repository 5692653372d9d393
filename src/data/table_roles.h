// Which column of a table is what: label, row weight, feature, or left out.
#pragma once

#include <string>
#include <vector>

#include "data/table_head.h"
#include "poise/read.h"

namespace poise {

/// Positions in the file, from 0.
struct TableRoles {
  Index label = -1;             ///< −1: none
  Index weight = -1;            ///< −1: none
  std::vector<Index> features;  ///< candidates when training; with a schema, one for each of its columns in order
  std::vector<std::string> notices;

  /// How each column of the file is to be parsed: features as `feature_modes` says (one a column of the file).
  std::vector<CellMode> modes(const std::vector<CellMode>& feature_modes) const;
};

/// By the options; the default label is the first of label, class, target, y in the header, else the last column.
/// Error(kUsage) where an option names no column.
TableRoles choose_roles(const TableHead& head, const ReadOptions& options);

/// By a trained model's schema: columns by name where both have a header, by position otherwise (a file with just the
/// label column missing is understood). Error(kData) where a column is not there.
TableRoles match_roles(const TableHead& head, const ReadOptions& options, const Schema& schema);

}  // namespace poise
