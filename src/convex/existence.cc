// A proof in float64 that the problem with unpenalized features has a minimizer (THEORY 4.4, 4.10 C2).
//
// In exact arithmetic a strictly positive dual point with R = 0 is one. Computed moments are right to rounding only,
// and the mass that a separating direction would have to move may be smaller than that. So the proof asks for more:
// that the curvature is large enough for the moments that are left. Let U be gauge-free, y_i = x̃_iᵀU. Its recession
// function (4.4) is
//   r(U) = ⟨R, U⟩ + Σ s_i (max_c y_ic − ⟨q_i, y_i⟩) ≥ ⟨R, U⟩ + Σ s_i Var_q(y_i) / range(y_i)     (Bhatia–Davis)
// and Var_q ≥ (1 − max u) Var_p for q = p(1 − u). With D = diag H, μ the smallest eigenvalue of D^−½ H D^−½ on
// gauge-free directions, and ‖Û‖ = ‖D^½ U‖:
//   Σ s Var_p(y) = ⟨U, HU⟩ ≥ μ‖Û‖²,   range(y_i) ≤ √2 ℓ‖Û‖, ℓ = max_i max_c ‖D_c^−½ x̃_i‖,   |⟨R, U⟩| ≤ ‖D^−½ R‖ ‖Û‖
// so r(U) > 0 for every U ≠ 0 if 0.05 μ > √2 ℓ ‖D^−½ R‖. Penalized features take no part: along a direction of
// recession their weights stand still.
#include <Eigen/Eigenvalues>

#include <cmath>
#include <limits>
#include <vector>

#include "convex/kernels.h"
#include "convex/solvers.h"

namespace poise {
namespace {

double value_at(const Problem& problem, Index row, Index feature) {
  const double stored = problem.features.value(row, feature);
  const ColumnMap& map = problem.map();
  const auto j = static_cast<std::size_t>(feature);
  return map.identity() ? stored : (stored - map.center[j]) * map.gain[j];
}

/// Whether feature j says the same as `other` (d: the constant) in every row of positive weight.
bool same_feature(const Problem& problem, Index j, Index other) {
  const Features& x = problem.features;
  double constant = std::numeric_limits<double>::quiet_NaN();
  for (Index i = 0; i < x.rows(); ++i) {
    if (problem.row_weight[i] <= 0) continue;
    const double value = value_at(problem, i, j);
    if (other == x.cols() && std::isnan(constant)) constant = value;
    if (value != (other == x.cols() ? constant : value_at(problem, i, other))) return false;
  }
  return true;
}

/// Unpenalized features without constants and exact copies, which add no directions, and the bias.
std::vector<Index> free_parameters(const Problem& problem) {
  std::vector<Index> kept;
  const Index d = problem.cols();
  for (Index j = 0; j < d; ++j) {
    bool adds = problem.penalty[j] == 0 && !same_feature(problem, j, d);
    for (std::size_t k = 0; adds && k < kept.size(); ++k) adds = !same_feature(problem, j, kept[k]);
    if (adds) kept.push_back(j);
  }
  kept.push_back(d);
  return kept;
}

/// Probabilities at `w` in float64, n×K.
Matrix probabilities_at(const SoftmaxObjective& objective, const Parameters& w) {
  const Index k = objective.classes();
  Matrix p(objective.rows(), k);
  objective.engine().run<double>(
      &w, nullptr,
      [&](const ScoreBlock<double>& block) {
        std::vector<double> q(static_cast<std::size_t>(k * block.ld)), lse(static_cast<std::size_t>(block.ld)),
            expected(lse.size());
        softmax_block(block.scores, k, block.ld, q.data(), lse.data(), expected.data());
        for (Index r = 0; r < block.rows; ++r) {
          for (Index c = 0; c < k; ++c) p(block.first_row + r, c) = q[static_cast<std::size_t>(c * block.ld + r)];
        }
      },
      nullptr);
  return p;
}

}  // namespace

bool curvature_proves_existence(const SoftmaxObjective& objective, const Parameters& w, const Parameters& moment) {
  if (!is_small(objective)) return false;
  const Problem& problem = objective.problem();
  const Index k = objective.classes(), d = objective.features();
  const std::vector<Index> kept = free_parameters(problem);
  const auto count = static_cast<Index>(kept.size()), size = k * count;
  const Matrix p = probabilities_at(objective, w), all = dense_hessian(objective, &p);

  Matrix system(size, size);
  Vector scale(size);  // D^−½
  for (Index a = 0; a < k; ++a) {
    for (Index j = 0; j < count; ++j) {
      const Index row = a * (d + 1) + kept[static_cast<std::size_t>(j)];
      if (!(all(row, row) > 0)) return false;
      scale[a * count + j] = 1 / std::sqrt(all(row, row));
      for (Index b = 0; b < k; ++b) {
        for (Index l = 0; l < count; ++l)
          system(a * count + j, b * count + l) = all(row, b * (d + 1) + kept[static_cast<std::size_t>(l)]);
      }
    }
  }
  for (Index j = 0; j < count; ++j) {  // the gauge: nothing on gauge-free directions
    double mean = 0;
    for (Index a = 0; a < k; ++a) mean += system(a * count + j, a * count + j) / static_cast<double>(k * k);
    for (Index a = 0; a < k; ++a) {
      for (Index b = 0; b < k; ++b) system(a * count + j, b * count + j) += mean;
    }
  }
  system = (scale.asDiagonal() * system * scale.asDiagonal()).eval();
  const double sum_error = objective.rounding_of_sums();
  const double eigen_error = static_cast<double>(size) * (4 * sum_error + 1e-15 * static_cast<double>(size));
  const double mu =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(system, Eigen::EigenvaluesOnly).eigenvalues()[0] - eigen_error;

  const Vector mean_absolute_features = mean_absolute(problem, objective.threads());
  double left = 0, reach = 0;  // ‖D^−½R‖² and ℓ²
  for (Index j = 0; j < count; ++j) {
    const Index feature = kept[static_cast<std::size_t>(j)];
    const double error = 2 * sum_error * (feature < d ? mean_absolute_features[feature] : 1);
    for (Index a = 0; a < k; ++a) left += std::pow((std::abs(moment(feature, a)) + error) * scale[a * count + j], 2);
  }
  for (Index i = 0; i < problem.rows(); ++i) {
    if (problem.row_weight[i] <= 0) continue;
    for (Index a = 0; a < k; ++a) {
      double sum = 0;
      for (Index j = 0; j < count; ++j) {
        const Index feature = kept[static_cast<std::size_t>(j)];
        sum += std::pow((feature < d ? value_at(problem, i, feature) : 1) * scale[a * count + j], 2);
      }
      reach = std::max(reach, sum);
    }
  }
  return 0.05 * mu > std::sqrt(2 * reach * left);
}

}  // namespace poise
