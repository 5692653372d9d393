// Proofs in single features that a softmax layer without penalty has no optimum
// (docs/theory/softmax.md#directions-of-recession): one class on one side of a threshold, all others on the other.
// Comparisons of numbers as in the file: no rounding.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/index.h"
#include "base/infinity.h"
#include "convex/certificate/exact_rows.h"
#include "convex/existence/verdict.h"

namespace poise::inline convex {
namespace {

/// Smallest and largest value of every feature within every class, over rows of positive weight. [class·d + feature]
struct Ranges {
  std::vector<double> low, high;
};

void widen(Ranges& ranges, std::size_t slot, double value) {
  ranges.low[slot] = std::min(ranges.low[slot], value);
  ranges.high[slot] = std::max(ranges.high[slot], value);
}

bool counts(const Dataset& data, Index row) { return data.sample_weight.size() == 0 || data.sample_weight[row] > 0; }

Ranges class_ranges(const Dataset& data, const ExactRows& rows) {
  const std::size_t d = rows.cols(), classes = data.schema.class_count();
  Ranges ranges{std::vector<double>(d * classes, kInfinity), std::vector<double>(d * classes, -kInfinity)};
  std::vector<Index> stored(rows.sparse() ? d * classes : 0), rows_of(classes);
  for (Index i = 0; i < rows.rows(); ++i) {
    if (!counts(data, i)) continue;
    const std::size_t label = data.labels[i];
    ++rows_of[label];
    rows.for_each(i, [&](Index j, double value) {
      const std::size_t slot = label * d + j;
      widen(ranges, slot, value);
      if (rows.sparse()) ++stored[slot];
    });
  }
  for (std::size_t slot = 0; slot < stored.size(); ++slot) {  // an entry that is not stored is a zero
    if (stored[slot] < rows_of[slot / d]) widen(ranges, slot, 0);
  }
  return ranges;
}

/// Class `k` lies on one side of `threshold` of a feature (sign +1: above), all other classes on the other.
struct Split {
  Index feature = -1, class_id = 0;
  double threshold = 0;
  int sign = 0;
};

/// The smallest and the next of some numbers, and whose the smallest is.
struct SmallestTwo {
  double first = kInfinity, second = kInfinity;
  Index whose = -1;

  void take(double value, Index of) {
    if (value < first) {
      second = first;
      first = value, whose = of;
    } else {
      second = std::min(second, value);
    }
  }
  double without(Index of) const { return of == whose ? second : first; }
};

/// The first class that a split of feature j isolates, if there is one with a row strictly inside.
std::optional<Split> isolating_split(const Ranges& ranges, Index j, Index d, Index classes) {
  const auto slot = [&](Index c) { return c * d + j; };
  SmallestTwo lows, highs;  // highs with the sign reversed; a class without rows has low ∞ and high −∞
  for (Index c = 0; c < classes; ++c) {
    lows.take(ranges.low[slot(c)], c);
    highs.take(-ranges.high[slot(c)], c);
  }
  for (Index k = 0; k < classes; ++k) {
    const double low = lows.without(k), high = -highs.without(k);  // of the other classes
    const double own_low = ranges.low[slot(k)], own_high = ranges.high[slot(k)];
    if (own_low > own_high || low > high) continue;  // a class without rows proves nothing
    if (own_low >= high && (own_high > high || low < high)) return Split{j, k, high, 1};
    if (own_high <= low && (own_low < low || high > low)) return Split{j, k, low, -1};
  }
  return std::nullopt;
}

Index rows_strictly_helped(const Dataset& data, const ExactRows& rows, const Split& split) {
  Index helped = 0;
  for (Index i = 0; i < data.rows(); ++i) {
    if (!counts(data, i)) continue;
    const double value = rows.value(i, split.feature);
    const int side = split.sign * (value > split.threshold ? 1 : value < split.threshold ? -1 : 0);
    helped += data.labels[i] == split.class_id ? side > 0 : side < 0;
  }
  return helped;
}

std::string describe(const Dataset& data, const Split& split, const SeparatingDirection& direction) {
  const std::string feature = data.schema.feature_name(split.feature);
  const std::string& name = data.schema.classes[split.class_id];
  std::string text = fmt::format(
      "{0} is {1} {2} in every row of class '{3}' and {4} {2} in every other row, strictly so in {5}: {6} "
      "its weight for "
      "class '{3}' lowers the loss for ever",
      feature, split.sign > 0 ? "at least" : "at most", split.threshold, name, split.sign > 0 ? "at most" : "at least",
      direction.rows_helped, split.sign > 0 ? "raising" : "lowering");
  if (direction.proving_features.size() > 1) {
    text += fmt::format("; {} features are such a proof, each alone:", direction.proving_features.size());
    for (std::size_t k = 0; k < std::min<std::size_t>(direction.proving_features.size(), 40); ++k) {
      text += (k ? ", " : " ") + data.schema.feature_name(direction.proving_features[k]);
    }
    if (direction.proving_features.size() > 40) text += ", …";
  }
  return text;
}

}  // namespace

std::optional<SeparatingDirection> find_separating_feature(const Dataset& data, const Stop& stop) {
  if (data.labels.empty()) return std::nullopt;
  const Index d = data.features.cols(), classes = data.schema.class_count();
  const ExactRows rows(data.features, {}, ProofStop(stop));
  const Ranges ranges = class_ranges(data, rows);
  SeparatingDirection direction;
  Split best;
  for (Index j = 0; j < d; ++j) {
    const auto split = isolating_split(ranges, j, d, classes);
    if (!split) continue;
    direction.proving_features.push_back(j);
    const Index helped = direction.proving_features.size() <= 64 ? rows_strictly_helped(data, rows, *split) : 0;
    if (helped > direction.rows_helped) {
      direction.rows_helped = helped;
      best = *split;
    }
  }
  if (best.feature < 0) return std::nullopt;
  direction.entries = {{best.feature, best.class_id, static_cast<double>(best.sign)},
                       {d, best.class_id, -static_cast<double>(best.sign) * static_cast<double>(best.threshold)}};
  direction.sentence = describe(data, best, direction);
  return direction;
}

}  // namespace poise::inline convex
