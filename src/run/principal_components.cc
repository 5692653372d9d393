#include "run/principal_components.h"

#include <algorithm>
#include <vector>

#include "base/decompositions.h"
#include "network/metadata.h"
#include "rows/load.h"

namespace poise::inline run {
namespace {

constexpr Index kMostFeatures = 2000;
constexpr Index kRows = 256;  // at a time

/// Σ s (x − c) and Σ s (x − c)(x − c)ᵀ over the rows, Σ s = 1, in units.
struct SecondMoments {
  Vector mean;
  Eigen::MatrixXd square;
};

SecondMoments second_moments(const Dataset& data, const ColumnMap& map) {
  const Index d = data.features.cols(), n = data.rows();
  SecondMoments found{Vector::Zero(d), Eigen::MatrixXd::Zero(d, d)};
  Vector weight = data.sample_weight.size() > 0 ? data.sample_weight : Vector::Ones(n);
  weight /= weight.sum();
  Matrix x(kRows, d);
  for (Index first = 0; first < n; first += kRows) {
    const Index count = std::min(kRows, n - first);
    load_rows(data.features, map, first, count, x.data(), d);
    const auto rows = x.topRows(count);
    const Matrix weighted = weight.segment(first, count).asDiagonal() * rows;
    found.mean += weighted.colwise().sum().transpose();
    found.square.noalias() += rows.transpose() * weighted;
  }
  return found;
}

}  // namespace

std::optional<PrincipalComponents> principal_components(const Dataset& train, const Dataset& rows,
                                                        const Network& network, Index components) {
  const Index d = train.features.cols();
  if (d > kMostFeatures) return std::nullopt;
  const Vector unit = recorded_units(network.metadata, d).value_or(Vector::Ones(d));
  ColumnMap map{{network.center.begin(), network.center.end()}, std::vector<double>(d)};
  std::transform(unit.begin(), unit.end(), map.gain.begin(), [](double u) { return 1 / u; });
  const SecondMoments of_train = second_moments(train, map), of_rows = second_moments(rows, map);
  const Index k = std::min(components, d);
  const Eigen::MatrixXd leading =
      eigenpairs(of_train.square - of_train.mean * of_train.mean.transpose()).vectors.rightCols(k);
  // About the mean of `train`, of the rows: Σ s ‖x − m‖² − Σ s ‖Vᵀ(x − m)‖².
  const Vector &m = of_train.mean, &a = of_rows.mean;
  const Eigen::MatrixXd about = of_rows.square - m * a.transpose() - a * m.transpose() + m * m.transpose();
  const double rest = about.trace() - leading.cwiseProduct(about * leading).sum();
  return PrincipalComponents{k, std::max(0.0, rest) / static_cast<double>(d)};
}

}  // namespace poise::inline run
