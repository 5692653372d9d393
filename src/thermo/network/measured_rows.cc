#include "thermo/network/measured_rows.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/random.h"
#include "base/words.h"
#include "poise/error.h"
#include "thermo/network/layers.h"

namespace poise::thermo {
namespace {

constexpr std::uint64_t kRowStream = 0x7e40'0001;

/// `most` of the rows of positive weight (0: all of them), shuffled: rows of a file may be sorted, by label say, and
/// blocks of rows are to be samples of all.
std::vector<Index> draw_rows(const Vector& weight, Index most, std::uint64_t seed) {
  std::vector<Index> rows;
  for (Index i = 0; i < weight.size(); ++i) {
    if (weight[i] > 0) rows.push_back(i);
  }
  shuffle<Index>(rows, random_bits(seed, kRowStream));
  if (most > 0 && most < std::ssize(rows)) rows.resize(most);
  return rows;
}

/// As training has them, with the units of the targets that the options say.
learning::InputScaling scaling_of(const Dataset& data, const Vector& row_weight, ScoreLoss loss,
                                  const ThermodynamicsOptions& options) {
  Dataset rows = learning::input_rows(data);
  const bool standardize = options.objective.scale != Scale::kNone;
  learning::InputScaling scaling = learning::scale_inputs(rows, row_weight, standardize, options.threads);
  if (loss.of_classes()) return scaling;
  const Vector& units = options.target_units;
  if (units.size() > 0 && units.size() != rows.features.cols()) {
    throw Error(ErrorKind::kData,
                fmt::format("the data has {}, the model {}", counted(rows.features.cols(), "feature"), units.size()),
                "data with the columns the model was trained on", "read the data with the schema of the model");
  }
  if (units.size() > 0 && loss.loss == Loss::kBinaryCrossEntropy) rows.unit = units[0];
  scaling.set_targets(rows, row_weight, loss.loss, options.threads);
  for (Index j = 0; j < units.size(); ++j) scaling.target.gain[j] = 1 / units[j];
  return scaling;
}

Eigen::Map<const Vector> as_vector(const std::vector<double>& v) { return {v.data(), std::ssize(v)}; }

}  // namespace

void MeasuredRows::check(const Network& network) const {
  const Index features = problem_.cols(), classes = problem_.classes;
  check_layers(network.layers, network.center.size());
  if (network.head != head_) {
    throw Error(ErrorKind::kData, fmt::format("a network with the {} head", to_string(network.head)),
                fmt::format("one with the {} head", to_string(head_)),
                "the rows are measured by its loss (ThermodynamicsOptions::head)");
  }
  if (network.feature_count() != features) {
    throw Error(ErrorKind::kData,
                fmt::format("the data has {}, the model {}", counted(features, "feature"), network.feature_count()),
                "data with the columns the model was trained on", "read the data with the schema of the model");
  }
  if (network.class_count() != classes) {
    throw Error(
        ErrorKind::kData,
        fmt::format("the data has {}, the model {}", counted(classes, "class", "classes"), network.class_count()),
        "data with the classes the model was trained on", "read the data with the schema of the model");
  }
}

MeasuredRows::MeasuredRows(const Dataset& data, const ThermodynamicsOptions& options)
    : loss_(score_loss_of(options.head)), head_(options.head) {
  Problem all = loss_.of_classes() ? weigh_rows(data, options.objective) : learning::weigh_inputs(data);
  const learning::InputScaling scaling = scaling_of(data, all.row_weight, loss_, options);
  inputs_ = scaling.map;
  target_ = scaling.target;
  numbers_ = draw_rows(all.row_weight, options.rows, options.seed);
  problem_ = select_rows(all, numbers_);
}

RowBlock MeasuredRows::block(Index first, Index count) const {
  RowBlock block{first, Matrix(count, problem_.cols()), Matrix(count, problem_.classes),
                 problem_.row_weight.segment(first, count), loss_};
  load_rows(problem_.features, inputs_, first, count, block.inputs.data(), problem_.cols());
  if (!loss_.of_classes()) {
    load_rows(problem_.features, target_, first, count, block.targets.data(), problem_.cols());
    return block;
  }
  for (Index i = 0; i < count; ++i) {
    problem_.target_of(first + i, std::span(block.targets.row(i).data(), problem_.classes));
  }
  return block;
}

std::vector<Layer> MeasuredRows::layers_of(const Network& network) const {
  check(network);
  std::vector<Layer> layers = network.layers;
  const auto center = as_vector(inputs_.center), gain = as_vector(inputs_.gain);
  const Vector unit = (gain.array() > 0).select(gain.cwiseInverse(), 0.0);
  layers[0].bias += network.layers[0].weights * (center - network.center);
  layers[0].weights.array().rowwise() *= unit.transpose().array();
  if (network.head == Head::kLinear) {
    Layer& last = layers.back();
    last.weights = as_vector(target_.gain).asDiagonal() * last.weights;
    last.bias = (last.bias - as_vector(target_.center)).cwiseProduct(as_vector(target_.gain));
  }
  return layers;
}

}  // namespace poise::thermo
