#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/blas.h"
#include "base/index.h"
#include "base/parallel.h"
#include "base/words.h"
#include "network/activation.h"
#include "network/score_kernels.h"
#include "network/scorer.h"
#include "poise/error.h"
#include "poise/network.h"
#include "rows/load.h"

namespace poise::inline network {
namespace {

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
    throw Error(
        ErrorKind::kData, fmt::format("the data has {}, the model {}", counted(data.features.cols(), "feature"), d),
        "data with the columns the model was trained on", "read the data with the schema of the model", {data.name});
  }
}

// Y_1 = W (x − center) + b. The difference is taken in float64 before anything else: offsets of the features cost no
// digits.
class FirstLayer {
 public:
  FirstLayer(const Network& network, const Features& features) : layer_(network.layers[0]) {
    if (features.is_sparse()) weights_ = layer_.weights.transpose();  // row j: what feature j adds
    if (network.center.isZero(0)) return;
    map_.center.assign(network.center.begin(), network.center.end());
    map_.gain.assign(map_.center.size(), 1.0);
    for (Index j = 0; j < network.center.size(); ++j) {
      if (network.center[j] != 0) centered_.push_back(j);
    }
  }

  Matrix preactivation(const Features& features, Index first, Index rows) const {
    Matrix y = layer_.bias.transpose().replicate(rows, 1);
    const Index d = features.cols(), width = y.cols();
    if (const CsrMatrix* sparse = features.sparse()) {
      for (Index i = 0; i < rows; ++i) add_sparse(*sparse, first + i, y.row(i));
      return y;
    }
    Matrix x(rows, d);
    load_rows(features, map_, first, rows, x.data(), d);
    gemm(false, true, rows, width, d, x.data(), d, layer_.weights.data(), d, 1, y.data(), width);
    return y;
  }

 private:
  // Entries that are stored, and the zeros of centered features between them.
  void add_sparse(const CsrMatrix& x, Index row, Matrix::RowXpr y) const {
    auto next = centered_.begin();
    const auto add = [&](Index j, double value) {
      const double centered = map_.identity() ? value : value - map_.center[j];
      y += centered * weights_.row(j);
    };
    for (Index k = x.row_start[row]; k < x.row_start[row + 1]; ++k) {
      const Index j = x.columns[k];
      for (; next != centered_.end() && *next < j; ++next) add(*next, 0);
      if (next != centered_.end() && *next == j) ++next;
      add(j, x.value(k));
    }
    for (; next != centered_.end(); ++next) add(*next, 0);
  }

  const Layer& layer_;
  Matrix weights_;
  ColumnMap map_;
  std::vector<Index> centered_;
};

Matrix next_preactivation(const Layer& layer, const Matrix& x) {
  const Index inputs = x.cols(), width = layer.bias.size();
  Matrix y = layer.bias.transpose().replicate(x.rows(), 1);
  gemm(false, true, x.rows(), width, inputs, x.data(), inputs, layer.weights.data(), inputs, 1, y.data(), width);
  return y;
}

// F-propagation of a block of rows, up to the scores.
Matrix score_block(const Network& network, const FirstLayer& layer, const Features& features, Index first, Index rows) {
  Matrix y = layer.preactivation(features, first, rows);
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
  FirstLayer layer;
};

Scorer::Scorer(const Network& network, const Dataset& data) {
  check_features(network, data);
  prepared_ = std::make_unique<const Prepared>(Prepared{network, data, FirstLayer(network, data.features)});
}

Scorer::~Scorer() = default;

Index Scorer::rows() const { return prepared_->data.rows(); }
Index Scorer::classes() const { return prepared_->network.class_count(); }

void Scorer::score(Index first, Index count, double* out) const {
  Eigen::Map<Matrix>(out, count, classes()) =
      score_block(prepared_->network, prepared_->layer, prepared_->data.features, first, count);
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

}  // namespace poise
