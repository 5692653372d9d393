#include "poise/generate.h"

#include <fmt/core.h>

#include <cmath>

#include "convex/fields.h"
#include "network/model_check.h"
#include "network/recorded_options.h"
#include "poise/error.h"
#include "thermo/fields.h"
#include "thermo/states/relaxed_states.h"

namespace poise {
namespace {

constexpr double kAtRest = 1e-20;  // squared length of the gradient

/// What counts as 1 of each feature: as recorded, or the one unit of all.
Vector input_units(const Network& network) {
  const Index d = network.feature_count();
  if (const auto units = recorded_units(network.metadata, d)) return *units;
  ObjectiveOptions objective;
  read_recorded(network.metadata, objective);
  return Vector::Constant(d, objective.unit > 0 ? objective.unit : 1);
}

void check(const Network& network, const Matrix& targets) {
  require_dense(network.layers, "rows of a class");
  if (network.head != Head::kSoftmax) {
    throw Error(ErrorKind::kData, fmt::format("a network with the {} head", to_string(network.head)),
                "a classifier with the softmax head", "classes are what is clamped, by the cross-entropy");
  }
  if (targets.cols() != network.class_count()) {
    throw Error(ErrorKind::kUsage,
                fmt::format("targets of {} classes for a model of {}", targets.cols(), network.class_count()),
                "one column a class");
  }
}

/// Inputs that may move are states of a layer below the first: identity neurons about 0 whose noise is √ρ x̂.
std::vector<Layer> with_free_inputs(const Network& network, const Vector& scale) {
  std::vector<Layer> layers = network.layers;
  layers[0].weights = layers[0].weights * scale.asDiagonal();
  Layer inputs;
  inputs.bias = Vector::Zero(scale.size());
  layers.insert(layers.begin(), std::move(inputs));
  return layers;
}

}  // namespace

Generated generate(const Network& network, const Matrix& targets, const GenerateOptions& options) {
  check_fields(options);
  check(network, targets);
  const Vector scale = input_units(network) / std::sqrt(options.prior);
  const std::vector<Layer> layers = with_free_inputs(network, scale);
  const Index n = targets.rows(), d = scale.size();
  Generated found{Matrix(n, d), Vector(n), Vector(n), {}};
  for (Index i = 0; i < n; ++i) {  // one by one: the bits of a row do not depend on the others
    const auto at = thermo::relax(layers, Matrix::Zero(1, d), targets.row(i), kAtRest, {}, options.steps);
    found.rows.row(i) = at.displacement[1] * scale.asDiagonal();
    found.energy[i] = at.energy[0];
    found.slope[i] = at.slope[0];
  }
  found.probabilities = thermo::ScoreLoss{}.outputs(thermo::propagate(network.layers, found.rows).preactivation.back());
  found.rows.rowwise() += network.center.transpose();
  return found;
}

}  // namespace poise
