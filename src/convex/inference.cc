// Standard errors, intervals and p-values of weights (docs/theory/softmax.md#uncertainty-of-the-weights).
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/blas.h"
#include "base/parallel.h"
#include "base/statistics.h"
#include "convex/exact_curvature.h"
#include "convex/fields.h"
#include "convex/inference.h"
#include "data/classes.h"
#include "poise/error.h"
#include "poise/softmax_regression.h"

namespace poise::inline convex {
namespace {

Index reference_of(const InferenceOptions& options, const Schema& schema) {
  if (options.reference.empty()) return 0;
  const auto at = std::ranges::find(schema.classes, options.reference);
  if (at != schema.classes.end()) return at - schema.classes.begin();
  throw Error(ErrorKind::kUsage, fmt::format("reference is '{}'", options.reference),
              "a class: " + list_names(schema.classes))
      .with_code("usage.reference");
}

/// The optimum, as near as a solve gets it.
SoftmaxFit optimum_from(const Network& model, const Dataset& data, const ObjectiveOptions& objective, int threads) {
  SoftmaxFit fit = fit_softmax(data, objective, {.threads = threads}, nullptr, &model);
  const bool none = fit.report.status == Status::kSeparable || fit.report.certificate.proves_absence;
  if (!none && fit.report.status != Status::kDiverged) return fit;
  const std::string& why = fit.report.separation ? fit.report.separation->sentence : fit.report.why;
  throw Error(ErrorKind::kNumeric, "weights without an optimum have no uncertainty: no optimum exists, as " + why,
              "an objective that has an optimum", "train with a penalty above 0")
      .with_code("inference.no_minimizer");
}

void refuse_dependent(const Problem& problem, const Schema& schema) {
  const std::vector<Index> dependent = dependent_features(problem);
  if (dependent.empty()) return;
  std::vector<std::string> names;
  for (const Index j : dependent) names.push_back(schema.feature_name(j));
  throw Error(
      ErrorKind::kNumeric,
      fmt::format("the Hessian is singular: combinations of other features, in all rows, are {}", list_names(names)),
      "features that tell each something of its own", "leave them out (--ignore), or train with a penalty (--l2)")
      .with_code("inference.singular");
}

/// Σ_i s_i ψ_i ψ_iᵀ = Σ_i s_i c_i² (g_i ⊗ x̃_i)(g_i ⊗ x̃_i)ᵀ − N a aᵀ: the gradients of the rows add up to −N a, a that
/// of the penalty. With row weights w_i = s_i c_i/N of the problem, s_i c_i² = N² w_i²/s_i.
Matrix meat(const Problem& problem, const ExactCurvature& curvature, const Parameters& w, const Vector& rows,
            int threads) {
  constexpr Index kStrip = 128;
  const Index n = problem.rows(), size = problem.cols() + 1, side = curvature.size();
  const double count = rows.sum();
  const Index parts = std::clamp<Index>(n / 512, 1, 4);
  std::vector<Matrix> sums(parts);
  parallel_for(parts, threads, [&](Index part) {
    Matrix sum = Matrix::Zero(side, side), x(kStrip, size), psi(kStrip, side);
    std::vector<double> target(problem.classes);
    for (Index begin = part_begin(n, parts, part), end = part_begin(n, parts, part + 1); begin < end; begin += kStrip) {
      const Index here = std::min(kStrip, end - begin);
      problem.load(begin, here, x.data(), size);
      x.col(size - 1).setOnes();
      for (Index r = 0; r < here; ++r) {
        const Index row = begin + r;
        problem.target_of(row, target);
        const double factor = rows[row] > 0 ? count * problem.row_weight[row] / std::sqrt(rows[row]) : 0;
        for (Index a = 0; a < curvature.classes(); ++a) {
          const Index c = curvature.class_of(a);
          psi.row(r).segment(a * size, size) = factor * (curvature.probabilities()(row, c) - target[c]) * x.row(r);
        }
      }
      gemm(true, false, side, side, here, psi.data(), side, psi.data(), side, 1.0, sum.data(), side);
    }
    sums[part] = std::move(sum);
  });
  for (Index part = 1; part < parts; ++part) sums[0] += sums[part];
  Vector of_penalty = Vector::Zero(side);
  for (Index a = 0; a < curvature.classes(); ++a)
    of_penalty.segment(a * size, size - 1) = problem.penalty.cwiseProduct(w.col(curvature.class_of(a)).head(size - 1));
  sums[0] -= count * of_penalty * of_penalty.transpose();
  return std::move(sums[0]);
}

/// M ← T M, T of each class: weights per unit of the file, and the bias where its features are 0.
void rows_to_file_units(const ColumnMap& units, Index per_class, auto&& m) {
  if (units.identity()) return;
  const Index d = per_class - 1;
  const Eigen::Map<const Vector> gain(units.gain.data(), d), center(units.center.data(), d);
  for (Index first = 0; first < m.rows(); first += per_class) {
    m.middleRows(first, d).array().colwise() *= gain.array();
    m.row(first + d) -= center.transpose() * m.middleRows(first, d);
  }
}

std::string meaning_of(const InferenceOptions& options, const ObjectiveOptions& objective, const Problem& problem) {
  const double percent = 100 * options.level;
  const bool is_hessian = options.variance == Variance::kHessian;
  std::string text =
      problem.l2 == 0
          ? fmt::format("in many rows an interval covers the true difference in {:g} % of all samples", percent)
      : is_hessian ? fmt::format(
                         "with the penalty {:g} an interval is that of the posterior whose prior is the penalty: it is "
                         "drawn towards 0, and covers the difference without a penalty less often than in {:g} %",
                         problem.l2, percent)
                   : fmt::format(
                         "with the penalty {:g} an interval is about the mean of the estimate, which the penalty draws "
                         "towards 0: it covers the difference without a penalty less often than in {:g} %",
                         problem.l2, percent);
  const bool other_loss = objective.balanced_classes || !objective.class_weights.empty() || problem.smoothing > 0;
  if (is_hessian && other_loss)
    text += "; weights of classes and smoothed labels are no rows: the variance sandwich accounts for them";
  return text;
}

void fill(const Vector& theta, const Matrix& covariance, const ExactCurvature& curvature, Inference& to) {
  const double q = normal_quantile(to.level);
  const Index per_class = theta.size() / curvature.classes();
  for (Index k = 0; k < theta.size(); ++k) {
    InferredWeight one{.feature = k % per_class, .class_id = curvature.class_of(k / per_class), .estimate = theta[k]};
    one.standard_error = std::sqrt(covariance(k, k));
    one.z = one.estimate / one.standard_error;
    one.p_value = std::erfc(std::abs(one.z) / std::numbers::sqrt2);
    one.low = one.estimate - q * one.standard_error;
    one.high = one.estimate + q * one.standard_error;
    to.weights.push_back(one);
  }
  to.covariance.assign(covariance.data(), covariance.data() + covariance.size());
}

}  // namespace

WeightErrors weight_errors(const Network& model, const Dataset& data, const ObjectiveOptions& options,
                           const std::vector<WeightErrors::Of>& which, int threads) {
  SoftmaxObjective objective(make_problem(data, options, threads), threads);
  const Problem& problem = objective.problem();
  refuse_dependent(problem, model.schema);
  const Parameters w = to_parameters(model, data, problem.units);
  const ExactCurvature curvature(objective, w, 0, model.schema);
  Parameters gradient;
  objective.evaluate(w, &gradient);
  const Parameters onward = curvature.newton_step(gradient);
  const double rows = data.sample_weight.size() > 0 ? data.sample_weight.sum() : static_cast<double>(data.rows());
  const Index k = problem.classes;
  WeightErrors found{{}, meaning_of({.level = 0.95}, options, problem)};
  Parameters combination = Parameters::Zero(problem.cols() + 1, k);
  for (const auto& [feature, class_id] : which) {
    combination.row(feature).setConstant(-1.0 / static_cast<double>(k));
    combination(feature, class_id) += 1;
    const double variance = curvature.newton_step(combination)(feature, class_id) / rows;
    const double gain = problem.units.identity() ? 1 : problem.units.gain[feature];
    found.weights.push_back({gain * std::sqrt(variance), -gain * onward(feature, class_id)});
    combination.row(feature).setZero();
  }
  return found;
}

Inference infer(const Network& model, const Dataset& data, const InferenceOptions& options) {
  check_fields(options);
  const ObjectiveOptions recorded = recorded_objective(model);
  Inference found{.reference = reference_of(options, model.schema),
                  .variance = options.variance,
                  .level = options.level,
                  .l2 = recorded.l2.value_or(0)};
  const SoftmaxFit fit = optimum_from(model, data, recorded, options.threads);
  found.report = fit.report;
  SoftmaxObjective objective(make_problem(data, recorded, options.threads), options.threads);
  const Problem& problem = objective.problem();
  refuse_dependent(problem, model.schema);
  const Parameters w = polished(objective, to_parameters(fit.model, data, problem.units), model.schema);
  const ExactCurvature curvature(objective, w, found.reference, model.schema);
  const Vector rows = data.sample_weight.size() > 0 ? data.sample_weight : Vector::Ones(data.rows());
  found.rows = rows.sum();
  Matrix covariance = curvature.inverse();
  if (options.variance == Variance::kSandwich)
    covariance = covariance * (meat(problem, curvature, w, rows, objective.threads()) / found.rows) * covariance;
  covariance /= found.rows;
  Vector theta = curvature.differences(w);
  rows_to_file_units(problem.units, w.rows(), theta);
  rows_to_file_units(problem.units, w.rows(), covariance);
  covariance.transposeInPlace();
  rows_to_file_units(problem.units, w.rows(), covariance);
  fill(theta, covariance, curvature, found);
  found.meaning = meaning_of(options, recorded, problem);
  return found;
}

}  // namespace poise::inline convex
