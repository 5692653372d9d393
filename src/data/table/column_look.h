// What the cells of a column look like, and so how it is to be read: as numbers, of which form, or as text.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "data/table/missing_values.h"
#include "data/table/parse.h"

namespace poise::inline data {

/// Text cells of a column that is otherwise numeric are errors up to this share; above it the column is categorical.
constexpr double kTextShare = 0.05;

/// Counts cells by what they could be. The same counts whatever the order.
class ColumnLook {
 public:
  void add(std::string_view cell, const MissingValues& missing, Index count = 1);

  /// How to read the column. `decimal`: 0 goes by the cells, ',' takes the comma unless the point makes sense of more
  /// cells, '.' never takes the comma. `number`: as numbers, whatever share of the cells are none.
  ColumnReading decide(char decimal, bool number = false) const;

  Index numbers() const { return numbers_; }  ///< cells that are numbers of some form
  bool empty() const { return numbers_ + infinite_ + texts_ + unsure_ == 0; }
  const std::string& example_with_zeros() const { return zeros_; }  ///< the first like "007"; empty if there is none
  /// Whether cells make sense with a decimal comma only ("3,14"), and more than with a point only.
  bool shows_comma() const;

 private:
  /// Cells with one currency and unit, by which decimal mark makes sense of them.
  struct Tally {
    Index neutral = 0, both = 0, point = 0, comma = 0;
    Index groups_by_point = 0, groups_by_comma = 0;  ///< with groups, if that is the decimal mark
    std::string example, group_example;              ///< the first that is not plain; the first "1.234"

    Index fit(char decimal) const { return neutral + both + (decimal == ',' ? comma : point); }
    Index total() const { return neutral + both + point + comma; }
  };
  using Unit = std::pair<std::string, std::string>;

  bool add_number(std::string_view cell, Index count, bool plain);
  const Unit& usual_unit() const;
  Tally joined(const Unit& unit) const;

  Index texts_ = 0, unsure_ = 0, numbers_ = 0, infinite_ = 0;
  std::string zeros_;
  std::map<Unit, Tally> tallies_;
};

}  // namespace poise::inline data
