// Value, gradient and curvature of the objective (docs/theory/softmax.md#the-problem). What bounds it:
// certificate/dual_bound.cc.
#include "convex/objective.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <vector>

#include "base/index.h"
#include "convex/existence/comparisons.h"
#include "convex/pass/hessian_blocks.h"
#include "convex/vectors.h"

namespace poise::inline convex {

SoftmaxObjective::SoftmaxObjective(Problem problem, int threads, const MakeOwner& make_owner)
    : problem_(std::move(problem)),
      threads_(passes_in_parallel(problem_, threads)),
      owner_(make_owner(problem_)),
      every_class_has_mass_(classes_without_mass(problem_).empty()) {}

SoftmaxObjective::SoftmaxObjective(Problem problem, int threads, std::uint64_t memory)
    : SoftmaxObjective(std::move(problem), threads,
                       [=](const Problem& own) { return std::make_unique<LocalRows>(own, threads, memory); }) {}

LocalRows& SoftmaxObjective::local() const {
  if (auto* const owner = dynamic_cast<LocalRows*>(owner_.get())) return *owner;
  if (!alone_) alone_ = std::make_unique<LocalRows>(problem_, threads_, 0);
  return *alone_;
}

LocalRows& SoftmaxObjective::local_at(const Parameters& w) const {
  local().ask({.question = Question::kValue, .first = &w});
  passes_ += 0.5;
  return local();
}

Evaluation SoftmaxObjective::evaluate(const Parameters& w, Parameters* gradient, Arithmetic arithmetic) {
  Sums sums = owner_->ask(
      {.question = gradient ? Question::kGradient : Question::kValue, .arithmetic = arithmetic, .first = &w});
  if (gradient) *gradient = std::move(sums.product);
  passes_ += gradient ? 1 : 0.5;
  Evaluation value;
  value.cross_entropy = sums.numbers[0];
  value.entropy = sums.numbers[1];
  value.penalty = 0.5 * add_penalty(w, gradient);
  value.objective = value.cross_entropy + value.penalty;
  if (arithmetic == Arithmetic::kDouble) value.rounding = rounding_of_value(w, value);
  return value;
}

/// to += ΛV, if there is a `to`; returns ⟨V, ΛV⟩.
double SoftmaxObjective::add_penalty(const Parameters& v, Parameters* to) const {
  const Index k = classes();
  auto add = [&](Index begin, Index end) {
    double sum = 0;
    for (Index j = begin; j < end; ++j) {
      const double penalty = problem_.penalty[j], *row = v.data() + j * k;
      sum += penalty * inner_product(row, row, k);
      for (Index c = 0; to && c < k; ++c) to->data()[j * k + c] += penalty * row[c];
    }
    return sum;
  };
  return sum_of_pieces(features(), threads(), add, k);
}

void SoftmaxObjective::hessian_product(const Parameters& v, Parameters& product, bool in_double) const {
  const Arithmetic arithmetic = in_double ? Arithmetic::kDouble : Arithmetic::kFloat;
  product = owner_->ask({.question = Question::kProduct, .arithmetic = arithmetic, .first = &v}).product;
  add_penalty(v, &product);
  passes_ += 1;
}

Vector SoftmaxObjective::solve_bias(const Vector& g) const {
  const Index k = classes();
  const Sums sums = owner_->ask({.question = Question::kBiases});
  Matrix system = -Eigen::Map<const Matrix>(sums.numbers.data(), k, k);  // −Σ s p pᵀ
  system.diagonal().setZero();
  system.diagonal() = -system.rowwise().sum().eval();  // Σ s p_c(1 − p_c), without cancellation
  // The gauge: the class with most curvature stays at 0 and its equation, which the others imply, is left out. So rows
  // of a class that hardly occurs are not mixed with rows many orders of magnitude larger.
  Index still = 0;
  system.diagonal().maxCoeff(&still);
  system.row(still).setZero();
  system.col(still).setZero();
  Vector right = g;
  right[still] = 0;
  Vector v = system.ldlt().solve(right);  // 0 where there is no curvature at all
  v.array() -= v.mean();
  return v;
}

SoftmaxObjective::CurvatureAlong SoftmaxObjective::curvature_along(const Parameters& v) const {
  const Sums sums = owner_->ask({.question = Question::kAlong, .first = &v});
  passes_ += 0.5;
  return {sums.numbers[0], sums.numbers[1]};
}

Parameters SoftmaxObjective::hessian_diagonal() const {
  Parameters diagonal = owner_->ask({.question = Question::kDiagonal}).product;
  diagonal.topRows(features()).colwise() += problem_.penalty;
  passes_ += 0.5;
  return diagonal;
}

Matrix SoftmaxObjective::second_moments(const Stop& stop) const try {
  return owner_->ask({.question = Question::kGram, .vector = mean_features(), .stop = &stop}).product;
} catch (const PassStopped&) {
  return {};
}

Parameters SoftmaxObjective::moment_product(const Parameters& v) const {
  return owner_->ask({.question = Question::kMoment, .first = &v}).product;
}

std::vector<RowSample> SoftmaxObjective::draw_rows(double wanted, std::uint64_t seed) const {
  constexpr int kMostRounds = 20;
  const auto sums_of = [&](const Vector& tau) {
    return owner_->ask({.question = Question::kCurvature, .vector = tau}).numbers;
  };
  const std::vector<double> total = sums_of({});
  Vector tau(classes());
  for (Index c = 0; c < classes(); ++c) tau[c] = wanted / std::max(1e-300, total[c]);
  std::vector<char> done(classes(), 0);
  for (int k = 0; k < kMostRounds && !std::ranges::all_of(done, std::identity()); ++k) {
    const std::vector<double> drawn = sums_of(tau);  // rows at probability 1 give their surplus to the others
    for (Index c = 0; c < classes(); ++c) {
      done[c] = done[c] || drawn[c] >= 0.98 * wanted || drawn[c] <= 0;
      if (!done[c]) tau[c] *= wanted / drawn[c];
    }
  }
  std::vector<RowSample> samples(classes());
  const Sums drawn = owner_->ask({.question = Question::kDrawn, .vector = tau, .seed = seed});
  for (std::size_t k = 0; k + 2 < drawn.list.size(); k += 3) {
    RowSample& sample = samples[static_cast<std::size_t>(drawn.list[k])];
    sample.rows.push_back(static_cast<Index>(drawn.list[k + 1]));
    sample.weights.push_back(drawn.list[k + 2]);
  }
  return samples;
}

Matrix dense_hessian(const SoftmaxObjective& objective, const Matrix* probabilities, const Stop& stop) try {
  const Request whole{.question = Question::kHessian, .stop = &stop};
  const Matrix blocks = probabilities ? objective.local().hessian_blocks(*probabilities, stop).root().product
                                      : objective.owner_->ask(whole).product;
  return hessian_from_blocks(blocks, objective.classes(), objective.features());
} catch (const PassStopped&) {
  return {};
}

SoftmaxObjective::PickedRows SoftmaxObjective::pick_rows(const std::vector<Index>& rows) const {
  if (has_rows()) return {&problem_, rows, nullptr};
  std::vector<Index> once = rows;
  std::ranges::sort(once);
  once.erase(std::ranges::unique(once).begin(), once.end());
  PickedRows found;
  found.owned = std::make_shared<const Problem>(owner_->rows_at(once));
  found.problem = found.owned.get();
  for (const Index row : rows) found.rows.push_back(std::ranges::lower_bound(once, row) - once.begin());
  return found;
}

Problem SoftmaxObjective::part(std::span<const Index> rows) const {
  Problem part = owner_->rows_at(rows);
  part.row_weight /= part.row_weight.sum();
  return part;
}

}  // namespace poise::inline convex
