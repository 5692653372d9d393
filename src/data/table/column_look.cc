#include "data/table/column_look.h"

#include <algorithm>

#include "data/bytes/written_number.h"

namespace poise::inline data {
namespace {

constexpr std::size_t kMostUnits = 64;

/// Whether the number would be another one without the marks in it.
bool has_mark(std::string_view digits) { return digits.find_first_not_of("0123456789") != std::string_view::npos; }

}  // namespace

void ColumnLook::add(std::string_view cell, const MissingValues& missing, Index count) {
  if (missing.holds(cell)) return;
  if (missing.holds_beside_numbers(cell)) {
    unsure_ += count;
    return;
  }
  const bool zeros =
      cell.size() > 1 && cell.find_first_not_of("0123456789") == std::string_view::npos && cell[0] == '0';
  if (zeros && zeros_.empty()) zeros_ = cell;
  double value = 0;
  const NumberStatus status = parse_number(cell, value);
  if (status == NumberStatus::kNumber && missing.holds_number(value)) return;
  if (status == NumberStatus::kInfinite) {
    infinite_ += count;
  } else if (!add_number(cell, count, status == NumberStatus::kNumber)) {
    texts_ += count;
  }
}

bool ColumnLook::add_number(std::string_view cell, Index count, bool plain) {
  const std::optional<NumberParts> parts = take_apart(cell);
  if (!parts) return false;
  std::string digits;
  bool groups_by_point = false, groups_by_comma = false;
  const bool by_point = plain_digits(parts->digits, '.', digits, groups_by_point);
  const bool by_comma = plain_digits(parts->digits, ',', digits, groups_by_comma);
  if (!by_point && !by_comma) return false;
  const Unit unit{std::string(parts->before), std::string(parts->after)};
  if (!tallies_.contains(unit) && tallies_.size() == kMostUnits) return false;
  Tally& tally = tallies_[unit];
  const bool neutral = by_point && by_comma && !has_mark(parts->digits);
  (neutral ? tally.neutral : !by_comma ? tally.point : !by_point ? tally.comma : tally.both) += count;
  tally.groups_by_point += by_point && groups_by_point ? count : 0;
  tally.groups_by_comma += by_comma && groups_by_comma ? count : 0;
  if (!plain && tally.example.empty()) tally.example = cell;
  if (plain && by_comma && groups_by_comma && tally.group_example.empty()) tally.group_example = cell;
  numbers_ += count;
  return true;
}

/// The currency or unit of most numbers that have one, if those are at least a tenth of all; but what changes their
/// size, as % does, has to be with half of them.
const ColumnLook::Unit& ColumnLook::usual_unit() const {
  static const Unit kNone;
  auto most = tallies_.end();
  for (auto one = tallies_.begin(); one != tallies_.end(); ++one) {
    if (one->first != kNone && (most == tallies_.end() || one->second.total() > most->second.total())) most = one;
  }
  if (most == tallies_.end()) return kNone;
  const Index times = is_factor(most->first.second) ? 2 : 10;
  return times * most->second.total() >= numbers_ ? most->first : kNone;
}

/// Those of a unit, and those without one, unless they would be of another size.
ColumnLook::Tally ColumnLook::joined(const Unit& unit) const {
  const auto find = [&](const Unit& key) {
    const auto found = tallies_.find(key);
    return found == tallies_.end() ? Tally{} : found->second;
  };
  Tally sum = find(unit);
  if (unit == Unit{} || is_factor(unit.second)) return sum;
  const Tally bare = find({});
  sum.neutral += bare.neutral, sum.both += bare.both, sum.point += bare.point, sum.comma += bare.comma;
  sum.groups_by_point += bare.groups_by_point, sum.groups_by_comma += bare.groups_by_comma;
  if (sum.group_example.empty()) sum.group_example = bare.group_example;
  return sum;
}

bool ColumnLook::shows_comma() const {
  const Tally sum = joined(usual_unit());
  return sum.comma > 0 && sum.fit(',') > sum.fit('.');
}

ColumnReading ColumnLook::decide(char decimal, bool number) const {
  const Unit unit = usual_unit();
  const Tally sum = joined(unit);
  const bool comma = decimal == ',' ? sum.fit(',') >= sum.fit('.') : decimal == 0 && shows_comma();
  ColumnReading reading;
  reading.form = {comma ? ',' : '.', (comma ? sum.groups_by_comma : sum.groups_by_point) > 0, unit.first, unit.second};
  const Index fit = sum.fit(reading.form.decimal) + infinite_, all = numbers_ + infinite_ + texts_;
  const auto others = static_cast<double>(all - fit);
  const bool numeric = fit > 0 && others <= kTextShare * static_cast<double>(all);
  if (!numeric && !number && (all > 0 || unsure_ > 0)) return {CellMode::kText, {}, {}};
  reading.mode = CellMode::kNumber;
  reading.example = !sum.example.empty() ? sum.example : reading.form.grouped ? sum.group_example : "";
  return reading;
}

}  // namespace poise::inline data
