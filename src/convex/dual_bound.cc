// Lower bounds on the minimum: dual points and what they prove, with a bound on the rounding (THEORY 4.10).
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "convex/kernels.h"
#include "convex/objective.h"
#include "convex/row_sums.h"

namespace poise {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// The dual point q' = p(1 − u) keeps u ≤ this, well inside the simplex.
constexpr double kLargestRelativeChange = 0.95;
// Moments count as right, for λ = 0, below this share of Σ s|x|: what sums in float64 can reach, with room.
constexpr double kMomentTolerance = 256 * kEpsilon;

/// R = s_i t_i of every row of the block, class-major; padding rows become 0.
void weighted_targets(const Problem& problem, const ScoreBlock<double>& block) {
  std::vector<double> target(static_cast<std::size_t>(problem.classes));
  for (Index r = 0; r < block.ld; ++r) {
    if (r < block.rows) problem.target_of(block.first_row + r, target);
    const double s = r < block.rows ? problem.row_weight[block.first_row + r] : 0;
    for (Index c = 0; c < problem.classes; ++c) {
      block.scores[c * block.ld + r] = s * target[static_cast<std::size_t>(c)];
    }
  }
}

/// Entropy of q' = p∘(1 − s u) and q' itself in place of the scores, one row; returns {H(q'), largest u before
/// scaling, smallest q'_c}. Where u would leave the simplex it is scaled back (s < 1): any q' gives a valid bound.
/// Classes without a target in any row get q' = 0, as at the infimum, where their bias is −∞.
struct DualRow {
  double entropy, largest, smallest;
};
DualRow dual_row(const ScoreBlock<double>& block, const double* p, double lse, const Vector& balance, Index r) {
  const Index classes = balance.size();
  double mean = 0, largest = 0;
  for (Index c = 0; c < classes; ++c) mean += p[c * block.ld + r] * block.second[c * block.ld + r];
  for (Index c = 0; c < classes; ++c) largest = std::max(largest, block.second[c * block.ld + r] - mean);
  const double scale = largest > kLargestRelativeChange ? kLargestRelativeChange / largest : 1;
  double entropy = 0, sum = 0, smallest = 1;
  for (Index c = 0; c < classes; ++c) {
    const double u = scale * (block.second[c * block.ld + r] - mean);
    const double q = balance[c] > 0 ? p[c * block.ld + r] * (1 - u) : 0;
    if (q > 0) entropy += q * (lse - block.scores[c * block.ld + r] - std::log1p(-u));
    sum += q;
    block.scores[c * block.ld + r] = q;
  }
  if (!(sum > 0)) {  // only absent classes have probability: any distribution will do
    for (Index c = 0; c < classes; ++c) block.scores[c * block.ld + r] = balance[c];
    return {0, largest, 0};
  }
  for (Index c = 0; c < classes; ++c) {  // rounding in the mean of a large V: exactly a distribution only after this
    block.scores[c * block.ld + r] /= sum;
    smallest = std::min(smallest, block.scores[c * block.ld + r]);
  }
  return {entropy / sum + std::log(sum), largest, smallest};
}

}  // namespace

const SoftmaxObjective::Moments& SoftmaxObjective::moments() const {
  if (!moments_) {
    moments_ = std::make_unique<Moments>();
    // In float64: both enter the bound times ε (see bound_from), and biases far from 0 multiply what they are wrong by.
    engine_.run<double>(
        nullptr, nullptr, [&](const ScoreBlock<double>& block) { weighted_targets(problem_, block); },
        &moments_->target_moment);
    moments_->mean_features = moments_->target_moment.topRows(features()).rowwise().sum();
    moments_->mean_absolute_features = mean_absolute(problem_.features, problem_.row_weight, threads());
    passes_ += 0.5;
  }
  return *moments_;
}

Certificate SoftmaxObjective::dual_bound(const Parameters& w, const Parameters& v, DualPoint* point) const {
  const Index k = classes(), d = features();
  const Vector balance = moments().target_moment.row(d).transpose();
  std::vector<Sums> sums(static_cast<std::size_t>(engine_.chunk_count()));
  Parameters moment;  // Σ s (q' − t) x̃ᵀ
  engine_.run<double>(
      &w, &v,
      [&](const ScoreBlock<double>& block) {
        std::vector<double> p(static_cast<std::size_t>(k * block.ld)), lse(static_cast<std::size_t>(block.ld)),
            expected(lse.size()), target(static_cast<std::size_t>(k));
        softmax_block(block.scores, k, block.ld, p.data(), lse.data(), expected.data());
        Sums& sum = sums[static_cast<std::size_t>(block.chunk)];
        for (Index r = 0; r < block.rows; ++r) {
          const double s = problem_.row_weight[block.first_row + r], l = lse[static_cast<std::size_t>(r)];
          sum.cross_entropy += s * (l - target_score(problem_, block, r, target));
          const DualRow row = dual_row(block, p.data(), l, balance, r);
          sum.entropy += s * row.entropy;
          if (s > 0) {
            sum.largest = std::max(sum.largest, row.largest);
            sum.smallest = std::min(sum.smallest, row.smallest);
          }
          for (Index c = 0; c < k; ++c) {
            double& q = block.scores[c * block.ld + r];
            q = s * (q - target[static_cast<std::size_t>(c)]);
          }
        }
      },
      &moment);
  passes_ += 1.5;

  const Sums all = total(sums);
  const double penalty = 0.5 * problem_.penalty.dot(w.topRows(d).rowwise().squaredNorm());
  Certificate result = bound_from(w, &v, all.cross_entropy + penalty, all.entropy, moment);
  const bool clipped = all.largest >= kLargestRelativeChange, interior = !clipped && all.smallest > 0;
  // Where every weight is penalized only the biases can run away, and the class balance is exact.
  result.proves_existence = interior && (problem_.penalty.array() > 0).all();
  if (point) *point = {std::move(moment), clipped, interior};
  return result;
}

