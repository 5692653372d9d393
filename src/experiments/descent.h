// Gradient descent on softmax regression without a penalty, held against its theorem: with the step 1/ℓ f never rises,
// and f_k − f* ≤ ℓ‖W_0 − W*‖²/(2k) for every k, if a minimizer W* exists (docs/theory/softmax.md#solvers).
#pragma once

#include "experiments/experiment.h"
#include "poise/softmax_regression.h"

namespace poise::experiments {

inline constexpr int kDescentSteps = 20000;

struct DescentTrace {
  int steps = 0;           ///< taken, kDescentSteps if not stopped or at rest to the last bit of float64
  bool at_rest = false;    ///< a step lowered f by no more than rounding
  bool stopped = false;    ///< by time or interrupt
  int rises = 0;           ///< steps after which f was higher, beyond rounding
  double lipschitz = 0;    ///< ℓ
  double distance = 0;     ///< ‖W_0 − W*‖, in the units of the solver
  double worst_share = 0;  ///< largest (f_k − f*)/(ℓ‖W_0 − W*‖²/(2k))
  int worst_step = 0;      ///< where
  double left = 0;         ///< f − f* after the last step, nats
};

/// From W_0 = 0; W* are the weights of `optimum`, which was trained on `data` with `options`.
DescentTrace descend_without_penalty(const Dataset& data, const ObjectiveOptions& options, const Network& optimum,
                                     int threads, double time_limit, Events& events);

nlohmann::json to_json(const DescentTrace& trace);
Finding finding_on(const DescentTrace& trace, const std::string& data, double smoothing);
/// Where no minimizer is known.
Finding no_descent(const std::string& data);

}  // namespace poise::experiments
