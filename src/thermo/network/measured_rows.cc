#include "thermo/network/measured_rows.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/random.h"
#include "base/words.h"
#include "network/model_check.h"
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

void check(const Network& network, Index features, Index classes) {
  check_layers(network.layers, network.center.size());
  require_classifier(network);
  if (network.head != Head::kSoftmax) {
    throw Error(ErrorKind::kData, fmt::format("a network with the {} head", to_string(network.head)),
                "one with the softmax head", "cross-entropy is the free energy of a softmax; train with that loss");
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

}  // namespace

MeasuredRows::MeasuredRows(const Dataset& data, const ThermodynamicsOptions& options) {
  Problem all = weigh_rows(data, options.objective);
  inputs_ = learning::scale_inputs(learning::input_rows(data), all.row_weight, options.objective.scale != Scale::kNone,
                                   options.threads)
                .map;
  numbers_ = draw_rows(all.row_weight, options.rows, options.seed);
  problem_ = select_rows(all, numbers_);
}

RowBlock MeasuredRows::block(Index first, Index count) const {
  RowBlock block{first, Matrix(count, problem_.cols()), Matrix(count, problem_.classes),
                 problem_.row_weight.segment(first, count)};
  load_rows(problem_.features, inputs_, first, count, block.inputs.data(), problem_.cols());
  for (Index i = 0; i < count; ++i) {
    problem_.target_of(first + i, std::span(block.targets.row(i).data(), problem_.classes));
  }
  return block;
}

std::vector<Layer> MeasuredRows::layers_of(const Network& network) const {
  check(network, problem_.cols(), problem_.classes);
  std::vector<Layer> layers = network.layers;
  const Eigen::Map<const Vector> center(inputs_.center.data(), std::ssize(inputs_.center));
  const Eigen::Map<const Vector> gain(inputs_.gain.data(), std::ssize(inputs_.gain));
  const Vector unit = (gain.array() > 0).select(gain.cwiseInverse(), 0.0);
  layers[0].bias += network.layers[0].weights * (center - network.center);
  layers[0].weights.array().rowwise() *= unit.transpose().array();
  return layers;
}

}  // namespace poise::thermo
