// Directions of recession over several features (THEORY 4.4, 4.10 C3): found by guessing, proven by exact margins.
//
// Along a direction of recession U no margin (x̃_iᵀU)_k − (x̃_iᵀU)_c of a row of class k falls, and some grow. Where
// there is one, Newton's iterates run off along it: the last step is a guess of U up to rounding and slow leftovers.
// The guess is cleaned (classes whose columns hardly differ become one, small weights 0, the others ratios of small
// integers), the best biases for given weights come from shortest paths over the classes, and the result counts only if
// every margin is ≥ 0. Margins near 0 are computed without rounding (margins.h), so what is reported is a proof.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "convex/margins.h"
#include "convex/solvers.h"

namespace poise {
namespace {

// Rational guesses are tried while all of them together stay below this many multiplications.
constexpr double kAffordable = 4e9;

/// Biases b with b_k − b_c ≥ slack − M(k, c) for all k ≠ c, if there are any (Bellman–Ford); pairs of one group (same
/// weights) need no slack.
bool find_biases(const Matrix& m, const std::vector<Index>& group, double slack, Vector& bias) {
  const Index classes = m.rows();
  bias = Vector::Zero(classes);
  for (Index round = 0; round <= classes; ++round) {
    bool changed = false;
    for (Index k = 0; k < classes; ++k) {
      for (Index c = 0; c < classes; ++c) {
        if (group[static_cast<std::size_t>(k)] == group[static_cast<std::size_t>(c)]) continue;
        const double limit = bias[k] + m(k, c) - slack;
        if (bias[c] > limit) {
          bias[c] = limit;
          changed = true;
        }
      }
    }
    for (Index c = 0; c < classes; ++c) {  // one bias a group
      for (Index k = 0; k < classes; ++k) {
        if (group[static_cast<std::size_t>(k)] == group[static_cast<std::size_t>(c)])
          bias[c] = std::min(bias[c], bias[k]);
      }
    }
    if (!changed) return true;
  }
  return false;
}

/// Classes whose weights differ by less than `threshold` of the largest difference, as numbers of groups.
std::vector<Index> group_classes(const Parameters& u, const Vector& largest, double threshold) {
  const Index classes = u.cols(), d = largest.size();
  auto difference = [&](Index a, Index b) {
    return largest.cwiseProduct((u.col(a) - u.col(b)).head(d).cwiseAbs()).maxCoeff();
  };
  double most = 0;
  for (Index a = 0; a < classes; ++a) {
    for (Index b = 0; b < a; ++b) most = std::max(most, difference(a, b));
  }
  std::vector<Index> group(static_cast<std::size_t>(classes));
  std::iota(group.begin(), group.end(), 0);
  for (Index a = 0; a < classes; ++a) {
    for (Index b = 0; b < a; ++b) {
      const Index from = group[static_cast<std::size_t>(a)], to = group[static_cast<std::size_t>(b)];
      if (from == to || difference(a, b) > threshold * most) continue;
      std::replace(group.begin(), group.end(), from, to);
    }
  }
  return group;
}

/// The mean of every group in place of its members, and the first group as zero point.
Parameters merge_groups(Parameters u, const std::vector<Index>& group) {
  const Parameters before = u;
  for (Index c = 0; c < u.cols(); ++c) {
    u.col(c).setZero();
    double members = 0;
    for (Index k = 0; k < u.cols(); ++k) {
      if (group[static_cast<std::size_t>(k)] != group[static_cast<std::size_t>(c)]) continue;
      u.col(c) += before.col(k);
      ++members;
    }
    u.col(c) /= members;
  }
  const Vector zero = u.col(0);
  u.colwise() -= zero;
  return u;
}

/// The best biases for the weights of `u`, and whether the whole is a direction of recession, exactly.
Index complete(const Margins& margins, const std::vector<Index>& group, Parameters& u) {
  const Index d = u.rows() - 1;
  const Matrix m = margins.smallest(u);
  Vector bias;
  // Room between all groups if there is any, found by halving; else biases that leave none.
  const double size = margins.largest_values().dot(u.topRows(d).cwiseAbs().rowwise().maxCoeff());
  for (double slack = size; slack > 1e-7 * size; slack /= 2) {
    if (!find_biases(m, group, slack, bias)) continue;
    u.row(d) = bias.transpose();
    return margins.rows_helped(u);
  }
  if (!find_biases(m, group, 0, bias)) return 0;
  u.row(d) = bias.transpose();
  return margins.rows_helped(u);
}

/// `u` with the weights that move no score by much set to 0 and the others as multiples of the largest / `parts`.
Parameters simplified(Parameters u, const Vector& largest, double threshold, double parts) {
  const Index d = largest.size();
  const double most = largest.cwiseProduct(u.topRows(d).cwiseAbs().rowwise().maxCoeff()).maxCoeff();
  double unit = 0;
  for (Index j = 0; j < d; ++j) {
    for (Index c = 0; c < u.cols(); ++c) {
      if (largest[j] * std::abs(u(j, c)) < threshold * most) u(j, c) = 0;
      unit = std::max(unit, std::abs(u(j, c)));
    }
  }
  for (double& entry : u.topRows(d).reshaped()) entry = std::round(entry / unit * parts);
  return u;
}

SeparatingDirection describe(const Dataset& data, const Parameters& u, Index helped) {
  SeparatingDirection direction;
  const Index d = u.rows() - 1;
  Index features = 0;
  std::string names;
  for (Index j = 0; j <= d; ++j) {
    bool used = false;
    for (Index c = 0; c < u.cols(); ++c) {
      if (u(j, c) == 0) continue;
      direction.entries.push_back({j, c, u(j, c)});
      used = true;
    }
    if (!used || j == d) continue;
    if (++features <= 6) names += (features > 1 ? ", " : "") + data.schema.feature_name(j);
  }
  if (features > 6) names += ", …";
  direction.rows_helped = helped;
  direction.sentence = fmt::format(
      "a combination of {} feature{} ({}) never speaks against a row's class and speaks for it in {} of {} rows: more "
      "of "
      "it lowers the loss for ever",
      features, features == 1 ? "" : "s", names, helped, data.rows());
  return direction;
}

}  // namespace

std::optional<SeparatingDirection> find_recession(const Dataset& data, std::span<const Parameters> guesses) {
  if (data.labels.empty()) return std::nullopt;
  const Margins margins(data);
  const Index d = data.features.cols();
  const bool affordable = static_cast<double>(data.rows()) * static_cast<double>(d) *
                              static_cast<double>(data.schema.class_count()) * 40 *
                              static_cast<double>(guesses.size()) <
                          kAffordable;
  for (const Parameters& guess : guesses) {
    if (!guess.allFinite()) continue;
    std::vector<Index> last;
    for (const double threshold : {0.003, 0.03, 0.2}) {
      const std::vector<Index> group = group_classes(guess, margins.largest_values(), threshold);
      const bool same = group == last;
      last = group;
      if (std::all_of(group.begin(), group.end(), [&](Index g) { return g == group[0]; })) break;
      const Parameters merged = merge_groups(guess, group);
      Parameters u = merged;
      Index helped = same ? 0 : complete(margins, group, u);
      for (const double parts : {1.0, 2.0, 3.0, 4.0, 6.0, 10.0, 16.0, 60.0}) {
        if (helped > 0 || !affordable) break;
        u = simplified(merged, margins.largest_values(), threshold, parts);
        helped = complete(margins, group, u);
      }
      if (helped > 0) return describe(data, u, helped);
    }
  }
  return std::nullopt;
}

}  // namespace poise
