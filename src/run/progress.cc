#include "run/progress.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "run/short_number.h"

namespace poise {

ProgressReporter::ProgressReporter(RunDirectory* run, std::FILE* stream, const std::atomic<bool>* stop,
                                   const SolveOptions& options)
    : run_(run), shown_(stream), stop_(stop), tolerance_(options.tolerance), time_limit_(options.time_limit) {}

void ProgressReporter::on_iteration(const Progress& progress) {
  if (run_) {
    nlohmann::json event = {{"event", progress.on_part_of_rows ? "warm_start" : "iteration"},
                            {"iteration", progress.iteration},
                            {"seconds", progress.seconds},
                            {"objective", progress.objective},
                            {"gradient_norm", progress.gradient_norm},
                            {"passes", progress.passes},
                            {"phase", progress.phase}};
    event["gap"] = progress.gap ? nlohmann::json(*progress.gap) : nlohmann::json();
    if (l2_) event["l2"] = *l2_;
    run_->append_event(event);
  }
  if (progress.iteration == 1) first_gap_ = 0;
  if (progress.gap && first_gap_ == 0) {
    first_gap_ = *progress.gap;
    first_gap_time_ = progress.seconds;
  }
  if (shown_.is_due(progress.seconds)) shown_.show(progress.seconds, line(progress));
}

/// The gap falls about geometrically: the time left follows from the decades made since the first gap.
double ProgressReporter::seconds_left(const Progress& progress) const {
  double left = -1;
  const bool falls = progress.gap && *progress.gap < first_gap_;
  if (falls && *progress.gap > tolerance_) {
    const double rate = std::log(first_gap_ / *progress.gap) / std::max(1e-9, progress.seconds - first_gap_time_);
    left = std::log(*progress.gap / tolerance_) / rate;
  }
  if (time_limit_ > 0)
    left = left < 0 ? time_limit_ - progress.seconds : std::min(left, time_limit_ - progress.seconds);
  return left;
}

std::string ProgressReporter::line(const Progress& progress) const {
  std::string text = fmt::format("{:6.1f} s  iteration {}  objective {:.7g}", progress.seconds, progress.iteration,
                                 progress.objective);
  if (progress.gap) text += fmt::format("  gap ≤ {:.1e}", *progress.gap);
  const double left = seconds_left(progress);
  if (left >= 0) text += fmt::format("  about {} left", duration(left));
  return progress.on_part_of_rows ? text + "  (" + progress.phase + ")" : text;
}

}  // namespace poise
