#include "learning/parameters.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/decompositions.h"
#include "base/parallel.h"
#include "base/random.h"

namespace poise::learning {
namespace {

using FloatRows = Eigen::Map<MatrixF>;
using ConstFloatRows = Eigen::Map<const MatrixF>;

constexpr Index kAlignment = 16;                   // numbers: a cache line
constexpr Index kLeastPart = 64, kMostPart = 256;  // units: fewer waste a product's time, more are few for many threads

/// The weights of a part, N_{l−1} × columns; of a convolution, kernel_size × kernels.
template <typename Map, typename Vector>
Map weights_of(Vector& parameters, const ParameterLayout& layout, Index l, const Part& part) {
  return Map(parameters.data() + part.weights, layout.weight_rows(l), part.columns);
}

Matrix normal_matrix(Index rows, Index cols, std::uint64_t seed) {
  Matrix result(rows, cols);
  for (Index k = 0; k < result.size(); ++k) result.data()[k] = random_normal(seed, static_cast<std::uint64_t>(k));
  return result;
}

/// Rows or columns orthonormal, whichever are fewer (Saxe et al. 2013): Q of a random normal matrix.
Matrix orthonormal_matrix(Index rows, Index cols, std::uint64_t seed) {
  const bool tall = rows >= cols;
  const Matrix random = normal_matrix(std::max(rows, cols), std::min(rows, cols), seed);
  auto [q, r] = thin_qr(random);
  for (Index j = 0; j < q.cols(); ++j) {  // the sign that makes Q uniform among orthonormal matrices
    if (r(j, j) < 0) q.col(j) *= -1;
  }
  return tall ? Matrix(q) : Matrix(q.transpose());
}

/// Standard deviation of the entries of W_l, of which a unit sums over `inputs`, and `outputs` meet an input.
double deviation(Initialization how, bool relu, bool last, double inputs, double outputs) {
  if (how == Initialization::kXavier) return std::sqrt(2 / (inputs + outputs));
  return std::sqrt((relu && !last ? 2 : 1) / inputs);
}

}  // namespace

ParameterLayout::ParameterLayout(std::vector<Index> widths, std::vector<std::optional<Convolution>> convolutions)
    : widths_(std::move(widths)), convolutions_(std::move(convolutions)) {
  for (Index l = 1; l <= layers(); ++l) {
    begin_.push_back(size_);
    size_ += (weight_rows(l) + 1) * weight_columns(l);
    size_ = (size_ + kAlignment - 1) / kAlignment * kAlignment;
  }
}

const Convolution* ParameterLayout::convolution(Index l) const {
  if (convolutions_.empty()) return nullptr;
  const std::optional<Convolution>& found = convolutions_[l - 1];
  return found ? &*found : nullptr;
}

Index ParameterLayout::weight_rows(Index l) const {
  const Convolution* const c = convolution(l);
  return c ? c->kernel_size() : inputs(l);
}

Index ParameterLayout::weight_columns(Index l) const {
  const Convolution* const c = convolution(l);
  return c ? c->kernels : outputs(l);
}

Index ParameterLayout::parts(Index l) const {
  if (width(l) < 2 * kLeastPart) return 1;
  if (width(l) < 4 * kLeastPart) return 2;
  return std::max<Index>(1, width(l) / (4 * kMostPart)) * 4;  // four threads share a multiple of four evenly
}

Part ParameterLayout::part(Index l, Index number) const {
  auto begin = [&](Index k) {
    return k == parts(l) ? width(l) : part_begin(width(l), parts(l), k) / kAlignment * kAlignment;
  };
  return {begin(number), begin(number + 1) - begin(number), weights(l) + inputs(l) * begin(number)};
}

Part ParameterLayout::weight_part(Index l, Index number) const {
  return convolution(l) ? Part{0, weight_columns(l), weights(l)} : part(l, number);
}

std::vector<Layer> to_layers(const ParameterLayout& layout, const Floats& parameters, Activation hidden) {
  std::vector<Layer> layers;
  for (Index l = 1; l <= layout.layers(); ++l) {
    Layer layer;
    if (const Convolution* const convolution = layout.convolution(l)) layer.convolution = *convolution;
    layer.weights.resize(layout.weight_columns(l), layout.weight_rows(l));
    for (Index k = 0; k < layout.weight_parts(l); ++k) {
      const Part part = layout.weight_part(l, k);
      layer.weights.middleRows(part.column, part.columns) =
          weights_of<ConstFloatRows>(parameters, layout, l, part).transpose().cast<double>();
    }
    layer.bias =
        Eigen::Map<const Eigen::VectorXf>(parameters.data() + layout.bias(l), layout.weight_columns(l)).cast<double>();
    layer.activation = l == layout.layers() ? Activation::kIdentity : hidden;
    layers.push_back(std::move(layer));
  }
  return layers;
}

/// W_lᵀ into its parts.
static void set_weights(const ParameterLayout& layout, Index l, const Matrix& transposed, Floats& parameters) {
  for (Index k = 0; k < layout.weight_parts(l); ++k) {
    const Part part = layout.weight_part(l, k);
    weights_of<FloatRows>(parameters, layout, l, part) = transposed.middleCols(part.column, part.columns).cast<float>();
  }
}

void from_layers(const ParameterLayout& layout, const std::vector<Layer>& layers, Floats& parameters) {
  for (Index l = 1; l <= layout.layers(); ++l) {
    const Layer& layer = layers[l - 1];
    set_weights(layout, l, layer.weights.transpose(), parameters);
    Eigen::Map<Eigen::VectorXf>(parameters.data() + layout.bias(l), layout.weight_columns(l)) =
        layer.bias.cast<float>();
  }
}

void initialize(const ParameterLayout& layout, Initialization how, Activation hidden, std::uint64_t seed,
                Floats& parameters) {
  const bool relu = hidden == Activation::kRelu;
  if (how == Initialization::kAuto) how = relu ? Initialization::kKaiming : Initialization::kXavier;
  std::fill(parameters.begin(), parameters.end(), 0.0f);
  for (Index l = 1; l <= layout.layers(); ++l) {
    const Index inputs = layout.weight_rows(l), outputs = layout.weight_columns(l);
    const Index seen_by = layout.convolution(l) ? inputs / layout.convolution(l)->input.channels * outputs : outputs;
    const std::uint64_t stream = random_bits(seed, 0x1a7e5u + static_cast<std::uint64_t>(l));
    const bool last = l == layout.layers();
    if (how == Initialization::kOrthogonal) {
      const double gain = relu && !last ? std::numbers::sqrt2 : 1;
      set_weights(layout, l, orthonormal_matrix(inputs, outputs, stream) * gain, parameters);
    } else {
      const double sd = deviation(how, relu, last, static_cast<double>(inputs), static_cast<double>(seen_by));
      set_weights(layout, l, normal_matrix(inputs, outputs, stream) * sd, parameters);
    }
  }
}

void scale_weights(const ParameterLayout& layout, Index l, double factor, Floats& parameters) {
  for (Index k = 0; k < layout.weight_parts(l); ++k)
    weights_of<FloatRows>(parameters, layout, l, layout.weight_part(l, k)) *= static_cast<float>(factor);
}

}  // namespace poise::learning
