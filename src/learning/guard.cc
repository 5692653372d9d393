#include "learning/guard.h"

#include <algorithm>
#include <cmath>

namespace poise::learning {
namespace {

constexpr double kLossLimit = 4;  // times the first loss: beyond it the run has diverged

}  // namespace

Guard::Guard(double first_loss, double guess_loss, Index rows)
    : limit_(kLossLimit * (first_loss > guess_loss && std::isfinite(first_loss) ? first_loss : guess_loss)),
      enough_(std::min(kRows, rows)) {}

Guard::Verdict Guard::judge(const BatchSums& batch, Index rows) {
  latest_.push_back({rows, batch.weight, batch.loss, batch.worst_loss});
  rows_ += rows;
  for (; rows_ - latest_.front().rows >= enough_; latest_.pop_front()) rows_ -= latest_.front().rows;
  BatchSums all;
  for (const Judged& each : latest_) {
    all.weight += each.weight, all.loss += each.loss, all.worst_loss = std::max(all.worst_loss, each.worst);
  }
  loss_ = loss_but_the_worst(all);
  if (!std::isfinite(loss_)) return Verdict::kDiverged;
  if (rows_ < enough_) return Verdict::kOpen;
  return loss_ <= limit_ ? Verdict::kGood : Verdict::kDiverged;
}

GuardState Guard::state() const {
  GuardState state{limit_, loss_, rows_, {}};
  for (const Judged& each : latest_)
    state.latest.insert(state.latest.end(), {static_cast<double>(each.rows), each.weight, each.loss, each.worst});
  return state;
}

void Guard::restore(const GuardState& state) {
  limit_ = state.limit, loss_ = state.loss, rows_ = state.rows;
  latest_.clear();
  for (std::size_t k = 0; k + 4 <= state.latest.size(); k += 4) {
    const double* of = state.latest.data() + k;
    latest_.push_back({static_cast<Index>(of[0]), of[1], of[2], of[3]});
  }
}

double loss_but_the_worst(const BatchSums& sums) { return (sums.loss - sums.worst_loss) / sums.weight; }

}  // namespace poise::learning
