// Cross-validation. A fold's optimum is near that of all rows: each solve starts there, moved by what lay between the
// two for the penalty before.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "convex/leave_one_out.h"
#include "convex/solver/solvers.h"
#include "run/choosing/held_out.h"

namespace poise::inline run {
namespace {

/// One fold: its rows and the problem of all others.
struct Fold {
  std::vector<Index> held_out;
  double share = 0;   // of the weight of all rows that the others have
  double weight = 0;  // of the rows held out, in held-out means
  std::unique_ptr<PenaltySolver> others;
  std::unique_ptr<SoftmaxObjective> rows;  // those held out, for their scores
  Parameters shift;                        // from the solution of all rows, for the last penalty; empty: none yet
};

class Folds : public HeldOut {
 public:
  Folds(WholeProblem& whole, std::vector<int> fold, int folds, const Network* start)
      : whole_(whole), start_(start), folds_(folds), weight_(held_out_weights(whole.data())) {
    for (std::size_t i = 0; i < fold.size(); ++i) {
      const auto row = static_cast<Index>(i);
      if (fold[i] < 0 || !(weight_[row] > 0)) continue;
      folds_[fold[i]].held_out.push_back(row);
      folds_[fold[i]].weight += weight_[row];
      measured_.push_back(row);
    }
    std::erase_if(folds_, [](const Fold& one) { return one.held_out.empty(); });
  }

  std::optional<PenaltyChoice::Candidate> measure(double l2, double most) override try {
    if (folds_.empty()) return std::nullopt;
    const WholeProblem::Solution* all = whole_.solve(l2, std::exchange(start_, nullptr));
    if (!all) return std::nullopt;
    PenaltyChoice::Candidate candidate{.l2 = l2};
    candidate.by_fold.assign(folds_.size(), std::numeric_limits<double>::quiet_NaN());
    const std::vector<double> floors = prepare(*all);
    const double mass = sum_of_weights();
    double known = 0, at_least = 0;
    for (const double floor : floors) at_least += floor;
    Matrix scores = Matrix::Zero(whole_.data().rows(), whole_.problem().classes);
    for (std::size_t k = 0; k < folds_.size(); ++k) {
      if ((known + at_least) / mass > most) {
        candidate.hopeless = true;
        candidate.cross_entropy = (known + at_least) / mass;
        candidate.standard_error = std::numeric_limits<double>::quiet_NaN();
        return candidate;
      }
      whole_.tell(l2, fmt::format("fold {} of {}", k + 1, folds_.size()));
      if (!solve(folds_[k], *all, scores)) return std::nullopt;
      const double loss = loss_of(folds_[k], scores);
      known += loss, at_least -= floors[k];
      candidate.by_fold[k] = loss / folds_[k].weight;
    }
    judge(scores, candidate);
    return candidate;
  } catch (const PassStopped&) {
    return std::nullopt;
  }

 private:
  /// Makes the preconditioner of the folds' solves; what the rows of each lose at least. Throws PassStopped where it
  /// was ended.
  std::vector<double> prepare(const WholeProblem::Solution& all) {
    SoftmaxObjective& objective = whole_.objective();
    const StoppablePasses stoppable(objective, whole_.stop());
    objective.evaluate(all.w, nullptr);
    shared_ = local_preconditioner(objective, whole_.stop());
    if (!shared_) throw PassStopped();
    return least_losses(all);
  }

  double sum_of_weights() const {
    double sum = 0;
    for (const Fold& fold : folds_) sum += fold.weight;
    return sum;
  }

  /// What the rows of every fold lose at least, by the loss of the model of all rows on them (docs/theory/softmax.md
  /// #hopeless-penalties). Nothing where that is not what is minimized, or without a gap.
  std::vector<double> least_losses(const WholeProblem::Solution& all) {
    std::vector<double> floors(folds_.size());
    if (!whole_.measures_what_it_minimizes() || !all.fit.report.gap) return floors;
    const Matrix scores = all_scores(whole_.objective(), all.w);
    const auto allowed = whole_.still_allowed();
    const double tolerance = allowed ? allowed->tolerance : 0;
    for (std::size_t k = 0; k < folds_.size(); ++k)
      floors[k] = std::max(0.0, loss_of(folds_[k], scores) - *all.fit.report.gap - tolerance);
    return floors;
  }

