#include "network/propagation.h"

#include <fmt/core.h>

#include "base/blas.h"
#include "base/words.h"
#include "network/activation.h"
#include "network/convolution.h"
#include "poise/error.h"
#include "rows/load.h"

namespace poise::inline network {
namespace {

void check_shapes(const Network& network) {
  Index inputs = network.center.size();
  bool fit = !network.layers.empty();
  for (const Layer& layer : network.layers) {
    const Index columns = layer.convolution ? layer.convolution->kernel_size() : layer.inputs();
    fit = fit && layer.inputs() == inputs && layer.weights.cols() == columns;
    fit = fit && layer.bias.size() == layer.weights.rows();
    inputs = layer.outputs();
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

Matrix convolve(const Layer& layer, const Matrix& x) {
  const Convolution& c = *layer.convolution;
  Matrix y(x.rows(), layer.outputs());
  const Matrix transposed = layer.weights.transpose();
  ConvolutionWork<double>().forward(c, x.data(), x.rows(), transposed.data(), y.data(), nullptr);
  Eigen::Map<Matrix>(y.data(), y.size() / c.kernels, c.kernels).rowwise() += layer.bias.transpose();
  return y;
}

Matrix next_preactivation(const Layer& layer, const Matrix& x) {
  if (layer.convolution) return convolve(layer, x);
  const Index inputs = x.cols(), width = layer.bias.size();
  Matrix y = layer.bias.transpose().replicate(x.rows(), 1);
  gemm(false, true, x.rows(), width, inputs, x.data(), inputs, layer.weights.data(), inputs, 1, y.data(), width);
  return y;
}

}  // namespace

// Y_1 = W (x − center) + b. The difference is taken in float64 before anything else: offsets of the features cost no
// digits.
class Propagation::FirstLayer {
 public:
  FirstLayer(const Network& network, const Features& features) : layer_(network.layers[0]) {
    if (features.is_sparse() && !layer_.convolution) weights_ = layer_.weights.transpose();  // row j: what j adds
    if (network.center.isZero(0)) return;
    map_.center.assign(network.center.begin(), network.center.end());
    map_.gain.assign(map_.center.size(), 1.0);
    for (Index j = 0; j < network.center.size(); ++j) {
      if (network.center[j] != 0) centered_.push_back(j);
    }
  }

  Matrix preactivation(const Features& features, Index first, Index rows) const {
    const CsrView* sparse = features.sparse();
    if (sparse && !layer_.convolution) {
      Matrix y = layer_.bias.transpose().replicate(rows, 1);
      for (Index i = 0; i < rows; ++i) add_sparse(*sparse, first + i, y.row(i));
      return y;
    }
    Matrix x(rows, features.cols());
    load_rows(features, map_, first, rows, x.data(), x.cols());
    return next_preactivation(layer_, x);
  }

 private:
  // Entries that are stored, and the zeros of centered features between them.
  void add_sparse(const CsrView& x, Index row, Matrix::RowXpr y) const {
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

struct Propagation::Prepared {
  const Network& network;
  const Dataset& data;
  FirstLayer first_layer;
};

Propagation::Propagation(const Network& network, const Dataset& data) {
  check_features(network, data);
  prepared_ = std::make_unique<const Prepared>(Prepared{network, data, FirstLayer(network, data.features)});
}

Propagation::~Propagation() = default;

const Network& Propagation::network() const { return prepared_->network; }
const Dataset& Propagation::data() const { return prepared_->data; }

Matrix Propagation::preactivation(std::size_t layer, Index first, Index count) const {
  const std::vector<Layer>& layers = network().layers;
  Matrix y = prepared_->first_layer.preactivation(data().features, first, count);
  for (std::size_t l = 1; l < layer; ++l) {
    activate(layers[l - 1].activation, y.data(), y.size());
    y = next_preactivation(layers[l], y);
  }
  return y;
}

Matrix Propagation::states(std::size_t layer, Index first, Index count) const {
  Matrix x = preactivation(layer, first, count);
  activate(network().layers[layer - 1].activation, x.data(), x.size());
  return x;
}

Matrix Propagation::reconstruction(Index first, Index count) const {
  Matrix y = preactivation(network().layers.size(), first, count);
  if (network().head != Head::kLogistic) return y;
  const double unit = network().output_unit;
  std::transform(y.data(), y.data() + y.size(), y.data(), [&](double value) { return unit * sigmoid(value); });
  return y;
}

}  // namespace poise::inline network
