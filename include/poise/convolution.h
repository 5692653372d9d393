// Convolution layers: what their weights go over. An image lies in a row of numbers pixel by pixel, the channels of a
// pixel side by side, as NumPy and Pillow have it: number (y·columns + x)·channels + c.
#pragma once

#include "poise/schema.h"

namespace poise {

struct ImageShape {
  Index rows = 0, columns = 0, channels = 1;

  Index pixels() const { return rows * columns; }
  Index size() const { return pixels() * channels; }
  bool operator==(const ImageShape&) const = default;
};

/// A convolution, as every library calls it (docs/theory/network.md#convolutions): kernel k is laid over every place of
/// the image, with `padding` zeros around it; and, with pool > 1, the largest value of every pool×pool places is kept,
/// the first of equal ones:
///   (W ⋆ X)_{y,x,k} = Σ_{i,j,c} W_{k,(i,j,c)} X_{y+i−padding, x+j−padding, c}
///   Y_{y,x,k} = max_{i,j < pool} (W ⋆ X)_{y·pool+i, x·pool+j, k} + b_k
/// Row k of the weights is the kernel W_k, numbered as an image of side×side pixels. Y is an image of `kernels`
/// channels; places that fill no whole pool are left out.
struct Convolution {
  ImageShape input;
  Index kernels = 0, side = 0, padding = 0, pool = 1;

  /// Of W ⋆ X.
  ImageShape convolved() const {
    return {input.rows + 2 * padding - side + 1, input.columns + 2 * padding - side + 1, kernels};
  }
  /// Of Y.
  ImageShape output() const { return {convolved().rows / pool, convolved().columns / pool, kernels}; }
  Index kernel_size() const { return side * side * input.channels; }  ///< columns of the weights
  bool operator==(const Convolution&) const = default;
};

}  // namespace poise
