#include "convex/problem.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "data/classes.h"
#include "poise/error.h"

namespace poise {
namespace {

/// Calls f(row, feature, value) for every stored entry of the rows [begin, end).
template <typename F>
void for_each_entry(const Features& x, Index begin, Index end, const F& f) {
  if (const CsrMatrix* sparse = x.sparse()) {
    for (Index i = begin; i < end; ++i) {
      for (Index k = sparse->row_start[static_cast<std::size_t>(i)];
           k < sparse->row_start[static_cast<std::size_t>(i) + 1]; ++k) {
        f(i, sparse->columns[static_cast<std::size_t>(k)],
          static_cast<double>(sparse->values[static_cast<std::size_t>(k)]));
      }
    }
    return;
  }
  const Index d = x.cols();
  for (Index i = begin; i < end; ++i) {
    for (Index j = 0; j < d; ++j) {
      f(i, j, x.bytes() ? static_cast<double>(x.bytes()[i * d + j]) : static_cast<double>(x.floats()[i * d + j]));
    }
  }
}

/// Σ over entries of term(row, feature, value) per feature, along a fixed tree.
template <typename Term>
Vector sum_by_feature(const Features& x, int threads, const Term& term) {
  const Index parts = std::clamp<Index>(x.rows() / 1024, 1, 8);
  std::vector<Vector> sums(static_cast<std::size_t>(parts));
  parallel_for(parts, threads, [&](Index part) {
    Vector sum = Vector::Zero(x.cols());
    for_each_entry(x, part_begin(x.rows(), parts, part), part_begin(x.rows(), parts, part + 1),
                   [&](Index i, Index j, double value) { sum[j] += term(i, j, value); });
    sums[static_cast<std::size_t>(part)] = std::move(sum);
  });
  tree_reduce(parts, threads, [&](Index into, Index from) {
    sums[static_cast<std::size_t>(into)] += sums[static_cast<std::size_t>(from)];
  });
  return sums[0];
}

Vector normalized_weights(const Dataset& data, bool balanced, Index classes) {
  const Index n = data.rows();
  Vector weight = data.sample_weight.size() > 0 ? data.sample_weight : Vector::Ones(n);
  if (balanced) {
    if (data.labels.empty())
      throw Error(ErrorKind::kUsage, "balanced class weights need class labels, not soft targets", "a label a row");
    Vector of_class = Vector::Zero(classes);
    for (Index i = 0; i < n; ++i) of_class[data.labels[static_cast<std::size_t>(i)]] += weight[i];
    const double sum = weight.sum();
    for (Index i = 0; i < n; ++i) {
      if (weight[i] > 0)
        weight[i] *= sum / (static_cast<double>(classes) * of_class[data.labels[static_cast<std::size_t>(i)]]);
    }
  }
  const double sum = weight.sum();
  if (!(sum > 0) || !std::isfinite(sum)) {
    throw Error(ErrorKind::kData, fmt::format("the sample weights add up to {}", sum), "a positive number");
  }
  return weight / sum;
}

void check(const Dataset& data, const ObjectiveOptions& options) {
  if (!data.has_targets()) throw Error(ErrorKind::kData, "the data has no labels", "a label for every row");
  if (data.schema.class_count() < 2) {
    throw Error(ErrorKind::kData, fmt::format("the data has {} class", data.schema.class_count()), "at least two");
  }
  if (!(options.l2 >= 0) || !std::isfinite(options.l2)) {
    throw Error(ErrorKind::kUsage, fmt::format("l2 is {}", options.l2), "a finite number, 0 or more");
  }
  if (!(options.label_smoothing >= 0 && options.label_smoothing < 1)) {
    throw Error(ErrorKind::kUsage, fmt::format("label_smoothing is {}", options.label_smoothing), "a number in [0, 1)");
  }
}

}  // namespace

Scale resolve_scale(const Dataset& data, Scale scale) {
  if (scale != Scale::kAuto) return scale;
  const bool is_array = data.schema.format == FileFormat::kNpy && data.schema.image_shape.empty();
  return is_array || data.schema.format == FileFormat::kTable ? Scale::kStandard : Scale::kNone;
}

void Problem::target_of(Index row, std::span<double> target) const {
  const double share = smoothing / static_cast<double>(classes);
  if (!labels.empty()) {
    std::fill(target.begin(), target.end(), share);
    target[static_cast<std::size_t>(labels[static_cast<std::size_t>(row)])] += 1 - smoothing;
    return;
  }
  // float32 rows sum to 1 up to 1e-7; the dual bound needs the sum exact.
  const double scale = (1 - smoothing) / targets.row(row).cast<double>().sum();
  for (Index c = 0; c < classes; ++c) {
    target[static_cast<std::size_t>(c)] = scale * static_cast<double>(targets(row, c)) + share;
  }
}

Vector means(const Features& features, const Vector& row_weight, int threads) {
  return sum_by_feature(features, threads, [&](Index i, Index, double x) { return row_weight[i] * x; });
}

Vector standard_deviations(const Features& features, const Vector& row_weight, int threads) {
  const Vector mean = means(features, row_weight, threads);
  Vector variance = sum_by_feature(
      features, threads, [&](Index i, Index j, double x) { return row_weight[i] * (x - mean[j]) * (x - mean[j]); });
  if (features.sparse()) {  // the entries that are not stored are zeros
    const Vector stored = sum_by_feature(features, threads, [&](Index i, Index, double) { return row_weight[i]; });
    variance.array() += (1 - stored.array()).max(0) * mean.array().square();
  }
  // Below float32 resolution of the mean, what is left is rounding: the feature is constant.
  return (variance.array() > 1e-14 * mean.array().square()).select(variance.cwiseMax(0).cwiseSqrt(), 0.0);
}

Vector mean_absolute(const Features& features, const Vector& row_weight, int threads) {
  return sum_by_feature(features, threads, [&](Index i, Index, double x) { return row_weight[i] * std::abs(x); });
}

Problem make_problem(const Dataset& data, const ObjectiveOptions& options, int threads) {
  check(data, options);
  Problem problem;
  problem.features = data.features;
  problem.labels = data.labels;
  problem.targets = data.targets;
  problem.smoothing = options.label_smoothing;
  problem.classes = data.schema.class_count();
  problem.row_weight = normalized_weights(data, options.balanced_classes, problem.classes);
  // A weight per stored unit is (unit/scale)⁻¹ times the weight that λ measures.
  Vector unit = Vector::Constant(data.features.cols(), options.unit > 0 ? options.unit : data.unit);
  if (resolve_scale(data, options.scale) == Scale::kStandard) {
    unit = standard_deviations(data.features, problem.row_weight, threads).cwiseProduct(data.scale);
    unit = (unit.array() > 0).select(unit, 1.0);  // a constant feature: its weight is 0 in any unit
  }
  problem.penalty = Vector::Zero(data.features.cols());  // also where units are so far from 1 that 0 times them is NaN
  if (options.l2 > 0) problem.penalty = options.l2 * unit.cwiseQuotient(data.scale).cwiseAbs2();
  return problem;
}

Problem select_rows(const Problem& problem, std::span<const Index> rows) {
  Problem part;
  part.features = problem.features.select_rows(rows);
  part.smoothing = problem.smoothing;
  part.penalty = problem.penalty;
  part.classes = problem.classes;
  const auto count = static_cast<Index>(rows.size());
  part.row_weight.resize(count);
  if (problem.labels.empty()) part.targets.resize(count, problem.classes);
  for (Index i = 0; i < count; ++i) {
    const Index row = rows[static_cast<std::size_t>(i)];
    part.row_weight[i] = problem.row_weight[row];
    if (problem.labels.empty()) {
      part.targets.row(i) = problem.targets.row(row);
    } else {
      part.labels.push_back(problem.labels[static_cast<std::size_t>(row)]);
    }
  }
  part.row_weight /= part.row_weight.sum();
  return part;
}

namespace {

/// The weights of a model mean something else for other features and classes.
void check_same_columns(const SoftmaxModel& model, const Dataset& data) {
  const Index d = model.feature_count();
  if (data.features.cols() != d) {
    throw Error(ErrorKind::kData, fmt::format("the data has {} features", data.features.cols()),
                fmt::format("{}, as the model", d));
  }
  if (data.schema.classes != model.schema.classes) {
    throw Error(ErrorKind::kData, fmt::format("the data has the classes {}", list_names(data.schema.classes)),
                fmt::format("{}, as the model", list_names(model.schema.classes)));
  }
  if (!data.schema.has_header || !model.schema.has_header) return;  // no names
  for (Index j = 0; j < d; ++j) {
    const std::string found = data.schema.feature_name(j), expected = model.schema.feature_name(j);
    if (found == expected) continue;
    throw Error(ErrorKind::kData, fmt::format("feature {} of the data is '{}'", j, found),
                fmt::format("'{}', as the model", expected), "features have to be the same, in the same order");
  }
}

}  // namespace

Parameters to_parameters(const SoftmaxModel& model, const Dataset& data) {
  check_same_columns(model, data);
  const Index d = model.feature_count();
  Parameters parameters(d + 1, model.class_count());
  parameters.topRows(d) = (model.weights * data.scale.asDiagonal()).transpose();
  parameters.row(d) = (model.bias + model.weights * (data.offset - model.center)).transpose();
  return parameters;
}

void to_model(const Parameters& parameters, const Dataset& data, SoftmaxModel& model) {
  const Index d = parameters.rows() - 1;
  model.weights = parameters.topRows(d).transpose() * data.scale.cwiseInverse().asDiagonal();
  model.bias = parameters.row(d).transpose();
  model.center = data.offset;
}

}  // namespace poise
