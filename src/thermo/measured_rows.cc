#include "thermo/measured_rows.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/random.h"
#include "poise/error.h"
#include "thermo/layers.h"

namespace poise::thermo {
namespace {

constexpr std::uint64_t kRowStream = 0x7e40'0001;

/// The problem of all rows, without a penalty and so in no units of one.
Problem whole_problem(const Dataset& data, const ThermodynamicsOptions& options) {
  ObjectiveOptions objective;
  objective.l2 = 0;
  objective.scale = Scale::kNone;
  objective.label_smoothing = options.label_smoothing;
  objective.balanced_classes = options.balanced_classes;
  return make_problem(data, objective, options.threads);
}

/// `most` of the rows of positive weight (0: all of them), shuffled: rows of a file may be sorted, by label say, and
/// blocks of rows are to be samples of all.
std::vector<Index> draw_rows(const Vector& weight, Index most, std::uint64_t seed) {
  std::vector<Index> rows;
  for (Index i = 0; i < weight.size(); ++i) {
    if (weight[i] > 0) rows.push_back(i);
  }
  shuffle<Index>(rows, random_bits(seed, kRowStream));
  if (most > 0 && most < std::ssize(rows)) rows.resize(static_cast<std::size_t>(most));
  return rows;
}

template <typename T>
void scale_dense(const T* stored, const learning::InputScaling& scaling, Eigen::Ref<Eigen::RowVectorXd> to) {
  for (Index j = 0; j < to.size(); ++j) {
    const auto k = static_cast<std::size_t>(j);
    to[j] =
        (static_cast<double>(stored[j]) - static_cast<double>(scaling.shift[k])) * static_cast<double>(scaling.gain[k]);
  }
}

void check(const Network& network, Index features, Index classes) {
  check_layers(network.layers, network.center.size());
  if (network.head != Head::kSoftmax) {
    throw Error(ErrorKind::kData, fmt::format("a network with the {} head", to_string(network.head)),
                "one with the softmax head", "cross-entropy is the free energy of a softmax; train with that loss");
  }
  if (network.feature_count() != features) {
    throw Error(ErrorKind::kData,
                fmt::format("the data has {} features, the model {}", features, network.feature_count()),
                "data with the columns the model was trained on", "read the data with the schema of the model");
  }
  if (network.class_count() != classes) {
    throw Error(ErrorKind::kData, fmt::format("the data has {} classes, the model {}", classes, network.class_count()),
                "data with the classes the model was trained on", "read the data with the schema of the model");
  }
}

}  // namespace

MeasuredRows::MeasuredRows(const Dataset& data, const ThermodynamicsOptions& options) {
  Problem all = whole_problem(data, options);
  scaling_ = learning::scale_inputs(data, all, options.standardize, options.threads);
  const Eigen::Map<const Eigen::VectorXf> shift(scaling_.shift.data(), std::ssize(scaling_.shift));
  const Eigen::Map<const Eigen::VectorXf> gain(scaling_.gain.data(), std::ssize(scaling_.gain));
  center_ = data.offset + data.scale.cwiseProduct(shift.cast<double>());
  unit_ = (gain.array() > 0).select(data.scale.cwiseQuotient(gain.cast<double>()), 0.0);
  numbers_ = draw_rows(all.row_weight, options.rows, options.seed);
  problem_ = select_rows(all, numbers_);
}

void MeasuredRows::load(Index row, Eigen::Ref<Eigen::RowVectorXd> to) const {
  const Features& features = problem_.features;
  if (features.bytes() != nullptr) return scale_dense(features.bytes() + row * features.cols(), scaling_, to);
  if (features.floats() != nullptr) return scale_dense(features.floats() + row * features.cols(), scaling_, to);
  const CsrMatrix& sparse = *features.sparse();
  for (std::size_t j = 0; j < scaling_.shift.size(); ++j)
    to[static_cast<Index>(j)] = -static_cast<double>(scaling_.shift[j]) * static_cast<double>(scaling_.gain[j]);
  const auto begin = static_cast<std::size_t>(sparse.row_start[static_cast<std::size_t>(row)]);
  const auto end = static_cast<std::size_t>(sparse.row_start[static_cast<std::size_t>(row) + 1]);
  for (std::size_t k = begin; k < end; ++k) {
    const auto j = static_cast<std::size_t>(sparse.columns[k]);
    to[sparse.columns[k]] += static_cast<double>(sparse.values[k]) * static_cast<double>(scaling_.gain[j]);
  }
}

RowBlock MeasuredRows::block(Index first, Index count) const {
  RowBlock block{first, Matrix(count, problem_.cols()), Matrix(count, problem_.classes),
                 problem_.row_weight.segment(first, count)};
  for (Index i = 0; i < count; ++i) {
    load(first + i, block.inputs.row(i));
    problem_.target_of(first + i, {block.targets.row(i).data(), static_cast<std::size_t>(problem_.classes)});
  }
  return block;
}

std::vector<Layer> MeasuredRows::layers_of(const Network& network) const {
  check(network, problem_.cols(), problem_.classes);
  std::vector<Layer> layers = network.layers;
  layers[0].bias += network.layers[0].weights * (center_ - network.center);
  layers[0].weights.array().rowwise() *= unit_.transpose().array();
  return layers;
}

}  // namespace poise::thermo
