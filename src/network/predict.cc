#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "network/activation.h"
#include "network/model_check.h"
#include "network/propagation.h"
#include "network/score_kernels.h"
#include "network/scorer.h"
#include "poise/error.h"
#include "poise/network.h"

namespace poise::inline network {
namespace {

template <typename Finish>
Matrix score_rows(const Network& network, const Dataset& data, int threads, Finish finish) {
  const Scorer scorer(network, data);
  Matrix scores(data.rows(), network.class_count());
  for_blocks_of_rows(data.rows(), threads, [&](Index first, Index count) {
    double* out = scores.row(first).data();
    scorer.score(first, count, out);
    finish(out, count);
  });
  return scores;
}

}  // namespace

Scorer::Scorer(const Network& network, const Dataset& data) : propagation_(network, data) {
  require_classifier(network);
}

Index Scorer::rows() const { return propagation_.data().rows(); }
Index Scorer::classes() const { return propagation_.network().class_count(); }

void Scorer::score(Index first, Index count, double* out) const {
  const Network& network = propagation_.network();
  Matrix y = propagation_.preactivation(network.layers.size(), first, count);
  if (network.head == Head::kSigmoid) std::transform(y.data(), y.data() + y.size(), y.data(), &log_sigmoid);
  Eigen::Map<Matrix>(out, count, classes()) = y;
}

}  // namespace poise::inline network

namespace poise {

Matrix predict_scores(const Network& network, const Dataset& data, int threads) {
  return score_rows(network, data, threads, [](double*, Index) {});
}

Matrix predict_probabilities(const Network& network, const Dataset& data, int threads) {
  const Index classes = network.class_count();
  return score_rows(network, data, threads, [&](double* scores, Index rows) {
    std::vector<double> scratch(kScoreRows * classes);
    softmax_rows(scores, rows, classes, scratch.data());
  });
}

Matrix reconstruct(const Network& network, const Dataset& data, int threads) {
  const Propagation propagation(network, data);
  require_reconstruction(network);
  Matrix features(data.rows(), network.feature_count());
  for_blocks_of_rows(data.rows(), threads, [&](Index first, Index count) {
    features.middleRows(first, count) = propagation.reconstruction(first, count);
  });
  return features;
}

Matrix hidden_states(const Network& network, const Dataset& data, Index layer, int threads) {
  const Propagation propagation(network, data);
  require_hidden_layer(network, layer);
  Matrix states(data.rows(), network.layers[layer - 1].outputs());
  for_blocks_of_rows(data.rows(), threads, [&](Index first, Index count) {
    states.middleRows(first, count) = propagation.states(layer, first, count);
  });
  return states;
}

}  // namespace poise
