#include "thermo/network/hessian.h"

#include <fmt/core.h>

#include <utility>

#include "poise/error.h"
#include "thermo/network/propagation.h"

namespace poise::thermo {
namespace {

constexpr Index kMostDense = 4096;  // parameters: 128 MB

using Layers = std::vector<Layer>;

/// Where the numbers of layer l = 1 … L begin; [0] is not used.
std::vector<Index> offsets(const Layers& layers) {
  std::vector<Index> begin{0, 0};
  for (const Layer& layer : layers) begin.push_back(begin.back() + layer.weights.size() + layer.bias.size());
  return begin;
}

/// The head's error with the rows' weights: s (q − t).
Matrix weighted_error(const Matrix& q, const RowBlock& block) {
  return (q - block.targets).array().colwise() * block.weight.array();
}

/// Ẏ_l and Ẋ_l along the layers `direction`; indexed as a Propagation, activation[0] is empty: inputs do not change.
Propagation tangent(const Layers& layers, const Layers& direction, const Propagation& pass) {
  const std::size_t depth = layers.size();
  Propagation dot;
  dot.preactivation.resize(depth + 1);
  dot.activation.resize(depth + 1);
  for (std::size_t l = 1; l <= depth; ++l) {
    Matrix y = preactivation(direction[l - 1], pass.activation[l - 1]);
    if (l > 1) y += times_transposed(dot.activation[l - 1], layers[l - 1].weights);
    if (l < depth) dot.activation[l] = y.cwiseProduct(pass.slope[l]);
    dot.preactivation[l] = std::move(y);
  }
  return dot;
}

/// Ẏ*_L = s R Ẏ_L
Matrix head_curvature(const Matrix& q, const Matrix& dot_scores, const RowBlock& block) {
  return block.loss.times_curvature(q, dot_scores).array().colwise() * block.weight.array();
}

/// What one block of rows adds to the product.
void add_product(const Layers& layers, const Layers& direction, const RowBlock& block, Vector& sum) {
  const std::size_t depth = layers.size();
  const std::vector<Index> begin = offsets(layers);
  const Propagation pass = propagate(layers, block.inputs);
  const std::vector<Matrix> bend = bends(layers, pass);
  const Matrix q = block.loss.outputs(pass.preactivation.back());
  const Adjoint star = adjoint(layers, pass.slope, weighted_error(q, block));
  const Propagation dot = tangent(layers, direction, pass);
  Matrix dot_star = head_curvature(q, dot.preactivation[depth], block);
  for (std::size_t l = depth; l >= 1; --l) {
    const Matrix& y_star = star.preactivation_adjoint[l];
    double* to = sum.data() + begin[l];
    add_layer_gradient(dot_star, pass.activation[l - 1], to);
    if (l == 1) break;
    add_transposed_times(y_star, dot.activation[l - 1], to);
    const Matrix x = times(dot_star, layers[l - 1].weights) + times(y_star, direction[l - 1].weights);
    dot_star = x.cwiseProduct(pass.slope[l - 1]) +
               star.activation_adjoint[l - 1].cwiseProduct(bend[l - 1]).cwiseProduct(dot.preactivation[l - 1]);
  }
}

}  // namespace

Index parameter_count(const Layers& layers) { return offsets(layers).back(); }

Vector flatten(const Layers& layers) {
  Vector flat(parameter_count(layers));
  double* to = flat.data();
  for (const Layer& layer : layers) {
    to = std::copy_n(layer.weights.data(), layer.weights.size(), to);
    to = std::copy_n(layer.bias.data(), layer.bias.size(), to);
  }
  return flat;
}

Layers unflatten(const Vector& flat, const Layers& like) {
  if (flat.size() != parameter_count(like)) {
    throw Error(ErrorKind::kInternal, fmt::format("{} numbers for {} parameters", flat.size(), parameter_count(like)));
  }
  Layers layers = like;
  const double* from = flat.data();
  for (Layer& layer : layers) {
    std::copy_n(from, layer.weights.size(), layer.weights.data());
    from += layer.weights.size();
    std::copy_n(from, layer.bias.size(), layer.bias.data());
    from += layer.bias.size();
  }
  return layers;
}

double mean_loss(const Layers& layers, const Rows& rows, int threads) {
  return sum_over_blocks(rows, 1, threads, [&](const RowBlock& block, Vector& sum) {
    const Matrix scores = propagate(layers, block.inputs).preactivation.back();
    const Vector losses = block.loss.losses(scores, block.targets);
    for (Index i = 0; i < block.size(); ++i) sum[0] += block.weight[i] * losses[i];
  })[0];
}

Vector mean_gradient(const Layers& layers, const Rows& rows, int threads) {
  const std::vector<Index> begin = offsets(layers);
  return sum_over_blocks(rows, begin.back(), threads, [&](const RowBlock& block, Vector& sum) {
    const Propagation pass = propagate(layers, block.inputs);
    const Adjoint star =
        adjoint(layers, pass.slope, weighted_error(block.loss.outputs(pass.preactivation.back()), block));
    for (std::size_t l = 1; l <= layers.size(); ++l)
      add_layer_gradient(star.preactivation_adjoint[l], pass.activation[l - 1], sum.data() + begin[l]);
  });
}

Vector hessian_product(const Layers& layers, const Rows& rows, const Vector& direction, int threads) {
  const Layers along = unflatten(direction, layers);
  return sum_over_blocks(rows, direction.size(), threads,
                         [&](const RowBlock& block, Vector& sum) { add_product(layers, along, block, sum); });
}

Eigen::MatrixXd dense_hessian(const Layers& layers, const Rows& rows, int threads) {
  const Index size = parameter_count(layers);
  if (size > kMostDense) {
    throw Error(ErrorKind::kResource, fmt::format("the Hessian of {} parameters", size),
                fmt::format("at most {}", kMostDense), "products with the Hessian need no such limit");
  }
  Eigen::MatrixXd hessian(size, size);
  parallel_for(size, threads, [&](Index column) {
    hessian.col(column) = hessian_product(layers, rows, Vector::Unit(size, column), 1);
  });
  return (hessian + hessian.transpose()) / 2;
}

}  // namespace poise::thermo
