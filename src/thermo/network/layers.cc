#include "thermo/network/layers.h"

#include <fmt/core.h>

#include "network/model_check.h"
#include "poise/error.h"

namespace poise::thermo {

void check_layers(const std::vector<Layer>& layers, Index inputs) {
  if (layers.empty()) throw Error(ErrorKind::kUsage, "no layers", "at least one");
  require_dense(layers, "thermodynamics");
  Index below = inputs;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Matrix& weights = layers[l].weights;
    const Index biases = layers[l].bias.size();
    if (weights.cols() != below || weights.rows() != biases || biases == 0) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("layer {} has {}×{} weights and {} biases, for {} inputs", l + 1, weights.rows(),
                              weights.cols(), biases, below),
                  "layers that fit each other: N_l×N_{l−1} weights and N_l biases");
    }
    below = biases;
  }
}

}  // namespace poise::thermo
