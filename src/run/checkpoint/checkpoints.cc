#include "run/checkpoint/checkpoints.h"

#include <utility>

namespace poise::inline run {

bool Checkpoints::is_due() {
  constexpr double kTimesCost = 200;  // half a percent of the time
  if (every_ <= 0) return false;
  if (since_written_.seconds() < every_ && since_kept_.seconds() < kTimesCost * cost_) return false;
  making_ = Stopwatch();
  return true;
}

void Checkpoints::keep(Checkpoint checkpoint) {
  latest_ = std::move(checkpoint);
  cost_ = making_.seconds();
  since_kept_ = Stopwatch();
  if (since_written_.seconds() >= every_) write();
}

void Checkpoints::write() {
  if (!latest_) return;
  since_written_ = Stopwatch();  // a disk that is full is asked again after as long
  directory_.save_checkpoint(serialize(*latest_));
  has_written_ = true;
  latest_.reset();
}

}  // namespace poise::inline run
