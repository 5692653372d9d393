#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/blas.h"
#include "base/parallel.h"
#include "network/activation.h"
#include "network/score_kernels.h"
#include "network/scorer.h"
#include "poise/error.h"
#include "poise/network.h"

namespace poise {
namespace {

// The first layer in the units in which the data is stored. With original = offset + scale · stored,
//   W (original − c) + b = (W ∘ scale) stored + [b + W (offset − c)].
struct StoredLayer {
  Matrix weights;  // d×N_1: transposed
  Vector bias;

  StoredLayer(const Network& network, const Dataset& data)
      : weights(network.layers[0].weights.transpose()), bias(network.layers[0].bias) {
    const Vector& center = network.center;
    bias += network.layers[0].weights * (data.offset.size() > 0 ? Vector(data.offset - center) : Vector(-center));
    if (data.scale.size() > 0) weights.array().colwise() *= data.scale.array();
  }
};

void check_shapes(const Network& network) {
  Index inputs = network.center.size();
  bool fit = !network.layers.empty();
  for (const Layer& layer : network.layers) {
    fit = fit && layer.weights.cols() == inputs && layer.bias.size() == layer.weights.rows();
    inputs = layer.weights.rows();
  }
  if (!fit) throw Error(ErrorKind::kInternal, "the layers of the network do not fit each other or the center");
}

void check_features(const Network& network, const Dataset& data) {
  check_shapes(network);
  const Index d = network.feature_count();
  if (data.features.cols() != d) {
    throw Error(ErrorKind::kData, fmt::format("the data has {} features, the model {}", data.features.cols(), d),
                "data with the columns the model was trained on", "read the data with the schema of the model",
                {data.name});
  }
  const auto fits = [&](const Vector& v) { return v.size() == 0 || v.size() == d; };
  if (!fits(data.offset) || !fits(data.scale)) {
    throw Error(ErrorKind::kInternal, "offset or scale is not of the size of the features");
  }
}

template <typename T>
void add_dense(const StoredLayer& layer, const T* values, Matrix& y) {
  using Rows = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Index d = layer.weights.rows(), width = y.cols();
  const Matrix x = Eigen::Map<const Rows>(values, y.rows(), d).template cast<double>();
  gemm(false, false, y.rows(), width, d, x.data(), d, layer.weights.data(), width, 1, y.data(), width);
}

void add_sparse(const StoredLayer& layer, const CsrMatrix& features, Index first, Matrix& y) {
  for (Index i = 0; i < y.rows(); ++i) {
    const auto begin = static_cast<std::size_t>(features.row_start[static_cast<std::size_t>(first + i)]);
    const auto end = static_cast<std::size_t>(features.row_start[static_cast<std::size_t>(first + i) + 1]);
    for (std::size_t k = begin; k < end; ++k) {
      y.row(i) += static_cast<double>(features.values[k]) * layer.weights.row(features.columns[k]);
    }
  }
}

// Y_1 of the rows from `first` on.
Matrix first_preactivation(const StoredLayer& layer, const Features& features, Index first, Index rows) {
  Matrix y = layer.bias.transpose().replicate(rows, 1);
  const Index begin = first * features.cols();
  switch (features.kind()) {
    case Features::Kind::kFloat:
      add_dense(layer, features.floats() + begin, y);
      break;
    case Features::Kind::kBytes:
      add_dense(layer, features.bytes() + begin, y);
      break;
    case Features::Kind::kSparse:
      add_sparse(layer, *features.sparse(), first, y);
      break;
  }
  return y;
}

Matrix next_preactivation(const Layer& layer, const Matrix& x) {
  const Index inputs = x.cols(), width = layer.bias.size();
  Matrix y = layer.bias.transpose().replicate(x.rows(), 1);
  gemm(false, true, x.rows(), width, inputs, x.data(), inputs, layer.weights.data(), inputs, 1, y.data(), width);
  return y;
}

// F-propagation of a block of rows, up to the scores.
Matrix score_block(const Network& network, const StoredLayer& stored, const Features& features, Index first,
                   Index rows) {
  Matrix y = first_preactivation(stored, features, first, rows);
  for (std::size_t l = 1; l < network.layers.size(); ++l) {
    activate(network.layers[l - 1].activation, y.data(), y.size());
    y = next_preactivation(network.layers[l], y);
  }
  if (network.head == Head::kSigmoid) std::transform(y.data(), y.data() + y.size(), y.data(), &log_sigmoid);
  return y;
}

// Blocks are independent and of fixed bounds: the bits do not depend on the number of threads.
template <typename Finish>
Matrix score_rows(const Network& network, const Dataset& data, int threads, Finish finish) {
  constexpr Index kBlock = Scorer::kBlockRows;
  const Scorer scorer(network, data);
  Matrix scores(data.rows(), network.class_count());
  parallel_for((data.rows() + kBlock - 1) / kBlock, threads, [&](Index block) {
    const Index first = block * kBlock, count = std::min(kBlock, data.rows() - first);
    double* out = scores.row(first).data();
    scorer.score(first, count, out);
    finish(out, count);
  });
  return scores;
}

}  // namespace

struct Scorer::Prepared {
  const Network& network;
  const Dataset& data;
  StoredLayer stored;
};

Scorer::Scorer(const Network& network, const Dataset& data) {
  check_features(network, data);
  prepared_ = std::make_unique<const Prepared>(Prepared{network, data, StoredLayer(network, data)});
}

Scorer::~Scorer() = default;

Index Scorer::rows() const { return prepared_->data.rows(); }
Index Scorer::classes() const { return prepared_->network.class_count(); }

void Scorer::score(Index first, Index count, double* out) const {
  Eigen::Map<Matrix>(out, count, classes()) =
      score_block(prepared_->network, prepared_->stored, prepared_->data.features, first, count);
}

Matrix predict_scores(const Network& network, const Dataset& data, int threads) {
  return score_rows(network, data, threads, [](double*, Index) {});
}

Matrix predict_probabilities(const Network& network, const Dataset& data, int threads) {
  const Index classes = network.class_count();
  return score_rows(network, data, threads, [&](double* scores, Index rows) {
    std::vector<double> scratch(static_cast<std::size_t>(kScoreRows * classes));
    softmax_rows(scores, rows, classes, scratch.data());
  });
}

Matrix predict_scores(const SoftmaxModel& model, const Dataset& data, int threads) {
  return predict_scores(to_network(model), data, threads);
}

Matrix predict_probabilities(const SoftmaxModel& model, const Dataset& data, int threads) {
  return predict_probabilities(to_network(model), data, threads);
}

}  // namespace poise