Certificate SoftmaxObjective::gradient_bound(const Parameters& w, const Evaluation& value,
                                             const Parameters& gradient) const {
  Parameters moment = gradient;
  moment.topRows(features()) -= problem_.penalty.asDiagonal() * w.topRows(features());
  return bound_from(w, nullptr, value.objective, value.entropy, moment);
}

Certificate SoftmaxObjective::bound_from(const Parameters& w, const Parameters* v, double objective, double entropy,
                                         Parameters& moment) const {
  const Index k = classes(), d = features();
  const Moments& known = moments();
  // Class balance: q'' = (1 − ε) q' + ε v with one distribution v makes Σ s (q'' − t) = 0 exactly (THEORY C1). By
  // concavity H(q'') ≥ (1 − ε) H(q').
  const Vector excess = moment.row(d).transpose(), balance = known.target_moment.row(d).transpose();
  double epsilon = 0;
  for (Index c = 0; c < k; ++c) {
    if (excess[c] > 0) epsilon = std::max(epsilon, excess[c] / (balance[c] + excess[c]));
  }
  epsilon = std::min(1.0, epsilon * (1 + 1e-9) + 1e-15);
  const Vector v_mix = (balance - (1 - epsilon) * (balance + excess)).cwiseMax(0.0) / epsilon;
  moment.topRows(d) +=
      epsilon * (known.mean_features * v_mix.transpose() - moment.topRows(d) - known.target_moment.topRows(d));

  // Sizes of the weights that moments meet: those of W and of W − V, the point that the dual point belongs to.
  Vector reach = w.rowwise().norm();
  if (v) reach += v->rowwise().norm();
  const double sum_error = rounding_of_sums();

  Certificate result;
  result.objective = objective;
  result.dual_value = (1 - epsilon) * entropy;
  // f ≥ D(Q) + ⟨R, W⟩ for every W: rounding of the moments costs error · |W|. The class balance is exact but for that.
  double moment_cost = 2 * sum_error * reach[d];
  bool feasible = true;
  for (Index j = 0; j < d; ++j) {
    const double size = moment.row(j).norm(), error = 2 * sum_error * known.mean_absolute_features[j];
    if (problem_.penalty[j] > 0) {
      result.dual_value -= size * size / (2 * problem_.penalty[j]);
      moment_cost += error * (size + 0.5 * error) / problem_.penalty[j];
    } else if (known.mean_absolute_features[j] > 0) {
      // λ_j = 0 wants R_j = 0. What rounding leaves is charged at twice the weights it meets; more than that cannot be
      // charged, because nothing is known about the weights of the optimum.
      const double relative = moment.row(j).cwiseAbs().maxCoeff() / known.mean_absolute_features[j];
      result.moment_error = std::max(result.moment_error, relative);
      feasible = feasible && relative <= kMomentTolerance;
      moment_cost += 2 * (size + error) * reach[j];
    }
  }
  // |z error| ≤ γ_{d+1} Σ_j |W_j||x_j|, once in f and once in D for W and V each; sums over rows in f and D.
  Parameters size_of = w.cwiseAbs();
  if (v) size_of += v->cwiseAbs();
  const double size =
      known.mean_absolute_features.dot(size_of.topRows(d).rowwise().maxCoeff()) + size_of.row(d).maxCoeff() + 1;
  result.rounding = moment_cost + 4 * kEpsilon * static_cast<double>(longest_row() + 16) * size +
                    sum_error * (std::abs(objective) + entropy);
  if (!feasible) result.dual_value = -std::numeric_limits<double>::infinity();
  result.gap = std::max(0.0, result.objective - result.dual_value) + result.rounding;
  return result;
}

double SoftmaxObjective::rounding_of_sums() const {
  // One after the other: the rows of a chunk (sparse products: all rows), then the tree over at most 32 chunks.
  const Index in_a_row = problem_.features.sparse()
                             ? rows()
                             : (rows() + engine_.chunk_count() - 1) / engine_.chunk_count() + engine_.block_rows();
  return 0.5 * kEpsilon * static_cast<double>(in_a_row + 16);
}

Index SoftmaxObjective::longest_row() const {
  const CsrMatrix* sparse = problem_.features.sparse();
  if (!sparse) return features();
  Index longest = 0;
  for (std::size_t i = 0; i + 1 < sparse->row_start.size(); ++i) {
    longest = std::max(longest, sparse->row_start[i + 1] - sparse->row_start[i]);
  }
  return longest;
}

}  // namespace poise
