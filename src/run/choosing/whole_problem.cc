#include "run/choosing/whole_problem.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "poise/calibration.h"

namespace poise::inline run {

double loss_at(const Eigen::Ref<const Eigen::RowVectorXd>& scores, const Dataset& data, Index row) {
  const double most = scores.maxCoeff(), lse = most + std::log((scores.array() - most).exp().sum());
  if (!data.labels.empty()) return lse - scores[data.labels[row]];
  const Eigen::RowVectorXd target = data.targets.row(row);
  return lse - target.dot(scores) / target.sum();
}

Vector held_out_weights(const Dataset& data) {
  if (data.sample_weight.size() > 0) return data.sample_weight / data.sample_weight.sum();
  return Vector::Constant(data.rows(), 1.0 / static_cast<double>(data.rows()));
}

bool was_stopped(const SoftmaxFit& fit) {
  return fit.report.status == Status::kInterrupted || fit.report.status == Status::kTimeLimit;
}

WholeProblem::WholeProblem(const Dataset& data, const ObjectiveOptions& objective, const SolveOptions& solve,
                           Watcher* watcher, const Keeping<ChoiceState>& keeping)
    : data_(data),
      options_(objective),
      solve_(solve),
      watcher_(watcher),
      problem_(make_problem(data, objective, solve.threads)),
      keeping_(keeping),
      of_solver_(keeping_of_solver()),
      solver_(make_penalty_solver(problem_, data, objective, solve, watcher, of_solver_)) {}

/// Within a solve nothing is kept: a state is as large as all that it would save.
Keeping<SolvesState> WholeProblem::keeping_of_solver() {
  Keeping<SolvesState> of_solver;
  if (keeping_.from) of_solver.from = &keeping_.from->whole;
  if (keeping_.keep) of_solver.keep = [this](SolvesState state) { keeping_.keep({std::move(state), folds_}); };
  return of_solver;
}

const FoldSolve* WholeProblem::replay_fold() {
  const std::size_t next = folds_.size();
  if (!keeping_.from || next >= keeping_.from->folds.size()) return nullptr;
  folds_.push_back(keeping_.from->folds[next]);
  return &folds_.back();
}

void WholeProblem::remember_fold(FoldSolve solve) {
  if (!keeping_.keep) return;
  folds_.push_back(std::move(solve));
  keeping_.keep({{solver_->finished(), std::nullopt}, folds_});
}

std::optional<SolveOptions> WholeProblem::still_allowed() const {
  if (watcher_ && watcher_->on_event({}) == Answer::kStop) return std::nullopt;
  SolveOptions rest = solve_;
  if (solve_.time_limit > 0) rest.time_limit = solve_.time_limit - spent_.seconds();
  return rest.time_limit < 0 ? std::nullopt : std::optional(rest);
}

void WholeProblem::tell(double l2, const std::string& part) const {
  if (!watcher_) return;
  const std::string text = fmt::format("cross-validation: penalty {}, λ = {:.2g}, {}", found_.size(), l2, part);
  watcher_->on_event({.kind = Event::Kind::kWork, .text = text});
}

bool WholeProblem::measures_what_it_minimizes() const {
  return problem_.smoothing == 0 && !options_.balanced_classes && options_.class_weights.empty();
}

const WholeProblem::Solution* WholeProblem::nearest(double l2) const {
  const auto distance = [&](const auto& one) { return std::abs(std::log(std::max(one->l2, 1e-300) / l2)); };
  const auto at = std::ranges::min_element(found_, {}, distance);
  return at == found_.end() ? nullptr : at->get();
}

const WholeProblem::Solution* WholeProblem::solve(double l2, const Network* start) {
  if (!still_allowed()) return nullptr;
  std::optional<Parameters> given;
  if (start) given = to_parameters(as_trained(*start), data_, problem_.units);
  const Solution* from = nearest(l2);
  const Parameters* begin = given ? &*given : from && from != found_.back().get() ? &from->w : nullptr;
  SoftmaxFit fit = solver_->solve(l2, begin);
  if (was_stopped(fit)) return nullptr;
  found_.push_back(std::make_unique<Solution>(Solution{l2, solver_->weights(), std::move(fit)}));
  return found_.back().get();
}

SoftmaxFit WholeProblem::take(double l2) {
  const auto at = std::ranges::find_if(found_, [&](const auto& one) { return one->l2 == l2; });
  return std::move((*at)->fit);
}

}  // namespace poise::inline run
