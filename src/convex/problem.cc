#include "convex/problem.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/index.h"
#include "base/words.h"
#include "convex/fields.h"
#include "convex/pass/pass.h"
#include "convex/units.h"
#include "data/classes.h"
#include "network/model_check.h"
#include "poise/error.h"
#include "rows/storage.h"

namespace poise::inline convex {
namespace {

/// A row of weight 0 is no row: one that counts, however little, must not become that.
[[noreturn]] void fail_underflow(const Dataset& data, Index row) {
  throw Error(ErrorKind::kData,
              fmt::format("the weight of row {} is above 0, but beside the others' so small that float64 has no number "
                          "for its share",
                          row + 1),
              "weights within some 300 powers of ten of each other", "give rows that are not to count the weight 0",
              {data.name});
}

/// Multiplies the weight of every row by what its class is to weigh.
void weigh_classes(const Dataset& data, const ObjectiveOptions& options, Vector& weight) {
  if (options.class_weights.empty()) return;
  if (data.labels.empty() || options.balanced_classes) {
    throw Error(
        ErrorKind::kUsage,
        data.labels.empty() ? "weights of classes for soft targets" : "weights of classes that are balanced, too",
        data.labels.empty() ? "a label a row" : "one or the other");
  }
  const std::vector<double> factors = class_factors(options.class_weights, data.schema);
  for (Index i = 0; i < weight.size(); ++i) {
    const double factor = factors[data.labels[i]], product = weight[i] * factor;
    if (product == 0 && weight[i] > 0 && factor > 0) fail_underflow(data, i);
    weight[i] = product;
  }
}

Vector normalized_weights(const Dataset& data, const ObjectiveOptions& options, Index classes) {
  const Index n = data.rows();
  const bool alike = data.sample_weight.size() == 0 && options.class_weights.empty() && !options.balanced_classes;
  if (alike && n > 0) return Vector::Constant(n, 1 / static_cast<double>(n));
  Vector weight = data.sample_weight.size() > 0 ? data.sample_weight : Vector::Ones(n);
  weigh_classes(data, options, weight);
  const Vector given = weight;
  if (options.balanced_classes) {
    if (data.labels.empty())
      throw Error(ErrorKind::kUsage, "balanced class weights need class labels, not soft targets", "a label a row");
    Vector of_class = Vector::Zero(classes);
    for (Index i = 0; i < n; ++i) of_class[data.labels[i]] += weight[i];
    const double sum = weight.sum();
    for (Index i = 0; i < n; ++i) {
      if (weight[i] > 0) weight[i] *= sum / (static_cast<double>(classes) * of_class[data.labels[i]]);
    }
  }
  return row_shares(data, weight, given);
}

Eigen::Map<const Vector> map_of(const std::vector<double>& numbers) { return {numbers.data(), std::ssize(numbers)}; }

/// Bytes in an array: pixels, which are of one size as they are.
bool is_image(const Features& x) { return holds_only(x, NumberType::kUint8); }

/// What λ counts as 1: the standard deviation of a column, and 1 for one that is constant, as its weight is 0 in any
/// unit. `indicators_as_given`: 1 for columns of 0 and 1 that stand for a category, too. Standardized, a rare category
/// would have its weight penalized the less the rarer it is.
Vector penalty_units(const Schema& schema, const ColumnMoments& moments, bool indicators_as_given) {
  Vector unit = map_of(moments.deviation);
  unit = (unit.array() > 0).select(unit, 1.0);
  for (Index j = 0; indicators_as_given && j < unit.size(); ++j) {
    if (schema.is_indicator(j)) unit[j] = 1;
  }
  return unit;
}

void check(const Dataset& data, const ObjectiveOptions& options) {
  if (!data.has_targets()) throw Error(ErrorKind::kData, "the data has no labels", "a label for every row");
  if (data.schema.class_count() < 2) {
    throw Error(ErrorKind::kData, fmt::format("the data has {} class", data.schema.class_count()), "at least two");
  }
  check_fields(options);
}

/// How many rows of equal weight say as much: (Σ s)²/Σ s² (Kish). A row of weight 0 does not count.
double effective_rows(const Dataset& data) {
  if (data.sample_weight.size() == 0) return static_cast<double>(data.rows());
  const Vector s = data.sample_weight / data.sample_weight.maxCoeff();  // whose squares are in range
  return s.sum() * s.sum() / s.squaredNorm();
}

}  // namespace

Vector row_shares(const Dataset& data, const Vector& weight, const Vector& given) {
  const double largest = weight.size() > 0 ? weight.maxCoeff() : 0;
  if (!(largest > 0) || !std::isfinite(largest)) {
    throw Error(ErrorKind::kData, fmt::format("the largest of the row weights is {}", largest), "a number above 0",
                "a row of weight 0 does not count; at least one has to", {data.name});
  }
  const double sum = weight.sum();
  Vector share = weight / (std::isfinite(sum) ? sum : largest);
  if (!std::isfinite(sum)) share /= share.sum();
  for (Index i = 0; i < share.size(); ++i) {
    if (share[i] == 0 && given[i] > 0) fail_underflow(data, i);
  }
  return share;
}

Scale resolve_scale(const Dataset& data, Scale scale) {
  if (scale != Scale::kAuto) return scale;
  if (data.schema.format == FileFormat::kTable)
    return data.schema.has_indicators() ? Scale::kNumbers : Scale::kStandard;
  return data.schema.format == FileFormat::kNpy && data.schema.image_shape.empty() ? Scale::kStandard : Scale::kNone;
}

const ColumnMap& Problem::map() const {
  static const ColumnMap kNone;
  return features.is_sparse() ? kNone : units;
}

void Problem::target_of(Index row, std::span<double> target) const {
  const double share = smoothing / static_cast<double>(classes);
  if (!labels.empty()) {
    std::fill(target.begin(), target.end(), share);
    target[labels[row]] += 1 - smoothing;
    return;
  }
  // Rows sum to 1 up to rounding, of float32 to 1e-7; the dual bound needs the sum exact.
  const double scale = (1 - smoothing) / targets.row(row).sum();
  for (Index c = 0; c < classes; ++c) {
    target[c] = scale * targets(row, c) + share;
  }
}

Problem weigh_rows(const Dataset& data, const ObjectiveOptions& options) {
  check(data, options);
  Problem problem;
  problem.features = problem.given = data.features;
  problem.labels = data.labels;
  problem.targets = data.targets;
  problem.smoothing = options.label_smoothing;
  problem.classes = data.schema.class_count();
  problem.row_weight = normalized_weights(data, options, problem.classes);
  problem.penalty = Vector::Zero(data.features.cols());
  return problem;
}

Problem make_problem(const Dataset& data, const ObjectiveOptions& options, int threads) {
  Problem problem = weigh_rows(data, options);
  choose_scale(problem, data, options, [&] {
    return column_moments(data.features, problem.weights(), ChunkGrid(data.features).bounds, threads);
  });
  return problem;
}

void choose_scale(Problem& problem, const Dataset& data, const ObjectiveOptions& options,
                  const std::function<ColumnMoments()>& ask) {
  const Scale scale = resolve_scale(data, options.scale);
  Vector unit = Vector::Constant(data.features.cols(), options.unit > 0 ? options.unit : data.unit);
  if (scale != Scale::kNone || !is_image(data.features)) {
    const ColumnMoments moments = ask();
    if (scale != Scale::kNone) unit = penalty_units(data.schema, moments, scale == Scale::kNumbers);
    choose_units(problem, moments, unit);
  }
  problem.unit = unit;
  set_l2(problem, resolve_l2(data, options));
}

void set_l2(Problem& problem, double l2) {
  problem.l2 = l2;
  problem.penalty = Vector::Zero(problem.unit.size());
  if (l2 == 0) return;  // also where units are so far from 1 that 0 times their squares is no number
  // In the solver's units a weight is 1/gain times as large as per original unit.
  Vector unit = problem.unit;
  if (!problem.units.identity()) unit.array() *= map_of(problem.units.gain).array();
  // One that is no number any more is a penalty all the same, and a minimizer exists: the smallest there is.
  problem.penalty = (l2 * unit.cwiseAbs2()).cwiseMax(std::numeric_limits<double>::denorm_min());
}

Vector mean_absolute(const Problem& problem, int threads) {
  return map_of(mean_absolute(problem.features, problem.map(), problem.weights(), threads));
}

Problem without_rows(const Problem& problem) {
  Problem part;
  part.smoothing = problem.smoothing;
  part.units = problem.units;
  part.l2 = problem.l2;
  part.penalty = problem.penalty;
  part.unit = problem.unit;
  part.classes = problem.classes;
  return part;
}

void pick_targets(const Problem& from, std::span<const Index> rows, Problem& to) {
  const auto count = static_cast<Index>(rows.size());
  to.row_weight.resize(count);
  const bool has_targets = from.targets.size() > 0;  // neither these nor labels: the features are the target
  if (has_targets) to.targets.resize(count, from.classes);
  for (Index i = 0; i < count; ++i) {
    const Index row = rows[i];
    to.row_weight[i] = from.row_weight[row];
    if (has_targets) to.targets.row(i) = from.targets.row(row);
    if (!from.labels.empty()) to.labels.push_back(from.labels[row]);
  }
}

Problem pick_rows(const Problem& problem, std::span<const Index> rows) {
  Problem part = without_rows(problem);
  part.features = problem.features.select_rows(rows);
  part.given = problem.features.is_sparse() ? problem.given.select_rows(rows) : part.features;
  pick_targets(problem, rows, part);
  return part;
}

Problem select_rows(const Problem& problem, std::span<const Index> rows) {
  Problem part = pick_rows(problem, rows);
  part.row_weight /= part.row_weight.sum();
  return part;
}

Problem slice_rows(const Problem& problem, Index first, Index count) {
  Problem part = without_rows(problem);
  part.features = problem.features.slice(first, count);
  part.given = problem.given.rows() > 0 ? problem.given.slice(first, count) : problem.given;
  part.row_weight = problem.row_weight.segment(first, count);
  if (problem.targets.size() > 0) part.targets = problem.targets.middleRows(first, count);
  if (!problem.labels.empty())
    part.labels.assign(problem.labels.begin() + first, problem.labels.begin() + first + count);
  return part;
}

void check_same_columns(const Network& model, const Dataset& data) {
  require_softmax_layer(model);
  const Index d = model.feature_count();
  if (data.features.cols() != d) {
    throw Error(ErrorKind::kData, "the data has " + counted(data.features.cols(), "feature"),
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

Parameters to_file_units(const Parameters& parameters, const ColumnMap& units) {
  Parameters moved = parameters;
  if (units.identity()) return moved;
  const Index d = parameters.rows() - 1;
  moved.topRows(d).array().colwise() *= map_of(units.gain).array();
  moved.row(d) -= map_of(units.center).transpose() * moved.topRows(d);
  return moved;
}

Parameters to_parameters(const Network& model, const Dataset& data, const ColumnMap& units) {
  check_same_columns(model, data);
  const Index d = model.feature_count();
  Parameters parameters(d + 1, model.class_count());
  const Layer& layer = model.layers.front();
  parameters.topRows(d) = layer.weights.transpose();
  Vector moved = -model.center;
  if (!units.identity()) {
    parameters.topRows(d).array().colwise() /= map_of(units.gain).array();
    moved += map_of(units.center);
  }
  parameters.row(d) = (layer.bias + layer.weights * moved).transpose();
  return parameters;
}

Network to_model(const Parameters& parameters, const ColumnMap& units, Schema schema) {
  const Index d = parameters.rows() - 1;
  Layer layer{parameters.topRows(d).transpose(), parameters.row(d).transpose()};
  Network model{.schema = std::move(schema), .center = Vector::Zero(d), .layers = {}, .metadata = {}};
  if (!units.identity()) {
    layer.weights.array().rowwise() *= map_of(units.gain).transpose().array();
    model.center = map_of(units.center);
  }
  model.layers.push_back(std::move(layer));
  return model;
}

}  // namespace poise::inline convex

namespace poise {

double default_l2(const Dataset& data) {
  // Tables like a weaker penalty the more classes there are, images do not: MNIST, 10,000 rows, has a test
  // cross-entropy of 0.34 at 1/n, 0.31 at 3/n and 0.48 at a fifth of 1/n.
  const Index most = resolve_scale(data, Scale::kAuto) == Scale::kNone ? 2 : 6;
  const Index contrasts = std::clamp<Index>(data.schema.class_count() - 1, 1, most);
  const double rows = effective_rows(data);
  return rows >= 1 ? 2 / (rows * static_cast<double>(contrasts)) : 0;  // that there are rows is for check to say
}

}  // namespace poise
