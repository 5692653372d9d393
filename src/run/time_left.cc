#include "run/time_left.h"

#include <algorithm>
#include <cmath>

namespace poise::inline run {

double TimeLeft::after(const Progress& progress, double time_limit) {
  if (progress.iteration == 1) first_gap_ = 0;
  if (progress.gap && first_gap_ == 0) {
    first_gap_ = *progress.gap;
    first_gap_time_ = progress.seconds;
  }
  double left = -1;
  const bool falls = progress.gap && *progress.gap < first_gap_;
  if (falls && *progress.gap > tolerance_) {
    const double rate = std::log(first_gap_ / *progress.gap) / std::max(1e-9, progress.seconds - first_gap_time_);
    left = std::log(*progress.gap / tolerance_) / rate;
  }
  if (time_limit > 0) left = left < 0 ? time_limit - progress.seconds : std::min(left, time_limit - progress.seconds);
  return left;
}

double TimeLeft::after_epoch(const Event& event) {
  const Epoch& epoch = *event.epoch;
  const double all = epoch.seconds / epoch.number * event.epochs;
  return (event.time_limit > 0 ? std::min(all, event.time_limit) : all) - epoch.seconds;
}

double RowRate::after(const Progress& progress) {
  if (progress.iteration <= 1 || progress.passes < first_passes_)
    first_passes_ = progress.passes, first_seconds_ = progress.seconds;
  const double seconds = progress.seconds - first_seconds_;
  return seconds > 0 ? rows_ * (progress.passes - first_passes_) / seconds : 0;
}

double RowRate::after(const Epoch& epoch) const { return epoch.seconds > 0 ? rows_ * epoch.number / epoch.seconds : 0; }

}  // namespace poise::inline run
