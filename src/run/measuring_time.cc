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

}  // namespace poise::inline run
