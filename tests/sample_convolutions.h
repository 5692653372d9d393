// Convolutions by their definition, in float64 and one number at a time: what the engine's are tested against, with
// which it shares nothing. And random networks that begin with some.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "sample_networks.h"

namespace poise {

/// W ⋆ X of one image (include/poise/convolution.h), places by kernels.
inline Matrix convolve_by_definition(const Convolution& c, const double* x, const Matrix& weights) {
  const Index rows = c.input.rows + 2 * c.padding - c.side + 1, columns = c.input.columns + 2 * c.padding - c.side + 1;
  Matrix out = Matrix::Zero(rows * columns, c.kernels);
  for (Index y = 0; y < rows; ++y)
    for (Index at = 0; at < columns; ++at)
      for (Index k = 0; k < c.kernels; ++k)
        for (Index i = 0; i < c.side; ++i)
          for (Index j = 0; j < c.side; ++j)
            for (Index channel = 0; channel < c.input.channels; ++channel) {
              const Index row = y + i - c.padding, column = at + j - c.padding;
              if (row < 0 || row >= c.input.rows || column < 0 || column >= c.input.columns) continue;
              out(y * columns + at, k) += weights(k, (i * c.side + j) * c.input.channels + channel) *
                                          x[(row * c.input.columns + column) * c.input.channels + channel];
            }
  return out;
}

/// Y of one image, without the bias, as a row; the place that each number comes from is in `from`, if that is not null.
inline Matrix layer_by_definition(const Convolution& c, const double* x, const Matrix& weights,
                                  std::vector<Index>* from = nullptr) {
  const Matrix places = convolve_by_definition(c, x, weights);
  const Index columns = c.input.columns + 2 * c.padding - c.side + 1;
  const Index across = columns / c.pool, down = (c.input.rows + 2 * c.padding - c.side + 1) / c.pool;
  Matrix out(1, down * across * c.kernels);
  if (from) from->clear();
  for (Index y = 0; y < down; ++y)
    for (Index at = 0; at < across; ++at)
      for (Index k = 0; k < c.kernels; ++k) {
        double best = -std::numeric_limits<double>::infinity();
        Index best_place = 0;
        for (Index i = 0; i < c.pool; ++i)
          for (Index j = 0; j < c.pool; ++j) {
            const Index place = (y * c.pool + i) * columns + at * c.pool + j;
            if (places(place, k) > best) best = places(place, k), best_place = place;
          }
        out(0, (y * across + at) * c.kernels + k) = best;
        if (from) from->push_back(best_place);
      }
  return out;
}

/// The scores Y_L of rows of inputs.
inline Matrix scores_by_definition(const std::vector<Layer>& layers, Matrix x) {
  for (const Layer& layer : layers) {
    Matrix y(x.rows(), layer.outputs());
    if (layer.convolution) {
      for (Index n = 0; n < x.rows(); ++n) {
        y.row(n) = layer_by_definition(*layer.convolution, x.row(n).data(), layer.weights);
        for (Index k = 0; k < y.cols(); ++k) y(n, k) += layer.bias[k % layer.convolution->kernels];
      }
    } else {
      y = x * layer.weights.transpose();
      y.rowwise() += layer.bias.transpose();
    }
    x = learning::reference::activate(layer.activation, y);
  }
  return x;
}

inline Layer random_convolution(const Convolution& c, Activation activation, NormalStream& normals) {
  Layer layer;
  layer.weights = normals.matrix(c.kernels, c.kernel_size()) / std::sqrt(static_cast<double>(c.kernel_size()));
  layer.bias = 0.5 * normals.matrix(c.kernels, 1);
  layer.activation = activation;
  layer.convolution = c;
  return layer;
}

/// Convolutions, then dense layers of the widths given, the last of which has as many outputs as there are classes.
inline std::vector<Layer> random_layers(const std::vector<Convolution>& convolutions, const std::vector<Index>& dense,
                                        Activation activation, std::uint64_t seed) {
  NormalStream normals(seed);
  std::vector<Layer> layers;
  for (const Convolution& c : convolutions) layers.push_back(random_convolution(c, activation, normals));
  Index below = layers.back().outputs();
  for (std::size_t l = 0; l < dense.size(); ++l) {
    Layer layer;
    layer.weights = normals.matrix(dense[l], below) / std::sqrt(static_cast<double>(below));
    layer.bias = 0.5 * normals.matrix(dense[l], 1);
    if (l + 1 < dense.size()) layer.activation = activation;
    layers.push_back(layer);
    below = dense[l];
  }
  return layers;
}

/// Of every kind: channels or none, borders or none, pools that leave a border, kernels that fill no vector.
inline const std::vector<Convolution> kConvolutions = {
    {{5, 4, 1}, 3, 3, 1, 1},  {{5, 4, 1}, 3, 3, 1, 2},  {{7, 6, 2}, 16, 3, 1, 2}, {{6, 6, 3}, 5, 2, 0, 2},
    {{8, 8, 4}, 33, 5, 2, 3}, {{4, 9, 2}, 17, 1, 0, 1}, {{9, 5, 1}, 20, 5, 0, 1}, {{6, 7, 20}, 32, 3, 2, 2}};

}  // namespace poise
