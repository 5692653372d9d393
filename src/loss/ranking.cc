#include "loss/ranking.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace poise::inline loss {
namespace {

/// The positive rows in the order of their scores, and the weight of all before each. Intervals of equal width say
/// where in that order to look for a score: a fifth of the time that a search among all of them takes.
class Positives {
 public:
  explicit Positives(std::vector<std::pair<double, double>> rows) : before_{0} {
    std::sort(rows.begin(), rows.end());
    for (const auto& [value, weight] : rows) {
      score_.push_back(value);
      before_.push_back(before_.back() + weight);
    }
    divide();
  }
  double total() const { return before_.back(); }

  /// The weight of those above `value`, and half of those at it.
  double above(double value) const {
    const std::size_t interval = interval_of(value);
    const auto begin = score_.begin() + start_[interval], end = score_.begin() + start_[interval + 1];
    const auto first = std::lower_bound(begin, end, value);
    const auto last = first != end && *first == value ? std::upper_bound(first, end, value) : first;
    const double below_or_at = before_[last - score_.begin()];
    return total() - below_or_at + 0.5 * (below_or_at - before_[first - score_.begin()]);
  }

 private:
  static constexpr std::size_t kMostIntervals = 1 << 16;

  void divide() {
    intervals_ = std::clamp<std::size_t>(score_.size(), 1, kMostIntervals);
    if (!score_.empty() && std::isfinite(score_.back() - score_.front()) && score_.back() > score_.front()) {
      least_ = score_.front();
      per_unit_ = static_cast<double>(intervals_) / (score_.back() - score_.front());
    }
    start_.assign(intervals_ + 1, 0);
    for (const double value : score_) ++start_[interval_of(value) + 1];
    for (std::size_t k = 1; k <= intervals_; ++k) start_[k] += start_[k - 1];
  }
  /// Rises with the value, so that a smaller one is never in a later interval.
  std::size_t interval_of(double value) const {
    const double place = (value - least_) * per_unit_;
    if (!(place > 0)) return 0;
    return place < static_cast<double>(intervals_) ? static_cast<std::size_t>(place) : intervals_ - 1;
  }

  std::vector<double> score_, before_;
  std::vector<std::ptrdiff_t> start_;  // of each interval, in score_
  std::size_t intervals_ = 1;
  double least_ = 0, per_unit_ = 0;
};

}  // namespace

double area_under_roc(const std::vector<double>& score, const std::vector<char>& is_positive,
                      const std::vector<double>& weight) {
  const auto weight_of = [&](std::size_t i) { return weight.empty() ? 1.0 : weight[i]; };
  std::vector<std::pair<double, double>> positive;
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (weight_of(i) > 0 && std::isnan(score[i])) return std::numeric_limits<double>::quiet_NaN();
    if (is_positive[i] && weight_of(i) > 0) positive.emplace_back(score[i], weight_of(i));
  }
  const Positives positives(std::move(positive));
  double negative = 0, won = 0;
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (is_positive[i] || !(weight_of(i) > 0)) continue;
    negative += weight_of(i);
    won += weight_of(i) * positives.above(score[i]);
  }
  return won / (positives.total() * negative);  // 0/0 without rows of both kinds
}

}  // namespace poise::inline loss
