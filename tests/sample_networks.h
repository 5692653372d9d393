// Small random networks with a batch, for the tests of learning rules, and the few products those tests need.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "learning/reference/reference.h"
#include "sample_models.h"

namespace poise {

/// Numbers in order from one stream, nearly normal.
class NormalStream {
 public:
  explicit NormalStream(std::uint64_t seed) : seed_(seed) {}
  double next() { return random_normalish(seed_, counter_++); }
  Matrix matrix(Index rows, Index cols) {
    return Matrix::NullaryExpr(rows, cols, [this] { return next(); });
  }

 private:
  std::uint64_t seed_, counter_ = 0;
};

struct SampleNetwork {
  std::vector<Layer> layers;
  Matrix inputs, targets;
  Loss loss = Loss::kCrossEntropy;

  std::size_t depth() const { return layers.size(); }
  learning::reference::Propagation pass() const { return learning::reference::propagate(layers, inputs); }
  Matrix output_adjoint() const {
    return learning::reference::output_adjoint(loss, pass().preactivation.back(), targets);
  }
  learning::reference::Adjoint adjoint() const {
    return learning::reference::adjoint(layers, pass(), output_adjoint());
  }
};

/// Distributions for cross-entropy, numbers in (0, 1) for the sigmoid heads.
inline Matrix random_targets(Index rows, Index classes, Loss loss, std::uint64_t seed) {
  std::uint64_t counter = 0;
  Matrix targets = Matrix::NullaryExpr(rows, classes, [&] { return 0.01 + 0.98 * random_uniform(seed, counter++); });
  if (loss == Loss::kCrossEntropy) targets.array().colwise() /= targets.rowwise().sum().array().eval();
  return targets;
}

/// Widths N_0 … N_L; weights of variance gain²/N_{l−1}, biases of a half.
inline SampleNetwork random_network(const std::vector<Index>& widths, Activation activation, Loss loss, Index rows,
                                    std::uint64_t seed, double gain = 1) {
  SampleNetwork sample;
  sample.loss = loss;
  NormalStream normals(seed);
  for (std::size_t l = 1; l < widths.size(); ++l) {
    Layer layer;
    layer.weights = gain / std::sqrt(static_cast<double>(widths[l - 1])) * normals.matrix(widths[l], widths[l - 1]);
    layer.bias = 0.5 * normals.matrix(widths[l], 1);
    layer.activation = l + 1 < widths.size() ? activation : Activation::kIdentity;
    sample.layers.push_back(layer);
  }
  sample.inputs = normals.matrix(rows, widths.front());
  sample.targets = random_targets(rows, widths.back(), loss, seed + 1);
  return sample;
}

/// ⟨A, B⟩ = Σ A_ij B_ij
inline double inner(const Matrix& a, const Matrix& b) { return a.cwiseProduct(b).sum(); }

/// Largest entry of |A − B|
inline double distance(const Matrix& a, const Matrix& b) { return (a - b).cwiseAbs().maxCoeff(); }

/// Largest distance between the weights and biases of two networks.
inline double distance(const std::vector<Layer>& a, const std::vector<Layer>& b) {
  double most = 0;
  for (std::size_t l = 0; l < a.size(); ++l)
    most = std::max({most, distance(a[l].weights, b[l].weights), distance(a[l].bias, b[l].bias)});
  return most;
}

/// Central differences (f(x + h) − f(x − h))/2h of `value` by every entry of `at`, which is left as it was.
template <typename Tensor>
Tensor finite_differences(Tensor& at, const std::function<double()>& value, double h = 1e-5) {
  Tensor out = Tensor::Zero(at.rows(), at.cols());
  for (Index i = 0; i < at.rows(); ++i) {
    for (Index j = 0; j < at.cols(); ++j) {
      const double old = at(i, j);
      at(i, j) = old + h;
      const double above = value();
      at(i, j) = old - h;
      out(i, j) = (above - value()) / (2 * h);
      at(i, j) = old;
    }
  }
  return out;
}

}  // namespace poise
