// Fast inference: a network prepared for prediction in float32.
#pragma once

#include <cstdint>
#include <memory>

#include "poise/network.h"

namespace poise {

/// Computes probabilities of rows that are already features: numbers in the units of the data file (pixels 0 … 255),
/// and categories one-hot as the schema says. Copies share the prepared weights. All functions may be called from
/// several threads.
///
/// A layer either works row by row and adds up the weights of the nonzero inputs (in a drawing most pixels are 0, and
/// so are half of the outputs of a ReLU), or multiplies a block of rows as matrices, whichever is faster for the given
/// rows. Probabilities agree with predict_probabilities (poise/network.h) to about 1e-5. A NaN among the features makes
/// them NaN. They depend on how rows are grouped into batches only by float32 rounding, and not at all on the threads.
///
/// Centering: where W_1 · center is so small that float32 has digits to spare, it is folded into the bias, so that
/// inputs of 0 remain 0. Other features are centered as they arrive.
class Predictor {
 public:
  /// Throws Error(kUsage) if the network contradicts itself, Error(kData) if it gives features and not classes.
  explicit Predictor(const Network& network);

  Index feature_count() const;
  Index class_count() const;

  /// out[n×K] = the head's probabilities of `rows`, n×d, both row-major. Several threads pay off from a few hundred
  /// rows on; threads = 0: as many as the machine has.
  void probabilities(const float* rows, Index n, float* out, int threads = 1) const;

  /// out[n] = the most probable class of each row.
  void labels(const float* rows, Index n, std::int32_t* out, int threads = 1) const;

 private:
  class Prepared;
  std::shared_ptr<const Prepared> prepared_;
};

}  // namespace poise
