#include "report/facts/compared.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "report/facts/sections.h"
#include "report/words.h"

namespace poise::report {

std::vector<std::string> names_of(std::span<const RunRecord> runs) {
  std::map<std::string, int> times;
  for (const RunRecord& run : runs) ++times[name_of(run)];
  std::vector<std::string> names;
  for (const RunRecord& run : runs)
    names.push_back(shortened(times[name_of(run)] > 1 ? run.directory : name_of(run), kLongestName));
  return names;
}

std::string common_part(std::span<const RunRecord> runs) {
  for (const RunRecord::Part& part : runs.front().parts) {
    const bool all = std::all_of(runs.begin(), runs.end(), [&](const RunRecord& run) {
      return std::any_of(run.parts.begin(), run.parts.end(),
                         [&](const auto& other) { return other.name == part.name; });
    });
    if (all) return part.name;
  }
  return "";
}

const RunRecord::Part* part_of(const RunRecord& run, const std::string& name) {
  const auto found =
      std::find_if(run.parts.begin(), run.parts.end(), [&](const auto& part) { return part.name == name; });
  return found == run.parts.end() ? (run.parts.empty() ? nullptr : &run.parts.front()) : &*found;
}

void mark_best(const std::vector<Cell*>& cells, bool largest) {
  std::vector<double> values;
  for (const Cell* cell : cells) {
    if (!std::isnan(cell->value)) values.push_back(cell->value);
  }
  if (values.empty()) return;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (*low == *high) return;
  for (Cell* cell : cells) cell->best = cell->value == (largest ? *high : *low);
}

}  // namespace poise::report
