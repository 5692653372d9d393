// Leave-one-out in closed form: no solve but that of all rows.
#include <cmath>
#include <utility>

#include "convex/leave_one_out.h"
#include "run/choosing/held_out.h"

namespace poise::inline run {
namespace {

class LeaveOneOut : public HeldOut {
 public:
  LeaveOneOut(WholeProblem& whole, const std::vector<int>& fold, const Network* start) : whole_(whole), start_(start) {
    for (std::size_t i = 0; i < fold.size(); ++i) {
      if (fold[i] >= 0) measured_.push_back(static_cast<Index>(i));
    }
  }

  std::optional<PenaltyChoice::Candidate> measure(double l2, double) override {
    if (measured_.empty()) return std::nullopt;
    const WholeProblem::Solution* all = whole_.solve(l2, std::exchange(start_, nullptr));
    if (!all) return std::nullopt;
    whole_.tell(l2, "leaving out one row at a time");
    const Dataset& data = whole_.data();
    Matrix scores;
    try {
      scores = leave_one_out_scores(whole_.objective(), all->w, data.schema, whole_.stop());
    } catch (const PassStopped&) {
      return std::nullopt;
    }
    PenaltyChoice::Candidate candidate{.l2 = l2};
    const bool is_all = std::ssize(measured_) == data.rows();
    candidate.metrics = is_all ? evaluate_scores(scores, data)
                               : evaluate_scores(scores(measured_, Eigen::all), poise::select_rows(data, measured_));
    candidate.cross_entropy = candidate.metrics.cross_entropy;
    const Vector weight = held_out_weights(data);
    double squares = 0, sum = 0;
    for (const Index row : measured_) {
      squares += weight[row] * std::pow(loss_at(scores.row(row), data, row) - candidate.cross_entropy, 2);
      sum += weight[row];
    }
    candidate.standard_error = std::sqrt(squares / sum / static_cast<double>(measured_.size() - 1));
    return candidate;
  }

 private:
  WholeProblem& whole_;
  const Network* start_;
  std::vector<Index> measured_;
};

}  // namespace

std::unique_ptr<HeldOut> by_leaving_one_out(WholeProblem& whole, std::vector<int> fold, const Network* start) {
  return std::make_unique<LeaveOneOut>(whole, fold, start);
}

}  // namespace poise::inline run
