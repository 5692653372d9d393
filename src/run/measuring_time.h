// How long what has been trained may be measured.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "poise/watcher.h"

namespace poise::inline run {

/// Measuring ends at the time limit of the whole run, and after an interrupt, but never sooner than a second after the
/// later of its own begin and the interrupt: most models are measured within that, and one that is not measured at all
/// would be of less use than a second.
class MeasuringTime : public Watcher {
 public:
  static constexpr double kGrace = 1;  ///< seconds

  using Clock = std::function<double()>;

  /// `limit`: seconds of `clock`, which runs since the run began; 0: none.
  MeasuringTime(double limit, Clock clock, Watcher& asked)
      : limit_(limit), clock_(std::move(clock)), asked_(asked), begun_(clock_()) {}
  MeasuringTime(const MeasuringTime&) = delete;
  MeasuringTime& operator=(const MeasuringTime&) = delete;

  /// Whether to end now; from then on always.
  bool is_over();
  /// Passes on how far it is.
  Answer on_event(const Event& event) override;
  /// "interrupted" or "time_limit", once it is over; null before.
  const char* why() const { return why_; }

 private:
  double limit_;
  Clock clock_;
  Watcher& asked_;
  double begun_;
  std::optional<double> interrupted_at_;
  const char* why_ = nullptr;
};

}  // namespace poise::inline run
