#include <algorithm>
#include <cmath>

#include "learning/trainer.h"
#include "poise/softmax_regression.h"

namespace poise::learning {
namespace {

constexpr double kLeastPenalty = 1e-6;  // late in training the features separate the data: no minimum without it
constexpr double kTolerance = 1e-5;     // nats; the features move on anyway
constexpr int kMostIterations = 50;

/// The last layer as a model over its own inputs.
Network last_layer(const ParameterLayout& layout, const Floats& parameters, const Dataset& features) {
  Layer layer = to_layers(layout, parameters, Activation::kIdentity).back();
  return {features.schema, Vector::Zero(layer.weights.cols()), {std::move(layer)}, Head::kSoftmax, 1, {}};
}

Dataset activations_as_data(const Dataset& data, const ParameterLayout& layout, Team& team, Workspace& batch,
                            const Floats& parameters) {
  const Index below = layout.layers() - 1, width = layout.width(below), n = data.rows(), room = batch.room();
  std::vector<float> values(n * width);
  std::vector<Index> rows(room);
  for (Index first = 0; first < n; first += room) {
    const Index count = std::min(room, n - first);
    for (Index i = 0; i < count; ++i) rows[i] = first + i;
    BatchSums ignored;
    const std::span<const Index> some(rows.data(), count);
    team.run([&](int) { batch.evaluate(team, some, parameters, ignored); });
    std::copy_n(batch.activations(below), count * width, values.begin() + first * width);
  }
  Dataset found;
  found.name = data.name;
  found.features = Features::from_values(std::move(values), n, width);
  found.labels = data.labels, found.targets = data.targets, found.sample_weight = data.sample_weight;
  found.schema.format = FileFormat::kNpy;
  found.schema.array_features = width;
  found.schema.classes = data.schema.classes;
  return found;
}

}  // namespace

bool solve_last_layer(const Dataset& data, const NetworkOptions& options, const ParameterLayout& layout, Team& team,
                      Workspace& batch, Floats& parameters, double time_limit, Watcher* watcher) {
  if (layout.layers() < 2) return true;
  batch.parameters_changed();
  const Dataset features = activations_as_data(data, layout, team, batch, parameters);
  ObjectiveOptions objective = options.objective;
  objective.l2 = std::max(objective.l2.value_or(0), kLeastPenalty);
  objective.scale = Scale::kNone;
  SolveOptions solve;
  solve.tolerance = kTolerance;
  solve.max_iterations = kMostIterations;
  solve.threads = options.threads;
  solve.time_limit = time_limit;
  const Network start = last_layer(layout, parameters, features);
  const SoftmaxFit fit = fit_softmax(features, objective, solve, watcher, &start);
  std::vector<Layer> layers = to_layers(layout, parameters, options.activation);
  layers.back() = fit.model.layers.front();
  layers.back().bias -= layers.back().weights * fit.model.center;
  from_layers(layout, layers, parameters);
  batch.parameters_changed();
  return fit.report.status != Status::kInterrupted && fit.report.status != Status::kTimeLimit;
}

/// What a solved head has to improve on: the loss on the validation data; without them that of the training data with
/// the head's penalty.
double Trainer::head_objective() {
  if (held_out_) return means_of(measure_validation()).loss;
  const Layer head = to_layers(layout_, parameters_, options_.activation).back();
  return means_of(measure_training(order_)).loss + 0.5 * *options_.objective.l2 * head.weights.squaredNorm();
}

/// Solves the last layer and keeps it if that is no worse on the validation data, or better on the training data. If
/// not, weights and velocity are as they were.
void Trainer::solve_head() {
  const bool limited = options_.time_limit > 0;
  const double left = limited ? options_.time_limit - own_seconds() : 0;
  if (limited && left <= 0) return;  // and 0 would mean no limit
  const double objective = head_objective();
  if (!std::isfinite(objective)) return;  // the guard will take the last step back
  const Floats before = parameters_;
  Unseen unseen(watcher_);
  if (!solve_last_layer(data_, options_, layout_, team_, batch_, parameters_, left, &unseen)) head_cut_short_ = true;
  const double solved = head_objective();
  if (held_out_ ? solved <= objective : solved < objective) return step_.rest();
  parameters_ = before;
  batch_.parameters_changed();
}

}  // namespace poise::learning
