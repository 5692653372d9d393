// What every training has in common, of the softmax layer or of a network: its data, whom it tells, where it writes,
// how much time is left, and its end: model, run.json, measurements, last event.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/stopwatch.h"
#include "base/watcher_link.h"
#include "poise/run.h"
#include "run/checkpoint/checkpoints.h"
#include "run/checkpoint/resume.h"
#include "run/events/tensorboard.h"
#include "run/measuring_time.h"
#include "run/parts.h"
#include "run/run_directory.h"
#include "run/training/trained_rows.h"

namespace poise::inline run {

/// The steps in the order in which they are called: constructor, note, begin, save (more than once on a path),
/// write_first, measure, finish. Between them `result` is filled. As a watcher of solvers and trainers it writes what
/// they tell to metrics.jsonl and passes it on.
class TrainingRun : public Watcher {
 public:
  /// Reads the data; a share of them is held out as the request says, or `held_out`. Both must outlive it.
  TrainingRun(const TrainingRequest& request, Watcher& watcher, double held_out);

  const TrainingRequest& request() const { return request_; }
  const Dataset& train() const { return parts_.train; }
  const Parts& parts() const { return parts_; }
  TrainingResult& result() { return result_; }

  /// Among the notices of the result; told, but not before the begin: an error may come first.
  void note(std::string text);
  Answer on_event(const Event& event) override;

  /// Seconds of the time limit that training may take, so that measuring a network of such layers has its time, too;
  /// at least three quarters. 0: no limit.
  double time_to_train(const std::vector<Layer>& layers) const;
  /// How long measuring may go on, beginning now.
  MeasuringTime measuring_time();
  /// The options of a solve that comes after training; empty if no time is left for one, or after an interrupt.
  std::optional<SolveOptions> solve_in_time_left();
  /// "interrupted" or "time_limit", if the run is to end; empty if not.
  std::string reason_to_end();

  /// Where a run in the directory has ended that this one is to go on from: there is nothing to do.
  std::optional<TrainingResult> ended_before();
  /// Options and data are good: makes the directory, if one is wanted. Where a run there was stopped that this one is
  /// to go on from, that is its beginning.
  void begin();
  /// Where that was; null: this run begins.
  const Checkpoint* resumed() const { return before_.stopped ? &*before_.stopped : nullptr; }
  bool keeps_checkpoints() const { return checkpoints_ && request_.checkpoint_every > 0; }
  /// Whether it is time to keep where training stands.
  bool checkpoint_is_due() { return checkpoints_ && checkpoints_->is_due(); }
  /// Keeps it, with all that belongs to it but its identity and events. A disk that does not take it ends no training.
  void keep(Checkpoint checkpoint);
  /// Writes the model, with how its data were read and which they are, whole or not at all. Whatever happens later, it
  /// stays, until a better one takes its place.
  void save(Network model);
  /// Writes run.json with the result so far, in which nothing is measured yet.
  void write_first();
  /// Measures, and calibrates if that is asked for. What an interrupt or the time limit leaves unmeasured is empty.
  void measure();
  /// Writes run.json with the notes, `hint` at the end of that about probabilities, and tells the end.
  TrainingResult finish(const std::string& hint);

 private:
  void write_summary(bool has_ended);
  RunIdentity identity() const;
  void write_checkpoint(const std::function<void()>& write);
  /// So that whatever ends this run now, it can go on where training ended.
  void keep_the_end();
  bool was_stopped() const;

  const TrainingRequest& request_;
  WatcherLink link_;
  Parts parts_;
  RowProvenance rows_;
  std::optional<RunDirectory> directory_;
  std::optional<Tensorboard> tensorboard_;
  RunBefore before_;
  RunIdentity identity_;  // where there are checkpoints
  std::optional<Checkpoints> checkpoints_;
  bool told_of_no_checkpoint_ = false;
  bool has_begun_ = false;
  TrainingResult result_;
  Stopwatch since_read_, writing_;  // the time limit counts from the former's begin
};

// The two kinds of training, each from reading to the result.
TrainingResult train_softmax_layer(const TrainingRequest& request, Watcher& watcher);
TrainingResult train_hidden_layers(const TrainingRequest& request, Watcher& watcher);

}  // namespace poise::inline run
