// All weights and biases of a network as one flat vector of float32, so that a step is one loop and a copy one call.
#pragma once

#include <optional>
#include <vector>

#include "base/aligned.h"
#include "poise/training.h"

namespace poise::learning {

using Floats = AlignedFloats;

/// Units [column, column + columns) of a layer, whose weights lie together: N_{l−1} rows of `columns` numbers, row k
/// those that input k goes through, from number `weights` of the vector on.
struct Part {
  Index column, columns, weights;
};

/// Where layer l = 1 … L lies in the flat vector: W_lᵀ in parts of the units, then b_l. A member of a team works on the
/// same parts in every batch and phase (forward, adjoint, gradient, step), so that their weights stay in its cache;
/// the parts depend on the network alone, so that bits do not depend on the threads.
class ParameterLayout {
 public:
  /// {N_0, …, N_L}; of each layer what convolution it is, if any is.
  explicit ParameterLayout(std::vector<Index> widths, std::vector<std::optional<Convolution>> convolutions = {});

  Index layers() const { return static_cast<Index>(widths_.size()) - 1; }
  Index width(Index l) const { return widths_[l]; }
  Index inputs(Index l) const { return width(l - 1); }
  Index outputs(Index l) const { return width(l); }
  const std::vector<Index>& widths() const { return widths_; }

  /// Null for a dense layer.
  const Convolution* convolution(Index l) const;
  Index weight_rows(Index l) const;     ///< of W_lᵀ: N_{l−1}, or the size of a kernel
  Index weight_columns(Index l) const;  ///< N_l, or the number of kernels

  /// The states' parts. Those of a dense layer are those of its weights, too.
  Index parts(Index l) const;
  Part part(Index l, Index number) const;
  /// The weights' parts: one of a convolution, whose columns are its kernels.
  Index weight_parts(Index l) const { return convolution(l) ? 1 : parts(l); }
  Part weight_part(Index l, Index number) const;
  Index bias(Index l) const { return weights(l) + weight_rows(l) * weight_columns(l); }  ///< offset of b_l
  Index size() const { return size_; }  ///< of the vector, gaps for alignment included (they stay 0)

 private:
  Index weights(Index l) const { return begin_[l - 1]; }

  std::vector<Index> widths_, begin_;
  std::vector<std::optional<Convolution>> convolutions_;  // by layer, or empty
  Index size_ = 0;
};

/// W_l and b_l as they stand in a model (poise/network.h), and back.
std::vector<Layer> to_layers(const ParameterLayout& layout, const Floats& parameters, Activation hidden);
void from_layers(const ParameterLayout& layout, const std::vector<Layer>& layers, Floats& parameters);

/// Draws W_l as `how` says, from counter-based random numbers: the same for any number of threads. b_l = 0.
void initialize(const ParameterLayout& layout, Initialization how, Activation hidden, std::uint64_t seed,
                Floats& parameters);

/// W_l ← factor · W_l
void scale_weights(const ParameterLayout& layout, Index l, double factor, Floats& parameters);

}  // namespace poise::learning
