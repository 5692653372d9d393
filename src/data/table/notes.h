// What is said about the columns of a table: one line a kind of note, however many columns it is about.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/table/head.h"
#include "data/table/parse.h"

namespace poise::inline data {

inline const std::string kMissingCategory = "?";

enum class ColumnNote : std::uint8_t {
  kEmpty,           ///< no values; left out
  kUnnamed,         ///< the first column, without a name; left out
  kNumbering,       ///< integers that number the rows; left out
  kIdentifier,      ///< text that is nearly all different; left out
  kDifferentDates,  ///< dates that are nearly all different; left out
  kWritten,         ///< numbers as people write them
  kLeadingZeros,    ///< numbers with zeros before them, which may be codes
  kDates,           ///< text that is dates
  kCategories,      ///< text
  kMany,            ///< more than 1,000 categories
  kRare,            ///< categories left out, since too few rows have them
  kFilled,          ///< missing values; what becomes of them is for the line to say
  kRefused,         ///< missing values that training would refuse
  kUnknown          ///< categories that a model does not know
};

/// Collects notes and makes sentences of them.
class ColumnNotes {
 public:
  explicit ColumnNotes(const TableHead& head) : head_(head) {}

  /// `detail`: what the line says of this column; `count`: of the cells it is about.
  void add(ColumnNote kind, Index column, const std::string& detail, Index count = 0);
  bool has(ColumnNote kind) const { return notes_.contains(kind); }
  /// What becomes of missing values: "numbers take the mean".
  void set_fate(const std::string& fate) { fate_ = fate; }

  /// Hints name the columns as options do, so that they can be pasted.
  std::vector<std::string> sentences() const;

 private:
  struct Entry {
    Index column;
    std::string detail;
    Index count;
  };
  std::string sentence(ColumnNote kind, const std::vector<Entry>& entries) const;
  std::string list(const std::vector<Entry>& entries) const;
  std::string words(const std::vector<Entry>& entries) const;

  const TableHead& head_;
  std::map<ColumnNote, std::vector<Entry>> notes_;
  std::string fate_;
};

}  // namespace poise::inline data
