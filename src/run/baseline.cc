#include "run/baseline.h"

#include <algorithm>
#include <cmath>

#include "poise/information.h"
#include "poise/metrics.h"

namespace poise::inline run {
namespace {

Vector target_of(const Dataset& data, Index row) {
  if (data.targets.size() > 0) return data.targets.row(row).transpose();
  return Vector::Unit(data.schema.class_count(), data.labels[row]);
}

/// Standard error of Σ w d / Σ w, d the difference of the losses of a row.
double error_of_difference(const Matrix& one, const Matrix& other, const Dataset& data) {
  const Index n = data.rows();
  const Vector weight = data.sample_weight.size() > 0 ? data.sample_weight : Vector(Vector::Ones(n));
  Vector difference(n);
  for (Index i = 0; i < n; ++i) {
    const Vector target = target_of(data, i);
    difference[i] = cross_entropy_of_scores(target, one.row(i).transpose()) -
                    cross_entropy_of_scores(target, other.row(i).transpose());
  }
  const double mean = weight.dot(difference) / weight.sum();
  return (weight.array() * (difference.array() - mean)).matrix().norm() / weight.sum();
}

}  // namespace

std::optional<Baseline> compare_with_softmax_layer(const Network& network, const Dataset& train,
                                                   const Dataset& held_out, const ObjectiveOptions& objective,
                                                   SolveOptions solve, Watcher* watcher) {
  constexpr double kClose = 1e-3;
  solve.tolerance = std::max(solve.tolerance, kClose);
  const SoftmaxFit fit = fit_softmax(train, objective, solve, watcher);
  if (fit.report.status != Status::kCertified) return std::nullopt;
  const Matrix deep = predict_scores(network, held_out, solve.threads);
  const Matrix flat = predict_scores(fit.model, held_out, solve.threads);
  const Metrics of_network = evaluate_scores(deep, held_out), of_softmax = evaluate_scores(flat, held_out);
  return Baseline{of_network.cross_entropy, of_softmax.cross_entropy, of_network.accuracy, of_softmax.accuracy,
                  error_of_difference(deep, flat, held_out)};
}

}  // namespace poise::inline run
