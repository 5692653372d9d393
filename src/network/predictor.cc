#include "poise/predictor.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/aligned.h"
#include "base/parallel.h"
#include "base/product.h"
#include "network/convolution.h"
#include "network/inference_kernels.h"
#include "network/model_check.h"
#include "poise/error.h"

namespace poise {
namespace {

constexpr Index kBlockRows = 128;
constexpr Index kFewRows = 8;  // fewer are never multiplied as a matrix

// A center is folded into the bias where |W_kj c_j| stays below this: then float32, whose rounding is 6e-8 of it, loses
// less than 1e-6 of a preactivation to cancellation.
constexpr double kHarmless = 8;

// One layer in float32: weights input-major, so that an input that is 0 costs nothing.
struct FastLayer {
  Index inputs, outputs, padded;
  AlignedFloats weights;  // inputs×padded; of a convolution kernel_size×kernels
  AlignedFloats bias;     // padded
  Activation activation;
  std::optional<Convolution> convolution;

  FastLayer(const Layer& layer, const Vector& exact_bias)
      : inputs(layer.inputs()),
        outputs(layer.outputs()),
        padded((outputs + kLanePadding - 1) / kLanePadding * kLanePadding),
        weights(layer.convolution ? layer.weights.size() : inputs * padded),
        bias(padded),
        activation(layer.activation),
        convolution(layer.convolution) {
    if (convolution) {
      Eigen::Map<MatrixF>(weights.data(), layer.weights.cols(), layer.weights.rows()) =
          layer.weights.transpose().cast<float>();
      for (Index k = 0; k < outputs; ++k) bias.data()[k] = static_cast<float>(exact_bias[k % convolution->kernels]);
      return;
    }
    Eigen::Map<MatrixF>(weights.data(), inputs, padded).leftCols(outputs) = layer.weights.transpose().cast<float>();
    Eigen::Map<Eigen::VectorXf>(bias.data(), padded).head(outputs) = exact_bias.cast<float>();
  }
};

// What a thread works in; it grows to the largest network it has seen.
struct Scratch {
  AlignedFloats centered, values;
  AlignedFloats activations[2];  // of the layer before and of this one
  std::vector<std::int32_t> places;
  ConvolutionWork<float> convolution;

  static Scratch& of_this_thread() {
    thread_local Scratch scratch;
    return scratch;
  }

  template <typename Storage>
  static auto* room(Storage& storage, Index count) {
    if (std::ssize(storage) < count) storage.resize(count);
    return storage.data();
  }
};

// A block of rows: entry (i, j) at [i·stride + j].
struct Rows {
  const float* values;
  Index stride, count;
};

// Whether to multiply the block as a matrix. The sum over rows of weights costs about three times what a product does
// per input that is not 0, and nothing for zeros (784-128, one thread: 0.82 µs a row for MNIST's 19 % of pixels, 3.4 µs
// for dense rows; as a product 1.2 µs). Every eighth row is looked at.
bool product_pays(const FastLayer& layer, const Rows& x) {
  constexpr Index kEvery = 8;
  constexpr double kDensity = 0.3;
  if (x.count < kFewRows) return false;
  Index nonzeros = 0, seen = 0;
  for (Index i = 0; i < x.count; i += kEvery, seen += layer.inputs) {
    nonzeros += count_nonzeros(x.values + i * x.stride, layer.inputs);
  }
  return static_cast<double>(nonzeros) > kDensity * static_cast<double>(seen);
}

// y[count×padded] = W ⋆ X + b, pooled.
void convolve(const FastLayer& layer, const Rows& x, Scratch& scratch, float* y) {
  for (Index i = 0; i < x.count; ++i, y += layer.padded) {
    scratch.convolution.forward(*layer.convolution, x.values + i * x.stride, 1, layer.weights.data(), y, nullptr);
    std::fill(y + layer.outputs, y + layer.padded, 0.0f);
    for (Index k = 0; k < layer.outputs; ++k) y[k] += layer.bias[k];
  }
}

// y[count×padded] = σ(X W + b).
void propagate(const FastLayer& layer, const Rows& x, Scratch& scratch, float* y) {
  if (layer.convolution) {
    convolve(layer, x, scratch, y);
  } else if (product_pays(layer, x)) {
    for (Index i = 0; i < x.count; ++i) std::copy(layer.bias.begin(), layer.bias.end(), y + i * layer.padded);
    multiply({false, false, x.count, layer.padded, layer.inputs, x.stride, layer.padded, layer.padded, true}, x.values,
             layer.weights.data(), y);
  } else {
    std::int32_t* places = Scratch::room(scratch.places, layer.inputs + kLanePadding);
    float* values = Scratch::room(scratch.values, layer.inputs + kLanePadding);
    for (Index i = 0; i < x.count; ++i) {
      const Index count = find_nonzeros(x.values + i * x.stride, layer.inputs, places, values);
      sum_rows(places, values, count, layer.weights.data(), layer.bias.data(), layer.padded, y + i * layer.padded);
    }
  }
  activate(layer.activation, y, x.count * layer.padded);
}

}  // namespace

class Predictor::Prepared {
 public:
  explicit Prepared(const Network& network) : head_(network.head) {
    const std::string fault = network_fault(network);
    if (!fault.empty()) throw Error(ErrorKind::kUsage, "the network cannot be used: " + fault);
    require_classifier(network);
    const Layer& first = network.layers.front();
    const Vector center = center_as_it_comes(network);
    if (!center.isZero(0)) center_.assign(center.begin(), center.end());
    // W (x − c) + b = W (x − c') + [b + W (c' − c)]
    layers_.emplace_back(first,
                         first.convolution ? first.bias : first.bias + first.weights * (center - network.center));
    for (std::size_t l = 1; l < network.layers.size(); ++l) {
      layers_.emplace_back(network.layers[l], network.layers[l].bias);
    }
  }

