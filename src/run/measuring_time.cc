#include "run/measuring_time.h"

#include <algorithm>

namespace poise::inline run {

bool MeasuringTime::is_over() {
  if (why_ != nullptr) return true;
  const double now = clock_();
  if (!interrupted_at_ && asked_.on_event({}) == Answer::kStop) interrupted_at_ = now;
  if (interrupted_at_ && now > std::max(begun_, *interrupted_at_) + kGrace) why_ = "interrupted";
  if (limit_ > 0 && now > std::max(limit_, begun_ + kGrace)) why_ = "time_limit";
  return why_ != nullptr;
}

Answer MeasuringTime::on_event(const Event& event) {
  if (event.kind == Event::Kind::kWork && why_ == nullptr) asked_.on_event(event);
  return is_over() ? Answer::kStop : Answer::kGoOn;
}

}  // namespace poise::inline run
