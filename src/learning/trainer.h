// The training loop: epochs over shuffled mini-batches, watched, measured and stopped.
#pragma once

#include <chrono>
#include <optional>

#include "learning/pace.h"

namespace poise::learning {

/// One training run. `options` are resolved; data and options must outlive it.
class Trainer {
 public:
  Trainer(const Dataset& train, const Dataset* validation, const NetworkOptions& options, TrainingObserver* observer);

  NetworkFit run();

 private:
  using Clock = std::chrono::steady_clock;

  Index steps_an_epoch() const;
  double seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }
  std::span<const Index> rows_of(Index step) const;

  void train_epoch(int number);
  bool may_go_on();
  void watch(const BatchSums& before, Index step);
  void back_up(double loss, Index step);
  void solve_head();
  void restart_if_worse();
  Epoch measure_epoch(int number);
  BatchSums measure_validation();
  void keep_best(const Epoch& epoch);
  void show(const Epoch& epoch) const;
  std::optional<TrainingStatus> reason_to_stop() const;
  bool is_at_rest() const;
  std::string explain(TrainingStatus status) const;
  Network to_network(const Floats& parameters) const;
  NetworkFit finish(TrainingStatus status);

  const Dataset& data_;
  const NetworkOptions& options_;
  TrainingObserver* observer_;
  Problem problem_;
  InputScaling scaling_;
  ParameterLayout layout_;
  Team team_;
  Floats parameters_, epoch_start_, best_;
  Batch batch_;
  StepRule step_;
  Pace pace_;

  std::optional<Problem> held_out_;
  std::optional<InputScaling> held_out_scaling_;
  std::optional<Batch> held_out_batch_;

  Clock::time_point started_;
  std::vector<Index> order_, held_out_rows_;
  BatchSums sums_;
  double first_loss_ = 0, first_rate_ = 0, train_seconds_ = 0;
  double smoothed_accuracy_ = 0, best_accuracy_ = 0, gained_accuracy_ = 0;
  int gained_epoch_ = 0;
  bool stopping_ = false;
  std::optional<TrainingStatus> interrupted_;
  TrainingReport report_;
};

/// The convex problem of the last layer on the activations below it (THEORY 5.3): on return `parameters` hold its
/// solution, warm-started from what they held, with penalty `l2` (at least 1e-6) on the weights.
void solve_last_layer(const Dataset& data, const NetworkOptions& options, const ParameterLayout& layout, Team& team,
                      Batch& batch, Floats& parameters);

}  // namespace poise::learning
