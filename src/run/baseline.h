// Whether a network's hidden layers were worth it.
#pragma once

#include <optional>

#include "poise/network.h"
#include "poise/softmax_regression.h"

namespace poise::inline run {

/// Network and softmax layer alone on the same held-out rows.
struct Baseline {
  double network_loss = 0, softmax_loss = 0;  ///< cross-entropy, nats
  double network_accuracy = 0, softmax_accuracy = 0;
  double error = 0;  ///< standard error of network_loss − softmax_loss, of paired rows

  /// One is better than the other by more than two standard errors.
  bool network_is_better() const { return softmax_loss - network_loss > 2 * error; }
  bool softmax_is_better() const { return network_loss - softmax_loss > 2 * error; }
};

/// Trains a softmax layer on `train`. Empty if that ends before it is within a thousandth of a nat of the optimum, as
/// by the time limit in `solve`.
std::optional<Baseline> compare_with_softmax_layer(const Network& network, const Dataset& train,
                                                   const Dataset& held_out, const ObjectiveOptions& objective,
                                                   SolveOptions solve, Watcher* watcher = nullptr);

}  // namespace poise::inline run
