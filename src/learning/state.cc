#include "learning/state.h"

#include "base/require.h"
#include "learning/trainer.h"

namespace poise::learning {

bool Trainer::is_as_undisturbed() {
  const bool out_of_time = options_.time_limit > 0 && own_seconds() > options_.time_limit;
  return !head_cut_short_ && !out_of_time && !watcher_.stop_requested();
}

TrainingState Trainer::state() const {
  TrainingState state;
  state.epoch = report_.history.back().number;
  state.parameters = parameters_, state.best = best_;
  state.good = good_, state.candidate = candidate_;
  state.candidate_rows = candidate_rows_, state.good_epoch = good_epoch_, state.candidate_epoch = candidate_epoch_;
  state.step = step_.state(), state.pace = pace_.state(), state.guard = guard_->state();
  state.rule = batch_.rule_state();
  if (smoothed_accuracy_) state.smoothed_accuracy = {*smoothed_accuracy_};
  state.best_accuracy = best_accuracy_, state.gained_accuracy = gained_accuracy_;
  state.gained_epoch = gained_epoch_, state.best_epoch = report_.best_epoch;
  state.seconds = seconds(), state.train_seconds = train_seconds_;
  state.history = report_.history;
  return state;
}

void Trainer::restore(const TrainingState& state) {
  const std::size_t size = parameters_.size();
  const bool fits = state.parameters.size() == size && state.good.size() == size && state.step.first.size() == size &&
                    state.step.second.size() == step_.state().second.size() &&
                    state.pace.direction.size() == pace_.state().direction.size() &&
                    (state.best.empty() || state.best.size() == size) && state.candidate.size() == size &&
                    std::ssize(state.history) == state.epoch && state.epoch > 0;
  require(fits, "the state of another training", "one of the same network and step");
  parameters_ = state.parameters, best_ = state.best;
  good_ = state.good, candidate_ = state.candidate;
  candidate_rows_ = state.candidate_rows, good_epoch_ = state.good_epoch, candidate_epoch_ = state.candidate_epoch;
  step_.restore(state.step);
  pace_.restore(state.pace);
  guard_.emplace(0, 0, weighted_rows_);
  guard_->restore(state.guard);
  batch_.restore_rule(state.rule);
  batch_.parameters_changed();
  if (!state.smoothed_accuracy.empty()) smoothed_accuracy_ = state.smoothed_accuracy.front();
  best_accuracy_ = state.best_accuracy, gained_accuracy_ = state.gained_accuracy;
  gained_epoch_ = state.gained_epoch, report_.best_epoch = state.best_epoch;
  earlier_ = state.seconds, train_seconds_ = state.train_seconds;
  report_.history = state.history;
  deal_epoch(state.epoch);
}

}  // namespace poise::learning
