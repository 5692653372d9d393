// A training under way, as a page shows it: gathered from its events on its own thread, read on any other.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/stopwatch.h"
#include "poise/run_record.h"
#include "run/time_left.h"

namespace poise::report {

enum class Stage { kReading, kChoosing, kTraining, kMeasuring, kFailed };

/// Where a training stands.
struct LiveState {
  /// Of a path: a penalty and the last iteration of its solve.
  struct Solve {
    double l2 = 0;
    Progress last;
  };

  Stage stage = Stage::kReading;
  RunRecord run;             ///< what is known so far; `directory` from kMeasuring on
  double seconds = 0;        ///< since training began, by the clock; before that since reading began
  double seconds_left = -1;  ///< of training; negative: unknown
  double tolerance = 0;      ///< the gap wanted
  int epochs = 0;            ///< to be trained
  std::vector<Solve> solves;
  std::size_t penalties = 0;    ///< of the path asked for; 0: none was
  std::string warm_start;       ///< where a solve stands that is still on a part of the rows; empty: it is not
  bool has_earlier = false;     ///< the run was resumed, and its directory has what came before
  std::string earlier_in = {};  ///< which directory that is
  std::string failure;          ///< kFailed: the error
};

class LiveRun {
 public:
  /// `request` must outlive it.
  explicit LiveRun(const TrainingRequest& request);

  /// Takes microseconds. Of an iteration or an epoch it waits for nobody: where a reader, whose thread may be one that
  /// lets others go first, is copying the state, it is added with the next event.
  void on_event(const Event& event);
  /// The training has ended with an error.
  void fail(const std::string& why);

  LiveState state() const;

 private:
  using Change = std::function<void()>;
  Change change_by(const Event& event);  // of now_; null: none
  void begin(const TrainingResult& result);
  void add(const Progress& progress, const std::optional<double>& l2, double time_limit);
  void add(const Epoch& epoch, int epochs, double seconds_left);

  const TrainingRequest& request_;
  std::vector<Change> waiting_;  // of the training's thread
  TimeLeft time_left_;
  mutable std::mutex mutex_;
  LiveState now_;
  Stopwatch since_begin_, since_told_;
};

}  // namespace poise::report
