#include "data/table/identifiers.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <unordered_set>

#include "base/index.h"

namespace poise::inline data {
namespace {

constexpr double kIdentifierShare = 0.9;
constexpr Index kIdentifierRows = 20;
constexpr double kWidestRange = 20;    // times the rows
constexpr double kLeastEvidence = 10;  // n²/2R
constexpr Index kRowsLookedAt = 256;   // before a whole column is
constexpr double kLargestInteger = 1e15;

bool is_integer(double x) { return std::nearbyint(x) == x && std::abs(x) <= kLargestInteger; }

/// A name that keys of tables have: "id", "user_id", "PassengerId".
bool is_key_name(const std::string& name) {
  const std::size_t n = name.size();
  if (n < 2 || std::tolower(static_cast<unsigned char>(name[n - 2])) != 'i' ||
      std::tolower(static_cast<unsigned char>(name[n - 1])) != 'd') {
    return false;
  }
  if (n == 2) return true;
  const char before = name[n - 3];
  const bool word = before == '_' || before == ' ' || before == '-' || before == '.';
  return word || (name[n - 2] == 'I' && std::islower(static_cast<unsigned char>(before)) != 0);
}

/// A number column that may number the rows.
struct Candidate {
  Index position;
  std::size_t slot;
  bool key_name;
  double low = 0, high = 0;
};

/// use(x, row) for the first `rows` rows, x the numbers of all number columns.
template <typename Use>
void for_rows(const ParsedTable& parsed, Index rows, const Use& use) {
  std::vector<double> x(parsed.number_columns());
  for (std::size_t c = 0; c < parsed.chunks.size() && parsed.first_row[c] < rows; ++c) {
    parsed.with_chunk(static_cast<Index>(c), [&](const TableChunk& chunk) {
      for (Index i = 0; i < std::min(chunk.rows, rows - parsed.first_row[c]); ++i) {
        chunk.numbers.unpack(i, x.data());
        use(x, parsed.first_row[c] + i);
      }
    });
  }
}

/// Leaves the columns that hold different integers in the first rows: few others, so that most tables cost nothing.
void drop_by_first_rows(const ParsedTable& parsed, std::vector<Candidate>& candidates) {
  std::vector<std::unordered_set<double>> seen(candidates.size());
  std::vector<bool> fits(candidates.size(), true);
  for_rows(parsed, std::min(parsed.rows(), kRowsLookedAt), [&](const std::vector<double>& x, Index) {
    for (std::size_t k = 0; k < candidates.size(); ++k) {
      const double value = x[candidates[k].slot];
      if (fits[k]) fits[k] = is_integer(value) && seen[k].insert(value).second;
    }
  });
  std::size_t k = 0;
  std::erase_if(candidates, [&](const Candidate&) { return !fits[k++]; });
}

/// Finds the range of each, and drops those that are not all integers or too far apart.
void drop_by_range(const ParsedTable& parsed, std::vector<Candidate>& candidates) {
  if (candidates.empty()) return;
  std::vector<bool> fits(candidates.size(), true);
  for_rows(parsed, parsed.rows(), [&](const std::vector<double>& x, Index row) {
    for (std::size_t k = 0; k < candidates.size(); ++k) {
      Candidate& one = candidates[k];
      const double value = x[one.slot];
      fits[k] = fits[k] && is_integer(value);
      one.low = row == 0 ? value : std::min(one.low, value);
      one.high = row == 0 ? value : std::max(one.high, value);
    }
  });
  const auto n = static_cast<double>(parsed.rows());
  std::size_t k = 0;
  std::erase_if(candidates, [&](const Candidate& one) {
    const double range = one.high - one.low + 1;
    const bool close = range <= kWidestRange * n && n * n >= 2 * kLeastEvidence * range;
    return !fits[k++] || !(close || one.key_name);
  });
}

bool all_different(const ParsedTable& parsed, const Candidate& one) {
  std::vector<double> values;
  values.reserve(parsed.rows());
  for_rows(parsed, parsed.rows(), [&](const std::vector<double>& x, Index) { values.push_back(x[one.slot]); });
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) == values.end();
}

}  // namespace

std::map<Index, std::string> numbering_columns(const TableHead& head, const ParsedTable& parsed,
                                               const std::vector<Index>& positions) {
  std::vector<Candidate> candidates;
  for (const Index position : positions) {
    if (parsed.rows() <= kIdentifierRows || parsed.modes[position] != CellMode::kNumber) continue;
    const Index slot = parsed.slots[position];
    if (parsed.odd[slot].missing > 0) continue;
    candidates.push_back({position, static_cast<std::size_t>(slot), is_key_name(head.names[position])});
  }
  drop_by_first_rows(parsed, candidates);
  drop_by_range(parsed, candidates);
  std::map<Index, std::string> found;
  for (const Candidate& one : candidates) {
    if (!all_different(parsed, one)) continue;
    found[one.position] = fmt::format("with a different integer in each, from {:.0f} to {:.0f}", one.low, one.high);
  }
  return found;
}

std::string identifying_text(const TextColumn& texts, Index rows) {
  const std::size_t distinct = texts.entries.size();
  if (rows <= kIdentifierRows || static_cast<double>(distinct) <= kIdentifierShare * static_cast<double>(rows))
    return {};
  return fmt::format("{} different strings in {} rows", distinct, rows);
}

}  // namespace poise::inline data