  Index feature_count() const { return layers_.front().inputs; }
  Index class_count() const { return layers_.back().outputs; }
  Index padded_classes() const { return layers_.back().padded; }
  Head head() const { return head_; }

  /// finish(first row, count, scores [count×padded]) for every block of rows. Bounds depend on n alone.
  template <typename Finish>
  void run(const float* rows, Index n, int threads, Finish finish) const {
    const auto block = [&](Index first, Index count) {
      finish(first, count, scores({rows + first * feature_count(), feature_count(), count}));
    };
    if (n < kFewRows) return block(0, n);  // without the cost of a parallel loop
    const Index blocks = (n + kBlockRows - 1) / kBlockRows;
    parallel_for(blocks, threads, [&](Index part) {
      const Index first = part_begin(n, blocks, part);
      block(first, part_begin(n, blocks, part + 1) - first);
    });
  }

 private:
  // c': float(center) for features that are centered as they come, 0 for those whose center is folded into the bias.
  // That of a convolution, around whose images are zeros, is float32 and stays.
  static Vector center_as_it_comes(const Network& network) {
    if (network.layers.front().convolution) return network.center;
    const Matrix& weights = network.layers.front().weights;
    Vector center = network.center.cast<float>().cast<double>();
    for (Index j = 0; j < center.size(); ++j) {
      if (weights.col(j).cwiseAbs().maxCoeff() * std::abs(network.center[j]) <= kHarmless) center[j] = 0;
    }
    return center;
  }

  // Valid until the thread's next call.
  float* scores(Rows x) const {
    Scratch& scratch = Scratch::of_this_thread();
    if (!center_.empty()) {
      float* centered = Scratch::room(scratch.centered, x.count * x.stride);
      for (Index i = 0; i < x.count; ++i) {
        subtract(x.values + i * x.stride, center_.data(), x.stride, centered + i * x.stride);
      }
      x.values = centered;
    }
    float* y = nullptr;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      y = Scratch::room(scratch.activations[l % 2], x.count * layers_[l].padded);
      propagate(layers_[l], x, scratch, y);
      x = {y, layers_[l].padded, x.count};
    }
    return y;
  }

  Head head_;
  std::vector<float> center_;  // c', empty if it is 0
  std::vector<FastLayer> layers_;
};

Predictor::Predictor(const Network& network) : prepared_(std::make_shared<const Prepared>(network)) {}

Index Predictor::feature_count() const { return prepared_->feature_count(); }
Index Predictor::class_count() const { return prepared_->class_count(); }

void Predictor::probabilities(const float* rows, Index n, float* out, int threads) const {
  const Index classes = class_count(), padded = prepared_->padded_classes();
  prepared_->run(rows, n, threads, [&](Index first, Index count, float* scores) {
    head_probabilities(prepared_->head(), scores, count, classes, padded, out + first * classes);
  });
}

void Predictor::labels(const float* rows, Index n, std::int32_t* out, int threads) const {
  const Index classes = class_count(), padded = prepared_->padded_classes();
  prepared_->run(rows, n, threads, [&](Index first, Index count, const float* scores) {
    for (Index i = 0; i < count; ++i) {
      const float* row = scores + i * padded;
      out[first + i] = static_cast<std::int32_t>(std::max_element(row, row + classes) - row);
    }
  });
}

}  // namespace poise
