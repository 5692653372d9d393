// Directions of recession over several features by rounding guesses: for problems that are too large for anything else,
// and to find simple ones.
//
// Where there is a direction of recession, Newton's iterates run off along it: the last step is a guess of it up to
// rounding and slow leftovers. The guess is cleaned (classes whose columns hardly differ become one, small weights 0,
// the others ratios of small integers), the best biases for given weights come from shortest paths over the classes,
// and the result counts only if it is one exactly.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "convex/existence/separation_search.h"

namespace poise::inline convex {
namespace {

// Rational guesses are tried while all of them together stay below this many multiplications.
constexpr double kAffordable = 4e9;

/// Margins of all rows in float64.
class FloatMargins {
 public:
  FloatMargins(const ExactRows& rows, const Problem& problem, const std::vector<Index>& counted)
      : rows_(rows), problem_(problem), counted_(counted), largest_(Vector::Zero(rows.cols())) {
    for (Index i : counted)
      rows.for_each(i, [&](Index j, double x) { largest_[j] = std::max(largest_[j], std::abs(x)); });
  }

  const Vector& largest_values() const { return largest_; }  ///< max over the rows of |x_j|, d

  /// M(k, c) = min over rows of class k of (xᵀU)_k − (xᵀU)_c, biases left out; infinite for classes without rows.
  Matrix smallest(const Parameters& u) const {
    const Index k = problem_.classes;
    Matrix out = Matrix::Constant(k, k, std::numeric_limits<double>::infinity());
    Vector z(k);
    for (Index i : counted_) {
      z.setZero();
      rows_.for_each(i, [&](Index j, double x) { z += x * u.row(j).transpose(); });
      const Index own = problem_.labels[i];
      out.row(own) = out.row(own).cwiseMin((z[own] - z.array()).matrix().transpose());
    }
    return out;
  }

 private:
  const ExactRows& rows_;
  const Problem& problem_;
  const std::vector<Index>& counted_;
  Vector largest_;
};

/// Biases b with b_k − b_c ≥ slack − M(k, c) for all k ≠ c, if there are any (Bellman–Ford); pairs of one group (same
/// weights) need no slack.
bool find_biases(const Matrix& m, const std::vector<Index>& group, double slack, Vector& bias, const ProofStop& stop) {
  const Index classes = m.rows();
  bias = Vector::Zero(classes);
  for (Index round = 0; round <= classes; ++round) {
    stop.ask();
    bool changed = false;
    for (Index k = 0; k < classes; ++k) {
      for (Index c = 0; c < classes; ++c) {
        if (group[k] == group[c]) continue;
        const double limit = bias[k] + m(k, c) - slack;
        if (bias[c] > limit) {
          bias[c] = limit;
          changed = true;
        }
      }
    }
    for (Index c = 0; c < classes; ++c) {  // one bias a group
      for (Index k = 0; k < classes; ++k) {
        if (group[k] == group[c]) bias[c] = std::min(bias[c], bias[k]);
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
  std::vector<Index> group(classes);
  std::iota(group.begin(), group.end(), 0);
  for (Index a = 0; a < classes; ++a) {
    for (Index b = 0; b < a; ++b) {
      const Index from = group[a], to = group[b];
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
      if (group[k] != group[c]) continue;
      u.col(c) += before.col(k);
      ++members;
    }
    u.col(c) /= members;
  }
  const Vector zero = u.col(0);
  u.colwise() -= zero;
  return u;
}

/// Sets the best biases for the weights of `u`; false if none do.
bool set_biases(const FloatMargins& margins, const std::vector<Index>& group, Parameters& u, const ProofStop& stop) {
  const Index d = u.rows() - 1;
  const Matrix m = margins.smallest(u);
  Vector bias;
  // Room between all groups if there is any, found by halving; else biases that leave none.
  const double size = margins.largest_values().dot(u.topRows(d).cwiseAbs().rowwise().maxCoeff());
  double slack = size;
  while (slack > 1e-7 * size && !find_biases(m, group, slack, bias, stop)) slack /= 2;
  if (!(slack > 1e-7 * size) && !find_biases(m, group, 0, bias, stop)) return false;
  u.row(d) = bias.transpose();
  return u.allFinite();
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

}  // namespace

std::optional<ProvenDirection> SeparationSearch::by_rounding(const Parameters& guess) const {
  if (problem_.labels.empty() || problem_.smoothing > 0 || !guess.allFinite()) return std::nullopt;
  const Index d = problem_.cols();
  const FloatMargins margins(rows_, problem_, counted_);
  const double work = static_cast<double>(problem_.rows()) * static_cast<double>(d * problem_.classes) * 40;
  Parameters start = guess;
  for (Index j = 0; j < d; ++j) start.row(j) *= problem_.penalty[j] > 0 ? 0 : 1 / rows_.unit(j);
  auto attempt = [&](const std::vector<Index>& group, Parameters u) -> std::optional<ProvenDirection> {
    if (!set_biases(margins, group, u, rows_.stop())) return std::nullopt;
    return along_features(u);
  };
  std::vector<Index> last;
  for (const double threshold : {0.003, 0.03, 0.2}) {
    const std::vector<Index> group = group_classes(start, margins.largest_values(), threshold);
    if (std::all_of(group.begin(), group.end(), [&](Index g) { return g == group[0]; })) break;
    const Parameters merged = merge_groups(start, group);
    if (group != last) {
      if (auto found = attempt(group, merged)) return found;
    }
    last = group;
    for (const double parts : {1.0, 2.0, 3.0, 4.0, 6.0, 10.0, 16.0, 60.0}) {
      if (work > kAffordable) break;
      if (auto found = attempt(group, simplified(merged, margins.largest_values(), threshold, parts))) return found;
    }
  }
  return std::nullopt;
}

}  // namespace poise::inline convex
