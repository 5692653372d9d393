// Fast inference: a network prepared for answering, in float32.
#pragma once

#include <cstdint>
#include <memory>

#include "poise/network.h"

namespace poise {

/// Probabilities of rows that are already features: numbers in the units of the data file (pixels 0 … 255), categories
/// one-hot as the schema says. Copies share the prepared weights; all functions may be called from several threads.
///
/// A layer works row by row, adding up the weights of those inputs that are not 0 (most pixels of a drawing are, and
/// half of the outputs of a ReLU), or multiplies a block of rows as matrices, whichever is faster for the rows at hand.
/// Probabilities agree with predict_probabilities (poise/network.h) to about 1e-5; a NaN among the features makes them
/// NaN. Up to float32 rounding they do not depend on how rows are put into batches, and not at all on the threads.
///
/// Centering: where W_1 · center is so small that float32 has digits to spare, it is folded into the bias, so that
/// inputs of 0 remain 0; other features are centered as they come.
class Predictor {
 public:
  /// Throws Error(kUsage) if the network contradicts itself.
  explicit Predictor(const Network& network);

  Index feature_count() const;
  Index class_count() const;

  /// out[n×K] = the head's probabilities of `rows`, n×d, both row-major. Several threads pay from a few hundred rows
  /// on; threads = 0: as many as the machine has.
  void probabilities(const float* rows, Index n, float* out, int threads = 1) const;

  /// out[n] = the most probable class of each row.
  void labels(const float* rows, Index n, std::int32_t* out, int threads = 1) const;

 private:
  class Prepared;
  std::shared_ptr<const Prepared> prepared_;
};

}  // namespace poise
