// A training under way, as a page shows it: gathered from its events on its own thread, read on any other.
#pragma once

#include <mutex>
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

  /// Takes microseconds: it waits for nobody but a reader who copies the state.
  void on_event(const Event& event);
  /// The training has ended with an error.
  void fail(const std::string& why);

  LiveState state() const;

 private:
  void begin(const TrainingResult& result);
  void add(const Progress& progress, const Event& event);
  void add(const Epoch& epoch, const Event& event);

  const TrainingRequest& request_;
  TimeLeft time_left_;
  mutable std::mutex mutex_;
  LiveState now_;
  Stopwatch since_begin_, since_told_;
};

}  // namespace poise::report
