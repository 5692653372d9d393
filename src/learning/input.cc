#include "learning/input.h"

#include <algorithm>
#include <cmath>

#include "learning/kernels.h"

namespace poise::learning {
namespace {

void set(Floats& to, const Vector& from) {
  to.resize(static_cast<std::size_t>(from.size()));
  for (std::size_t j = 0; j < to.size(); ++j) to[j] = static_cast<float>(from[static_cast<Index>(j)]);
}

constexpr double kLargestGain = 1e30;  // weights per original unit are as much larger, and must be finite in float32

double inverse_or_zero(double deviation) { return deviation > 0 ? 1 / deviation : 0; }

struct Moments {
  Vector mean, deviation;
};

/// As if all features were one: images.
Moments pooled(const Moments& each) {
  const Index d = each.mean.size();
  const double mean = each.mean.mean(), square = (each.deviation.cwiseAbs2() + each.mean.cwiseAbs2()).mean();
  return {Vector::Constant(d, mean), Vector::Constant(d, std::sqrt(std::max(0.0, square - mean * mean)))};
}

/// See scale_inputs. A feature of rows of next to no weight counts as one of a row: as rare, not as new.
Vector sparse_gains(const CsrMatrix& x, const Vector& row_weight, Index features) {
  Vector share = Vector::Zero(features), size = share, square = share;
  for (Index i = 0; i < row_weight.size(); ++i) {
    const auto row = static_cast<std::size_t>(i);
    const auto end = static_cast<std::size_t>(x.row_start[row + 1]);
    for (auto e = static_cast<std::size_t>(x.row_start[row]); e < end; ++e) {
      const double value = x.values[e];
      if (value == 0) continue;
      share[x.columns[e]] += row_weight[i];
      size[x.columns[e]] += row_weight[i] * std::abs(value);
      square[x.columns[e]] += row_weight[i] * value * value;
    }
  }
  const double one_row = 1 / static_cast<double>(std::max<Index>(1, (row_weight.array() > 0).count()));
  const auto gain = [&](double p, double sum) { return sum > 0 ? p / sum * std::pow(std::max(p, one_row), -0.25) : 0; };
  const Vector each = share.binaryExpr(size, gain);
  const double root = std::sqrt(square.dot(each.cwiseAbs2()) / static_cast<double>(features));
  return root > 0 ? Vector((each / root).cwiseMin(kLargestGain)) : each;
}

Eigen::ArrayXd gain_over_scale(const InputScaling& scaling, const Dataset& data) {
  const Eigen::Map<const Eigen::ArrayXf> gain(scaling.gain.data(), std::ssize(scaling.gain));
  return gain.cast<double>() / data.scale.array();
}

}  // namespace

void InputScaling::to_original_units(const Dataset& data, Layer& first, Vector& center) const {
  const Eigen::Map<const Eigen::VectorXf> by(shift.data(), std::ssize(shift));
  center = data.offset + data.scale.cwiseProduct(by.cast<double>());
  first.weights.array().rowwise() *= gain_over_scale(*this, data).transpose();
}

// news20 with 64 units, mean validation accuracy of three seeds: 81.0 % with 1, 83.9 with 0.1, 84.1 with 0.03.
double first_weights_share(const Dataset& data, bool standardize) {
  return data.features.sparse() && standardize ? 0.1 : 1;
}

InputScaling same_inputs(const InputScaling& scaling, const Dataset& data, const Dataset& other) {
  const Index d = std::ssize(scaling.shift);
  const Eigen::Map<const Eigen::VectorXf> shift(scaling.shift.data(), d), gain(scaling.gain.data(), d);
  const Vector center = data.offset + data.scale.cwiseProduct(shift.cast<double>());
  InputScaling found;
  set(found.shift, (center - other.offset).cwiseQuotient(other.scale));
  set(found.gain, gain.cast<double>().cwiseProduct(other.scale).cwiseQuotient(data.scale));
  return found;
}

InputScaling scale_inputs(const Dataset& data, const Problem& problem, bool standardize, int threads) {
  InputScaling scaling;
  if (!standardize) {  // original / unit = (offset + scale · stored) / unit
    set(scaling.shift, -data.offset.cwiseQuotient(data.scale));
    set(scaling.gain, data.scale / data.unit);
    return scaling;
  }
  if (const CsrMatrix* sparse = data.features.sparse()) {
    const Index d = data.features.cols();
    set(scaling.shift, Vector::Zero(d));
    set(scaling.gain, sparse_gains(*sparse, problem.row_weight, d));
    return scaling;
  }
  Moments moments{means(data.features, problem.row_weight, threads),
                  standard_deviations(data.features, problem.row_weight, threads)};
  if (resolve_scale(data, Scale::kAuto) == Scale::kNone) moments = pooled(moments);
  set(scaling.shift, moments.mean);
  set(scaling.gain, moments.deviation.unaryExpr(&inverse_or_zero));
  return scaling;
}

void prefetch_row(const Features& features, Index row) {
  const Index d = features.cols();
  if (features.bytes()) return prefetch(features.bytes() + row * d, d);
  prefetch(features.floats() + row * d, d * static_cast<Index>(sizeof(float)));
}

void load_row(const Features& features, const InputScaling& scaling, Index row, float* to) {
  const Index d = features.cols();
  if (features.bytes()) {
    scale_row(features.bytes() + row * d, scaling.shift.data(), scaling.gain.data(), to, d);
  } else {
    scale_row(features.floats() + row * d, scaling.shift.data(), scaling.gain.data(), to, d);
  }
}

}  // namespace poise::learning