  double loss_of(const Fold& fold, const Matrix& scores) const {
    double loss = 0;
    for (const Index row : fold.held_out) loss += weight_[row] * loss_at(scores.row(row), whole_.data(), row);
    return loss;
  }

  bool set_up(Fold& fold) {
    const auto allowed = whole_.still_allowed();
    if (!allowed) return false;
    if (fold.others) return true;
    const Problem& problem = whole_.problem();
    std::vector<Index> others;
    auto next = fold.held_out.begin();
    for (Index row = 0; row < problem.rows(); ++row) {
      if (next != fold.held_out.end() && *next == row) {
        ++next;
      } else {
        others.push_back(row);
        fold.share += problem.row_weight[row];
      }
    }
    fold.others =
        make_penalty_solver(select_rows(problem, others), whole_.data(), whole_.options(), *allowed, whole_.watcher());
    fold.rows = std::make_unique<SoftmaxObjective>(select_rows(problem, fold.held_out), allowed->threads);
    return true;
  }

  /// False where it was ended. Puts the scores of the rows held out in their places.
  bool solve(Fold& fold, const WholeProblem::Solution& all, Matrix& scores) {
    if (!set_up(fold)) return false;
    const std::optional<Parameters> solved = weights(fold, all);
    if (!solved) return false;
    const Parameters& w = *solved;
    fold.shift = w - all.w;
    const Matrix found = all_scores(*fold.rows, w);
    for (std::size_t i = 0; i < fold.held_out.size(); ++i)
      scores.row(fold.held_out[i]) = found.row(static_cast<Index>(i));
    return true;
  }

  /// The solution without the fold's rows; empty where it was ended.
  std::optional<Parameters> weights(Fold& fold, const WholeProblem::Solution& all) {
    SoftmaxObjective& objective = fold.others->objective();
    if (const FoldSolve* found = whole_.replay_fold()) {
      objective.count_passes(found->passes, found->has_moments);
      return found->w;
    }
    Parameters begin = all.w;
    if (fold.shift.size() > 0) begin += fold.shift;
    if (was_stopped(fold.others->solve(all.l2 / fold.share, &begin, shared_))) return std::nullopt;
    Parameters w = fold.others->weights();
    if (!fold.others->was_cut_short()) whole_.remember_fold({w, objective.passes(), objective.has_moments()});
    return w;
  }

  void judge(const Matrix& scores, PenaltyChoice::Candidate& candidate) const {
    const bool is_all = std::ssize(measured_) == whole_.data().rows();
    std::vector<Index> rows = measured_;
    std::ranges::sort(rows);
    candidate.metrics = is_all ? evaluate_scores(scores, whole_.data())
                               : evaluate_scores(scores(rows, Eigen::all), poise::select_rows(whole_.data(), rows));
    candidate.cross_entropy = candidate.metrics.cross_entropy;
    double squares = 0;
    for (std::size_t k = 0; k < folds_.size(); ++k)
      squares += folds_[k].weight * std::pow(candidate.by_fold[k] - candidate.cross_entropy, 2);
    candidate.standard_error = std::sqrt(squares / sum_of_weights() / (static_cast<double>(folds_.size()) - 1));
  }

  WholeProblem& whole_;
  const Network* start_;
  std::vector<Fold> folds_;
  Vector weight_;
  std::vector<Index> measured_;
  std::shared_ptr<const Preconditioner> shared_;  // of all rows at their solution: nearly that of every fold
};

}  // namespace

std::unique_ptr<HeldOut> by_folds(WholeProblem& whole, std::vector<int> fold, int folds, const Network* start) {
  return std::make_unique<Folds>(whole, std::move(fold), folds, start);
}

}  // namespace poise::inline run
