// How each column of a table is read when nothing is known of it: guessed by the first rows, settled by all of them.
#pragma once

#include <vector>

#include "data/table/head.h"
#include "data/table/parse.h"
#include "data/table/roles.h"

namespace poise::inline data {

/// Guesses, and corrects itself by what came of them.
class TableReadings {
 public:
  TableReadings(const TableHead& head, const TableRoles& roles, const ReadOptions& options);

  const TableReading& reading() const { return reading_; }
  /// Whether what the whole file holds is read as it should be. If not, the readings are corrected, and the table is to
  /// be parsed again: at most five times in all.
  bool settle(const ParsedTable& parsed);

 private:
  enum class Stage : std::uint8_t { kGuessed, kLooking, kSettled };

  bool forced_number(Index column) const;
  void settle_column(const ParsedTable& parsed, Index column);
  bool prefer_comma();
  void look_again();
  const ColumnLook& look_at(Index column) const;

  const TableHead& head_;
  const TableRoles& roles_;
  std::vector<Index> columns_;     ///< that are read as what they look like: features not forced to be text, weights
  std::vector<Stage> stages_;      ///< one a column of the file
  std::vector<ColumnLook> looks_;  ///< of the whole file, once it was looked at
  char decimal_;                   ///< as for ColumnLook::decide
  TableReading reading_;
};

/// How a trained model's columns are to be read. `decimal` (0: as in training) replaces the decimal mark.
TableReading readings_of(const Schema& schema, const TableHead& head, const TableRoles& roles, char decimal);

}  // namespace poise::inline data
