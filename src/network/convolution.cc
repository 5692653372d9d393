#include "network/convolution.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/product.h"
#include "network/convolution_kernels.h"

namespace poise::inline network {
namespace {

/// With zeros around it.
ImageShape padded_shape(const Convolution& c) {
  return {c.input.rows + 2 * c.padding, c.input.columns + 2 * c.padding, c.input.channels};
}

/// Places from the first to the last of use, those of no use between them included.
Index place_count(const Convolution& c) {
  return (c.convolved().rows - 1) * padded_shape(c).columns + c.convolved().columns;
}

/// The convolution that takes Y*, laid out as W ⋆ X, to X*.
Convolution adjoint_of(const Convolution& c) {
  return {c.convolved(), c.input.channels, c.side, c.side - 1 - c.padding, 1};
}

template <typename Storage>
auto* cleared(Storage& storage, Index count) {
  storage.assign(static_cast<std::size_t>(count), 0);
  return storage.data();
}

template <typename Storage>
auto* room(Storage& storage, Index count) {
  if (std::ssize(storage) < count) storage.resize(static_cast<std::size_t>(count));
  return storage.data();
}

/// Null without pooling.
template <typename Byte>
Byte* of_image(Byte* choice, Index first) {
  return choice ? choice + first : nullptr;
}

}  // namespace

std::string convolution_fault(const Convolution& c) {
  const ImageShape &in = c.input, out = c.convolved();
  constexpr Index kMost = 1 << 20;  // of anything: products of three are then numbers
  if (std::max({in.rows, in.columns, in.channels, c.kernels, c.side}) > kMost) return "sizes above a million";
  if (in.rows < 1 || in.columns < 1 || in.channels < 1)
    return fmt::format("an image of {}x{}x{}", in.rows, in.columns, in.channels);
  if (c.kernels < 1 || c.side < 1) return fmt::format("{} kernels of {}x{}", c.kernels, c.side, c.side);
  if (c.padding < 0 || c.padding >= c.side)
    return fmt::format("padding {} of {}x{} kernels", c.padding, c.side, c.side);
  if (out.rows < 1 || out.columns < 1)
    return fmt::format("kernels of {}x{} on an image of {}x{}", c.side, c.side, in.rows, in.columns);
  if (c.pool < 1 || c.pool > std::min({kMostPool, out.rows, out.columns}))
    return fmt::format("pooling {}x{} places of {}x{}", c.pool, c.pool, out.rows, out.columns);
  return {};
}

std::string words_on(const Convolution& c, const char* activation) {
  std::string text = fmt::format("conv {}x{} {}", c.kernels, c.side, activation);
  if (c.padding == 0 && c.side > 1) text += " without padding";
  if (c.pool > 1) text += fmt::format(", pool {}", c.pool);
  return text;
}

std::vector<Index> onnx_shape(const Convolution& c) { return {c.kernels, c.input.channels, c.side, c.side}; }

/// use(k, place, c, number among ONNX's) of every weight.
template <typename Use>
static void for_each_weight(const Convolution& c, const Use& use) {
  const Index channels = c.input.channels, places = c.side * c.side;
  for (Index k = 0; k < c.kernels; ++k) {
    for (Index i = 0; i < channels; ++i) {
      for (Index p = 0; p < places; ++p) use(k, p * channels + i, (k * channels + i) * places + p);
    }
  }
}

std::vector<double> onnx_kernels(const Convolution& c, const Matrix& weights) {
  std::vector<double> kernels(static_cast<std::size_t>(weights.size()));
  for_each_weight(c, [&](Index k, Index column, Index at) { kernels[at] = weights(k, column); });
  return kernels;
}

Matrix from_onnx_kernels(const Convolution& c, const double* kernels) {
  Matrix weights(c.kernels, c.kernel_size());
  for_each_weight(c, [&](Index k, Index column, Index at) { weights(k, column) = kernels[at]; });
  return weights;
}

template <typename T>
void turn_kernels(const Convolution& c, const T* transposed, T* turned) {
  const Index places = c.side * c.side, channels = c.input.channels;
  for (Index p = 0; p < places; ++p) {
    const T* from = transposed + (places - 1 - p) * channels * c.kernels;
    T* to = turned + p * c.kernels * channels;
    for (Index k = 0; k < c.kernels; ++k) {
      for (Index i = 0; i < channels; ++i) to[k * channels + i] = from[i * c.kernels + k];
    }
  }
}

/// padded_ ← one image, into the zeros that are there.
template <typename T>
void ConvolutionWork<T>::pad(const Convolution& c, const T* x) {
  const Index width = c.input.columns * c.input.channels, stride = padded_shape(c).columns * c.input.channels;
  T* to = padded_.data() + c.padding * (stride + c.input.channels);
  for (Index y = 0; y < c.input.rows; ++y) std::copy_n(x + y * width, width, to + y * stride);
}

/// places_ ← W ⋆ X of the image in padded_.
template <typename T>
void ConvolutionWork<T>::convolve(const Convolution& c, const T* weights) {
  const Index channels = c.input.channels, stride = padded_shape(c).columns * channels, depth = c.side * channels;
  for (Index i = 0; i < c.side; ++i) {
    multiply({false, false, place_count(c), c.kernels, depth, channels, c.kernels, c.kernels, i > 0},
             padded_.data() + i * stride, weights + i * depth * c.kernels, places_.data());
  }
}

template <typename T>
void ConvolutionWork<T>::forward(const Convolution& c, const T* x, Index images, const T* weights, T* y,
                                 std::uint8_t* choice) {
  cleared(padded_, padded_shape(c).size());
  room(places_, place_count(c) * c.kernels);
  const Index size = c.output().size();
  for (Index n = 0; n < images; ++n) {
    pad(c, x + n * c.input.size());
    convolve(c, weights);
    pool(c, places_.data(), padded_shape(c).columns, y + n * size, of_image(choice, n * size));
  }
}

template <typename T>
void ConvolutionWork<T>::forward_at(const Convolution& c, const T* x, Index images, const T* weights,
                                    const std::uint8_t* choice, T* y, bool accumulate) {
  cleared(padded_, padded_shape(c).size());
  room(places_, place_count(c) * c.kernels);
  const Index size = c.output().size();
  for (Index n = 0; n < images; ++n) {
    pad(c, x + n * c.input.size());
    convolve(c, weights);
    pick(c, places_.data(), padded_shape(c).columns, of_image(choice, n * size), y + n * size, accumulate);
  }
}

template <typename T>
void ConvolutionWork<T>::back(const Convolution& c, const T* adjoint, Index images, const T* turned,
                              const std::uint8_t* choice, T* to) {
  const Convolution b = adjoint_of(c);
  const ImageShape padded = padded_shape(b);
  cleared(padded_, padded.size());
  room(places_, place_count(b) * b.kernels);
  T* const inside = padded_.data() + b.padding * (padded.columns + 1) * padded.channels;
  const Index size = c.output().size();
  for (Index n = 0; n < images; ++n) {
    unpool(c, adjoint + n * size, of_image(choice, n * size), inside, padded.columns);
    convolve(b, turned);
    pool(b, places_.data(), padded.columns, to + n * c.input.size(), nullptr);
  }
}

template <typename T>
void ConvolutionWork<T>::add_gradient(const Convolution& c, const T* x, const T* adjoint, Index images,
                                      const std::uint8_t* choice, T* gradient) {
  const Index channels = c.input.channels, columns = padded_shape(c).columns, depth = c.side * channels;
  cleared(padded_, padded_shape(c).size());
  cleared(places_, place_count(c) * c.kernels);
  const Index size = c.output().size();
  for (Index n = 0; n < images; ++n) {
    pad(c, x + n * c.input.size());
    unpool(c, adjoint + n * size, of_image(choice, n * size), places_.data(), columns);
    for (Index i = 0; i < c.side; ++i) {
      multiply({true, false, depth, c.kernels, place_count(c), channels, c.kernels, c.kernels, true},
               padded_.data() + i * columns * channels, places_.data(), gradient + i * depth * c.kernels);
    }
  }
}

template void turn_kernels(const Convolution&, const float*, float*);
template void turn_kernels(const Convolution&, const double*, double*);
template class ConvolutionWork<float>;
template class ConvolutionWork<double>;

}  // namespace poise::inline network
