// The training loop: epochs over shuffled mini-batches, watched, measured and stopped.
#pragma once

#include <chrono>
#include <limits>
#include <optional>

#include "base/watcher_link.h"
#include "learning/guard.h"
#include "learning/pace.h"
#include "learning/state.h"

namespace poise::learning {

/// One training run. `options` are resolved; data and options must outlive it.
class Trainer {
 public:
  Trainer(const Dataset& train, const Dataset* validation, const NetworkOptions& options, Watcher* watcher,
          const Keeping<TrainingState>& keeping);

  NetworkFit run();

  /// See InputScaling; Target::kFeatures alone.
  Vector target_units() const { return scaling_.target_units(); }
  Vector input_units() const { return scaling_.input_units(); }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr double kNone = TrainingState::kNone;
  struct Piece {  // a batch of an epoch: rows [begin, begin + count) of order_, of which `weighted` count for something
    Index number, begin, count, weighted;
  };

  Index steps_an_epoch() const;
  double own_seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }
  double seconds() const { return earlier_ + own_seconds(); }
  std::span<const Index> rows_of(Index begin, Index count) const;
  void deal_epoch(int epoch);
  void cut_batches();

  void train_epoch(int number);
  void look_before_the_first_step(BatchSums& sums);
  bool take_batch(const Piece& piece, Index step, BatchSums& batch);
  bool may_go_on();
  void watch(const BatchSums& batch, const Piece& piece, Index step);
  void back_up(Index step);
  void restart_if_worse();

  // state.cc
  /// Whether nothing in the epochs so far was cut short by a wish to stop or the time limit.
  bool is_as_undisturbed();
  TrainingState state() const;
  void restore(const TrainingState& state);

  // solve_head.cc
  void solve_head();
  double head_objective();

  // results.cc
  Epoch measure_epoch(int number);
  BatchSums measure_validation();
  BatchSums measure_training(std::span<const Index> rows);
  Validated smoothed(const Measured& measured);
  void keep_best(const Epoch& epoch);
  void show(const Epoch& epoch);
  std::optional<TrainingStatus> reason_to_stop() const;
  double imbalance_at_rest() const;
  bool is_at_rest() const;
  std::string explain(TrainingStatus status) const;
  Network to_network(const Floats& parameters) const;
  bool last_step_was_good();
  NetworkFit finish(TrainingStatus status);

  const Dataset& data_;
  const NetworkOptions& options_;
  WatcherLink watcher_;
  const Keeping<TrainingState>& keeping_;
  Problem problem_;
  InputScaling scaling_;
  ParameterLayout layout_;
  Team team_;
  Floats parameters_;
  Floats good_, candidate_;  // weights whose loss has been seen to be good; those of an epoch's start, not seen yet
  Floats best_;
  Workspace batch_;
  StepRule step_;
  Pace pace_;
  std::optional<Guard> guard_;  // from the first batch on

  std::optional<Problem> held_out_;
  std::optional<Workspace> held_out_batch_;

  Clock::time_point started_;
  std::vector<Index> order_, held_out_rows_;
  std::vector<Piece> pieces_;
  Index weighted_rows_ = 0;                   // rows of weight above 0
  Index candidate_rows_ = -1;                 // that went through candidate_; −1: there is none
  int good_epoch_ = 0, candidate_epoch_ = 0;  // after which they were the weights
  BatchSums sums_;
  double first_rate_ = 0, train_seconds_ = 0;
  double earlier_ = 0;                       // seconds before the state that it has gone on from
  std::optional<double> smoothed_accuracy_;  // of the validation data; empty before the first epoch
  double best_accuracy_ = kNone, gained_accuracy_ = kNone;
  int gained_epoch_ = 0;
  bool head_cut_short_ = false;
  bool stopping_ = false, went_back_ = false, regroup_ = false;
  std::size_t taken_ = 0;  // batches of the epoch
  std::optional<TrainingStatus> interrupted_;
  TrainingReport report_;
};

/// Weighted means of the sums; NaN of no rows.
Measured means_of(const BatchSums& sums);

/// The convex problem of the last layer on the activations below it (docs/theory/network.md#the-golden-step-in-poise):
/// on return `parameters` hold its solution, warm-started from what they held, with penalty `l2` (at least 1e-6) on the
/// weights. It ends early, with what it has, after `time_limit` seconds (0: none) or when `watcher` (may be null)
/// wants to stop;
/// whether it did not.
bool solve_last_layer(const Dataset& data, const NetworkOptions& options, const ParameterLayout& layout, Team& team,
                      Workspace& batch, Floats& parameters, double time_limit = 0, Watcher* watcher = nullptr);

}  // namespace poise::learning
