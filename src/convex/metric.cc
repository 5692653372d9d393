#include "convex/metric.h"

#include <Eigen/Cholesky>
#include <algorithm>

namespace poise {
namespace {

class BohningMetric : public Metric {
 public:
  explicit BohningMetric(const SoftmaxObjective& objective) : center_(objective.mean_features()) {
    const Problem& problem = objective.problem();
    Matrix m = 0.5 * objective.engine().centered_gram(problem.row_weight, center_).cast<double>();
    m.diagonal() += problem.penalty;
    // Without a penalty M may be singular (dead or dependent features); a relative 1e-7, the accuracy of the products,
    // keeps the factorization going.
    const double floor = 1e-7 * std::max(m.diagonal().maxCoeff(), 1e-300);
    for (Index j = 0; j < m.rows(); ++j) m(j, j) += std::max(1e-7 * m(j, j), problem.penalty[j] > 0 ? 0 : floor * 1e-3);
    factor_.compute(m.selfadjointView<Eigen::Lower>());
    if (factor_.info() != Eigen::Success) {
      m.diagonal().array() += floor;
      factor_.compute(m.selfadjointView<Eigen::Lower>());
    }
  }

  Parameters solve(const Parameters& gradient) const override {
    const Index d = center_.size();
    Parameters step(gradient.rows(), gradient.cols());
    // In coordinates b' = b + W x̄ the metric is block diagonal; ∇_W' = ∇_W − x̄ ∇_bᵀ.
    step.topRows(d) = factor_.solve(gradient.topRows(d) - center_ * gradient.row(d));
    step.row(d) = 2 * gradient.row(d) - center_.transpose() * step.topRows(d);
    return step;
  }

 private:
  Vector center_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
};

class DiagonalMetric : public Metric {
 public:
  explicit DiagonalMetric(const SoftmaxObjective& objective) : inverse_(objective.hessian_diagonal()) {
    const double floor = 1e-12 * std::max(inverse_.maxCoeff(), 1e-300);
    inverse_ = inverse_.cwiseMax(floor).cwiseInverse();
  }
  Parameters solve(const Parameters& gradient) const override { return inverse_.cwiseProduct(gradient); }

 private:
  Parameters inverse_;
};

}  // namespace

std::unique_ptr<Metric> bohning_metric(const SoftmaxObjective& objective) {
  return std::make_unique<BohningMetric>(objective);
}

std::unique_ptr<Metric> diagonal_metric(const SoftmaxObjective& objective) {
  return std::make_unique<DiagonalMetric>(objective);
}

std::unique_ptr<Metric> choose_metric(const SoftmaxObjective& objective) {
  const bool dense = !objective.problem().features.sparse();
  return dense && objective.features() < kMaxGramFeatures ? bohning_metric(objective) : diagonal_metric(objective);
}

}  // namespace poise
