// How long a training will still take, and how fast it is, from what it tells.
#pragma once

#include "poise/run.h"

namespace poise::inline run {

/// The gap of a solve falls about geometrically: the time left follows from the decades made since its first gap.
/// Epochs take about the same time each. Of both a time limit is the most.
class TimeLeft {
 public:
  /// `tolerance` as in SolveOptions.
  explicit TimeLeft(double tolerance) : tolerance_(tolerance) {}

  /// Seconds after this iteration, of all of which this has to be told; negative: unknown.
  double after(const Progress& progress, double time_limit);
  /// Seconds after kEpoch.
  static double after_epoch(const Event& event);

 private:
  double tolerance_;
  double first_gap_ = 0, first_gap_time_ = 0;  // of this solve
};

/// Rows a second that pass through a solve or a network, each pass over the data counted.
class RowRate {
 public:
  /// kBegin: of so many rows.
  void begin(Index rows) { rows_ = static_cast<double>(rows); }
  /// Since the first iteration of this solve that was told; 0: unknown.
  double after(const Progress& progress);
  /// Of all epochs so far, their validation included; 0: unknown.
  double after(const Epoch& epoch) const;

 private:
  double rows_ = 0;
  double first_passes_ = 0, first_seconds_ = 0;  // of this solve
};

}  // namespace poise::inline run
