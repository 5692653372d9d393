// Lower bounds on the minimum: dual points and what they prove, with a bound on the rounding
// (docs/theory/softmax.md#the-certificate).
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/index.h"
#include "convex/objective.h"
#include "convex/vectors.h"
#include "rows/storage.h"

namespace poise::inline convex {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// What squares of tiny moments lose.
constexpr double kUnderflow = 8 * std::numeric_limits<double>::denorm_min();
// has_dual_bounds: what the rounding of moments may cost.
constexpr double kRoundingOfMoments = 1e-10;

}  // namespace

const SoftmaxObjective::Moments& SoftmaxObjective::moments() const {
  if (!moments_) {
    auto moments = std::make_unique<Moments>();
    moments->target_moment = owner_->ask({.question = Question::kTargets}).product;
    moments->mean_features = moments->target_moment.topRows(features()).rowwise().sum();
    moments->mean_absolute_features = sizes();
    moments_ = std::move(moments);
    passes_ += 0.5;
  }
  return *moments_;
}

const Vector& SoftmaxObjective::sizes() const {
  if (sizes_.size() == 0) sizes_ = owner_->ask({.question = Question::kSizes}).product;
  return sizes_;
}

Certificate SoftmaxObjective::dual_bound(const Parameters& w, const Parameters& v) const {
  const Vector balance = moments().target_moment.row(features()).transpose();
  Sums sums = owner_->ask({.question = Question::kDualPoint, .first = &w, .second = &v, .vector = balance});
  passes_ += 1.5;
  Evaluation value;
  value.penalty = 0.5 * add_penalty(w, nullptr);
  value.objective = sums.numbers[0] + value.penalty;
  return bound_from(w, &v, value, sums.numbers[1], sums.product);
}

Certificate SoftmaxObjective::gradient_bound(const Parameters& w, const Evaluation& value,
                                             const Parameters& gradient) const {
  Parameters moment = gradient;
  moment.topRows(features()) -= problem_.penalty.asDiagonal() * w.topRows(features());
  return bound_from(w, nullptr, value, value.entropy, moment);
}

Certificate SoftmaxObjective::bound_from(const Parameters& w, const Parameters* v, const Evaluation& value,
                                         double entropy, Parameters& moment) const {
  const Index k = classes(), d = features();
  const Moments& known = moments();
  // Class balance: q'' = (1 − ε) q' + ε v with one distribution v makes Σ s (q'' − t) = 0 exactly
  // (docs/theory/softmax.md#the-certificate). By concavity H(q'') ≥ (1 − ε) H(q').
  const Vector excess = moment.row(d).transpose(), balance = known.target_moment.row(d).transpose();
  double epsilon = 0;
  for (Index c = 0; c < k; ++c) {
    if (excess[c] > 0) epsilon = std::max(epsilon, excess[c] / (balance[c] + excess[c]));
  }
  epsilon = std::min(1.0, epsilon * (1 + 1e-9) + 1e-15);
  const Vector v_mix = (balance - (1 - epsilon) * (balance + excess)).cwiseMax(0.0) / epsilon;
  moment.topRows(d) +=
      epsilon * (known.mean_features * v_mix.transpose() - moment.topRows(d) - known.target_moment.topRows(d));

  const double of_biases = w.row(d).norm() + (v ? v->row(d).norm() : 0);  // what the class balance meets
  const double sum_error = rounding_of_sums();
  const MomentCost cost = moment_cost(moment);

  Certificate result;
  result.objective = value.objective;
  result.dual_value = (1 - epsilon) * entropy - cost.loss;
  result.proves_existence = minimizer_is_given();
  // |z error| ≤ γ_{d+1} Σ_j |W_j||x_j|, once in f and once in D for W and V each; sums over rows in f and D, over
  // features in their quadratic parts. The class balance is exact but for rounding, which meets the biases.
  Parameters size_of = w.cwiseAbs();
  if (v) size_of += v->cwiseAbs();
  const double size =
      known.mean_absolute_features.dot(size_of.topRows(d).rowwise().maxCoeff()) + size_of.row(d).maxCoeff() + 1;
  result.rounding =
      cost.rounding + 2 * sum_error * of_biases + 4 * kEpsilon * static_cast<double>(longest_row() + 16) * size +
      sum_error * (std::abs(value.objective) + entropy) + rounding_of_feature_sums() * (value.penalty + cost.loss);
  result.gap = std::max(0.0, result.objective - result.dual_value) + result.rounding;
  return result;
}

/// As for a bound (see there) at V = 0, which is four times what f alone wants. A bound keeps its rounding where W
/// moves on, f does not: a bias that runs off takes the last digits of every score with it.
double SoftmaxObjective::rounding_of_value(const Parameters& w, const Evaluation& value) const {
  const Index k = classes(), d = features();
  const Vector& size_of_feature = sizes();
  auto largest = [&](Index j) { return w.row(j).cwiseAbs().maxCoeff(); };
  auto add = [&](Index begin, Index end) {
    double sum = 0;
    for (Index j = begin; j < end; ++j) sum += size_of_feature[j] * largest(j);
    return sum;
  };
  const double size = sum_of_pieces(d, threads(), add, k) + largest(d) + 1;
  return 4 * kEpsilon * static_cast<double>(longest_row() + 16) * size +
         rounding_of_sums() * std::abs(value.objective) + rounding_of_feature_sums() * value.penalty;
}

SoftmaxObjective::MomentCost SoftmaxObjective::moment_cost(const Parameters& moment) const {
  const Vector& mean_absolute_features = moments().mean_absolute_features;
  const double sum_error = rounding_of_sums();
  const Index k = classes();
  std::vector<MomentCost> pieces(piece_count(features() * k));
  auto add = [&](Index piece, Index begin, Index end) {
    MomentCost& cost = pieces[piece];
    for (Index j = begin; j < end; ++j) {
      const double size = moment.row(j).norm(), error = 2 * sum_error * mean_absolute_features[j];
      const double penalty = problem_.penalty[j];
      if (penalty > 0) {
        cost.loss += size * size / (2 * penalty);
        cost.rounding += (error * (size + 0.5 * error) + kUnderflow * static_cast<double>(k)) / penalty;
      } else if (mean_absolute_features[j] > 0) {
        cost.loss = std::numeric_limits<double>::infinity();
      }
    }
  };
  for_each_piece(features(), threads(), add, k);
  MomentCost total;
  for (const MomentCost& cost : pieces) {
    total.loss += cost.loss;
    total.rounding += cost.rounding;
  }
  return total;
}

bool SoftmaxObjective::has_dual_bounds() const {
  if (!(problem_.penalty.array() > 0).all()) return false;
  const double sum_error = 2 * rounding_of_sums();
  double cost = 0;
  for (Index j = 0; j < features(); ++j) cost += std::pow(sum_error * sizes()[j], 2) / problem_.penalty[j];
  return cost < kRoundingOfMoments;
}

double SoftmaxObjective::rounding_of_sums() const {
  // Beside these the tree over at most 32 of them.
  const Index in_a_row = owner_->grid().longest_sum(problem_.features.is_sparse());
  return 0.5 * kEpsilon * static_cast<double>(in_a_row + 16);
}

double SoftmaxObjective::rounding_of_feature_sums() const {
  // One after the other: the features of a piece, the classes of each, then at most 32 pieces.
  const Index in_a_row = features() / piece_count(features() * classes()) + classes() + 32;
  return 0.5 * kEpsilon * static_cast<double>(in_a_row + 16);
}

Index SoftmaxObjective::longest_row() const { return poise::longest_row(problem_.features); }

}  // namespace poise::inline convex
