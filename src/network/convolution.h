// Convolutions of images, one after the other on the calling thread, in float32 or float64
// (docs/theory/network.md#convolutions). With zeros around an image, and its rows laid end to end, the numbers that row
// i of a kernel meets at place p begin at number p·channels of the image's row i: the places are the rows of a matrix
// that overlap, and W ⋆ X is one product for each row of the kernel, of which the last side − 1 columns of every row of
// places are of no use. So it is for the adjoint, which is a convolution, too, and for the gradient.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/aligned.h"
#include "poise/convolution.h"
#include "poise/dataset.h"

namespace poise::inline network {

inline constexpr Index kMostPool = 15;  ///< places of a pool are counted in a byte

/// What is wrong with the numbers, as a sentence; empty if nothing is.
std::string convolution_fault(const Convolution& convolution);

/// "conv 16x3 relu, pool 2"; "conv 16x3 relu without padding".
std::string words_on(const Convolution& convolution, const char* activation);

/// Kernels as ONNX and PyTorch have them, [kernels, channels, side, side], and back.
std::vector<Index> onnx_shape(const Convolution& convolution);
std::vector<double> onnx_kernels(const Convolution& convolution, const Matrix& weights);
Matrix from_onnx_kernels(const Convolution& convolution, const double* kernels);

/// W_lᵀ, kernel_size×kernels, of the adjoint's convolution: the kernels turned by 180°, channels and kernels exchanged.
template <typename T>
void turn_kernels(const Convolution& convolution, const T* transposed, T* turned);

/// What a thread works in. `T` is float or double. Arrays hold images one behind the other; `weights` are W_lᵀ,
/// kernel_size×kernels; `choice` has a number for each of Y, which of the pool's places it comes from (nothing is read
/// or written there without pooling).
template <typename T>
class ConvolutionWork {
 public:
  /// y ← Y − b of `images` images, and which places were the largest; choice may be null.
  void forward(const Convolution& convolution, const T* x, Index images, const T* weights, T* y, std::uint8_t* choice);

  /// The same at given places: y ← or, to `accumulate`, y + (W ⋆ X) there.
  void forward_at(const Convolution& convolution, const T* x, Index images, const T* weights,
                  const std::uint8_t* choice, T* y, bool accumulate);

  /// x* ← X*, from y* = Y*; `turned` as turn_kernels has them.
  void back(const Convolution& convolution, const T* adjoint, Index images, const T* turned, const std::uint8_t* choice,
            T* to);

  /// gradient += Σ over the images of X* ᵀ in the form of `weights`: what ∂/∂W_lᵀ is with Y* = ∂/∂Y.
  void add_gradient(const Convolution& convolution, const T* x, const T* adjoint, Index images,
                    const std::uint8_t* choice, T* gradient);

 private:
  void pad(const Convolution& convolution, const T* x);
  void lay_out(const Convolution& convolution, const T* adjoint, const std::uint8_t* choice, T* to, Index columns);
  void convolve(const Convolution& convolution, const T* weights);

  std::vector<T, AlignedAllocator<T>> padded_, places_;
};

}  // namespace poise::inline network
