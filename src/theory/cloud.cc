#include "theory/cloud.h"

#include <fmt/core.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "base/decompositions.h"
#include "poise/error.h"

namespace poise::theory {
namespace {

/// Rounding of a state is ε of its largest number; a direction narrower than so many of them is noise of arithmetic.
constexpr double kRoundings = 1e3;

void require_volume(const Eigen::MatrixXd& triangle, const Vector& scale, const Vector& largest, Index size) {
  const double rounding = kRoundings * std::numeric_limits<double>::epsilon();
  const Vector widths = triangle.diagonal().cwiseAbs();
  const double root = std::sqrt(static_cast<double>(size));
  for (Index j = 0; j < scale.size(); ++j) {
    if (widths[j] > rounding && scale[j] * widths[j] > rounding * root * largest[j]) continue;
    throw Error(ErrorKind::kNumeric, fmt::format("the cloud of learners is flat in number {} of the state", j),
                "a cloud with a volume",
                "take fewer steps, a smaller learning rate, or learners that start farther apart");
  }
}

}  // namespace

Cloud::Cloud(const Matrix& states) : size_(states.rows()) {
  if (!states.allFinite()) {
    throw Error(ErrorKind::kNumeric, "a learner has left the finite numbers", {}, "take a smaller learning rate");
  }
  Eigen::MatrixXd centered = states.rowwise() - states.colwise().mean();
  scale_ = centered.colwise().norm().cwiseMax(std::numeric_limits<double>::min()).transpose();
  centered.array().rowwise() /= scale_.transpose().array();
  ThinQr qr = thin_qr(centered);
  triangle_ = std::move(qr.r);
  require_volume(triangle_, scale_, states.cwiseAbs().colwise().maxCoeff().transpose(), size_);
  leverage_ = qr.q.rowwise().squaredNorm();
}

double Cloud::entropy() const {
  const auto d = static_cast<double>(dimension()), freedom = static_cast<double>(size_ - 1);
  const double log_root = triangle_.diagonal().array().abs().log().sum() + scale_.array().log().sum();
  return log_root + d / 2 * (std::log(2 * std::numbers::pi / freedom) + 1);
}

Vector Cloud::entropy_without_one() const {
  const auto r = static_cast<double>(size_), d = static_cast<double>(dimension());
  return (-r / (r - 1) * leverage_.array()).log1p() / 2 + d / 2 * std::log((r - 1) / (r - 2));
}

Estimate Cloud::entropy_from_noise(const Matrix& root) const {
  const Eigen::MatrixXd scaled = scale_.cwiseInverse().asDiagonal() * root;
  // Cov⁻¹ = (R − 1) s⁻¹ T⁻¹ T⁻ᵀ s⁻¹
  const Eigen::MatrixXd y =
      std::sqrt(static_cast<double>(size_ - 1)) * triangle_.transpose().triangularView<Eigen::Lower>().solve(scaled);
  const Eigen::ArrayXd a = eigenvalues(y.transpose() * y).array().max(0);
  const double variance = ((a + a.square() / 2) / (1 + a).square()).sum() / static_cast<double>(size_);
  return {a.log1p().sum() / 2, std::sqrt(variance), 0, 0};
}

double jackknife_error(const Vector& without_one) {
  const auto r = static_cast<double>(without_one.size());
  return std::sqrt((r - 1) / r * (without_one.array() - without_one.mean()).square().sum());
}

}  // namespace poise::theory
