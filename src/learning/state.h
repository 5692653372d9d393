// A training of a network between two epochs, as a plain value: whoever goes on from it reaches the same bits as a
// training that was never stopped.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "base/keeping.h"
#include "learning/parameters.h"

namespace poise::learning {

/// Of a step rule (step.h).
struct StepState {
  std::int64_t steps = 0;  ///< since it last was at rest
  Floats first, second;    ///< u, and Im μ or Adam's squares
};

/// Of the learning rate (pace.h).
struct PaceState {
  double curvature = 0, caution = 1;
  double found = 0;  ///< by the last power iteration
  Index next_measurement = 0;
  Floats direction;  ///< of power iteration
};

/// Of what tells that a step went too far (guard.h).
struct GuardState {
  double limit = 0, loss = 0;
  Index rows = 0;
  std::vector<double> latest;  ///< of the latest batches: rows, weight, loss and worst loss, one after the other
};

/// After `epoch` epochs. The order of rows and all random numbers follow from the seed and the number of the epoch or
/// batch. Weights lie as ParameterLayout says.
struct TrainingState {
  static constexpr double kNone =
      -std::numeric_limits<double>::infinity();  ///< the share of variance explained may be < 0

  int epoch = 0;
  Floats parameters;
  Floats best;                              ///< of the epoch kept; empty without validation rows
  Floats good, candidate;                   ///< weights whose loss has been seen to be good; those that are to be seen
  Index candidate_rows = -1;                ///< that went through the candidate; −1: there is none
  int good_epoch = 0, candidate_epoch = 0;  ///< after which they were the weights
  StepState step;
  PaceState pace;
  GuardState guard;
  std::vector<double> rule;               ///< LearningRule::state
  std::vector<double> smoothed_accuracy;  ///< of the validation rows; empty before the first epoch
  double best_accuracy = kNone, gained_accuracy = kNone;
  int gained_epoch = 0, best_epoch = 0;
  double seconds = 0, train_seconds = 0;
  std::vector<Epoch> history;
};

/// As the public one, from and with states that are kept at ends of epochs. Throws Error(kUsage) for a state of another
/// network.
NetworkFit train_network(const Dataset& train, const NetworkOptions& options, const Dataset* validation,
                         Watcher* watcher, const Keeping<TrainingState>& keeping);

}  // namespace poise::learning
