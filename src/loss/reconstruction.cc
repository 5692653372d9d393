// How near the features that a network gives are to those it was given.
#include <vector>

#include "loss/scored_rows.h"
#include "network/metadata.h"
#include "network/model_check.h"
#include "network/propagation.h"
#include "poise/error.h"
#include "poise/metrics.h"
#include "rows/column_moments.h"
#include "rows/load.h"

namespace poise {
namespace {

/// Of every feature; nothing is 1 of a feature that training found constant.
Vector units_of(const Network& network) {
  const Index d = network.feature_count();
  const Vector units = recorded_units(network.metadata, d).value_or(Vector::Ones(d));
  return (units.array() == 0).select(1.0, units);
}

Vector shares_of(const Dataset& data) {
  const Index n = data.rows();
  const Vector weight = data.sample_weight.size() > 0 ? data.sample_weight : Vector::Ones(n);
  const double sum = weight.sum();
  if (!(sum > 0)) throw Error(ErrorKind::kData, "the sample weights add up to 0", "a positive sum");
  return weight / sum;
}

/// Σ of vectors, of which none yet is 0.
struct VectorSum {
  Vector value;
  VectorSum& operator+=(const VectorSum& other) {
    if (value.size() == 0) return value = other.value, *this;
    if (other.value.size() > 0) value += other.value;
    return *this;
  }
};

Vector errors_of(const Propagation& propagation, const Vector& share, const Vector& units,
                 const MeasureOptions& options) {
  const Dataset& data = propagation.data();
  const Index d = units.size();
  const auto add = [&](Index first, Index count, std::vector<double>& room, VectorSum& sum) {
    room.resize(count * d);
    load_rows(data.features, ColumnMap{}, first, count, room.data(), d);
    Matrix miss = propagation.reconstruction(first, count) - Eigen::Map<const Matrix>(room.data(), count, d);
    miss.array().rowwise() /= units.transpose().array();
    const Vector errors = miss.cwiseAbs2().transpose() * share.segment(first, count);
    sum += VectorSum{errors};
  };
  return sum_over_blocks<VectorSum>(data.rows(), options, add).value;
}

}  // namespace

ReconstructionMetrics evaluate_reconstruction(const Network& network, const Dataset& data,
                                              const MeasureOptions& options) {
  const Propagation propagation(network, data);
  require_reconstruction(network);
  const Vector share = shares_of(data), units = units_of(network);
  ReconstructionMetrics metrics;
  metrics.rows = data.rows();
  metrics.feature_errors = errors_of(propagation, share, units, options);
  const std::vector<double> deviation =
      column_moments(data.features, {share.data(), static_cast<std::size_t>(share.size())}, options.threads).deviation;
  metrics.feature_variances =
      Eigen::Map<const Vector>(deviation.data(), std::ssize(deviation)).cwiseQuotient(units).cwiseAbs2();
  metrics.mean_squared_error = metrics.feature_errors.mean();
  metrics.variance = metrics.feature_variances.mean();
  metrics.explained_variance = 1 - metrics.mean_squared_error / metrics.variance;
  return metrics;
}

}  // namespace poise
