#include "poise/metrics.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "poise/error.h"

namespace poise {
namespace {

constexpr int kCalibrationBins = 15;

Matrix target_rows(const Dataset& data, Index classes) {
  const Index n = data.rows();
  if (data.targets.size() > 0) {
    Matrix targets = data.targets.cast<double>();
    for (Index i = 0; i < n; ++i) targets.row(i) /= targets.row(i).sum();
    return targets;
  }
  Matrix targets = Matrix::Zero(n, classes);
  for (Index i = 0; i < n; ++i) targets(i, data.labels[static_cast<std::size_t>(i)]) = 1;
  return targets;
}

/// Weighted means at inverse temperature β: cross-entropy, entropy, and the variance of the scores under softmax(βz).
struct Means {
  double cross_entropy = 0, entropy = 0, variance = 0;
};

Means means_at(const Matrix& scores, const Matrix& targets, const Vector& weight, double beta) {
  Means means;
  for (Index i = 0; i < scores.rows(); ++i) {
    const Eigen::RowVectorXd z = beta * scores.row(i);
    const double largest = z.maxCoeff();
    const double lse = largest + std::log((z.array() - largest).exp().sum());
    const Eigen::RowVectorXd log_p = z.array() - lse, p = log_p.array().exp();
    const double expected = p.dot(scores.row(i));
    means.cross_entropy -= weight[i] * targets.row(i).dot(log_p);
    means.entropy -= weight[i] * p.dot(log_p);
    means.variance += weight[i] * (p.array() * (scores.row(i).array() - expected).square()).sum();
  }
  return means;
}

double calibration_error(const std::vector<double>& confidence, const std::vector<double>& correct,
                         const Vector& weight) {
  std::vector<double> hits(kCalibrationBins), sure(kCalibrationBins);
  for (std::size_t i = 0; i < confidence.size(); ++i) {
    const auto bin =
        std::min<std::size_t>(kCalibrationBins - 1, static_cast<std::size_t>(confidence[i] * kCalibrationBins));
    hits[bin] += weight[static_cast<Index>(i)] * correct[i];
    sure[bin] += weight[static_cast<Index>(i)] * confidence[i];
  }
  double error = 0;
  for (int bin = 0; bin < kCalibrationBins; ++bin)
    error += std::abs(hits[static_cast<std::size_t>(bin)] - sure[static_cast<std::size_t>(bin)]);
  return error;
}

/// Whether no row loses by sharper scores, and some row gains: all of every target on the largest score. Then β* = ∞.
bool always_right(const Matrix& scores, const Matrix& targets, const Vector& share) {
  bool gains = false;
  for (Index i = 0; i < scores.rows(); ++i) {
    if (share[i] <= 0) continue;
    const double largest = scores.row(i).maxCoeff();
    for (Index c = 0; c < scores.cols(); ++c) {
      if (targets(i, c) > 0 && scores(i, c) < largest) return false;
    }
    gains = gains || scores.row(i).minCoeff() < largest;
  }
  return gains;
}

/// Whether CE only falls as scores get flatter: its slope at β = 0, Σ_i s_i [mean_c z_ic − ⟨t_i, z_i⟩], is 0 or more,
/// and CE is convex. False of scores that are the same for all classes, which no temperature changes.
bool no_better_than_chance(const Matrix& scores, const Matrix& targets, const Vector& share) {
  double slope = 0, spread = 0;
  for (Index i = 0; i < scores.rows(); ++i) {
    const Eigen::RowVectorXd away = scores.row(i).array() - scores.row(i).mean();
    slope -= share[i] * targets.row(i).dot(away);
    spread += share[i] * away.cwiseAbs().maxCoeff();
  }
  return spread > 0 && slope >= 0;
}

}  // namespace

Temperature fit_temperature(const Matrix& scores, const Matrix& targets, const Vector& weight) {
  constexpr double kLargestBeta = 1e3, kSmallestBeta = 1e-6;
  const Vector share = weight / weight.sum();
  double beta = 1;
  if (always_right(scores, targets, share)) beta = kLargestBeta;
  if (no_better_than_chance(scores, targets, share)) beta = kSmallestBeta;
  Means now = means_at(scores, targets, share, beta);
  for (int k = 0; k < 100 && beta < kLargestBeta && beta > kSmallestBeta; ++k) {
    const double slope = (now.cross_entropy - now.entropy) / beta;  // dCE/dβ
    if (std::abs(slope * beta) <= 1e-12 * (1 + now.cross_entropy) || !(now.variance > 0)) break;
    double step = -slope / now.variance;
    if (beta + step < 0.1 * beta) step = -0.9 * beta;
    if (beta + step > kLargestBeta) step = kLargestBeta - beta;
    const double slack = 4e-15 * (1 + now.cross_entropy);  // near the end CE is flat to rounding, its slope is not
    Means next = means_at(scores, targets, share, beta + step);
    for (int half = 0; half < 40 && next.cross_entropy > now.cross_entropy + 1e-4 * step * slope + slack; ++half) {
      step /= 2;
      next = means_at(scores, targets, share, beta + step);
    }
    beta += step;
    now = next;
  }
  return {1 / beta, now.cross_entropy, now.entropy, beta >= kLargestBeta || beta <= kSmallestBeta};
}

Metrics evaluate_scores(const Matrix& scores, const Dataset& data) {
  if (!data.has_targets())
    throw Error(ErrorKind::kData, "the data has no labels to compare with", "a label or target a row");
  const Index n = scores.rows(), classes = scores.cols();
  if (n != data.rows()) throw Error(ErrorKind::kInternal, fmt::format("{} scores for {} rows", n, data.rows()));
  const Matrix targets = target_rows(data, classes);
  Vector weight = data.sample_weight.size() > 0 ? data.sample_weight : Vector::Ones(n);
  const double sum = weight.sum();
  if (!(sum > 0)) throw Error(ErrorKind::kData, "the sample weights add up to 0", "a positive sum");

  Metrics metrics;
  metrics.rows = n;
  metrics.confusion = Matrix::Zero(classes, classes);
  std::vector<double> confidence(static_cast<std::size_t>(n));
  std::vector<double> correct(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) {
    Index predicted = 0, label = 0;
    const double largest = scores.row(i).maxCoeff(&predicted);
    targets.row(i).maxCoeff(&label);
    confidence[static_cast<std::size_t>(i)] = 1 / (scores.row(i).array() - largest).exp().sum();
    correct[static_cast<std::size_t>(i)] = targets(i, predicted);
    metrics.confusion(label, predicted) += weight[i];
  }
  weight /= sum;
  metrics.accuracy = metrics.confusion.trace() / sum;
  const Means means = means_at(scores, targets, weight, 1);
  metrics.cross_entropy = means.cross_entropy;
  metrics.entropy = means.entropy;
  metrics.equilibrium_gap = means.cross_entropy - means.entropy;
  metrics.at_rest = std::abs(metrics.equilibrium_gap) <= kRestShare * metrics.cross_entropy;
  metrics.expected_calibration_error = calibration_error(confidence, correct, weight);
  metrics.temperature = fit_temperature(scores, targets, weight);
  return metrics;
}

}  // namespace poise
