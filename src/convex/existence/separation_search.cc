#include "convex/existence/separation_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/index.h"
#include "convex/certificate/independent_basis.h"
#include "convex/existence/separation_program.h"

namespace poise::inline convex {
namespace {

// Multiplications of one iteration of the program: some twenty are made. To find few features: of as many programs.
constexpr double kMostProgramWork = 1e9, kWorkForFewFeatures = 1e7;
constexpr double kMostComparisons = 2e6;  // margins kept at a time

/// Margins along V (on 1, y_1, …) in float64.
std::vector<double> margins_along(const CenteredRows& rows, std::span<const Comparison> comparisons,
                                  const Parameters& v) {
  std::vector<double> out;
  Vector z(v.cols());
  Index loaded = -1;
  for (const Comparison& c : comparisons) {
    if (c.row != loaded) {
      z = v.row(0).transpose();
      rows.for_each(c.row, [&](Index k, const DoubleDouble& y) { z += y.high * v.row(k + 1).transpose(); });
      loaded = c.row;
    }
    out.push_back(z[c.own] - z[c.other]);
  }
  return out;
}

/// The solver's weights on 1, y_1, …
Parameters on_centered(const CenteredRows& rows, const Parameters& w) {
  Parameters v = Parameters::Zero(rows.size() + 1, w.cols());
  v.row(0) = w.row(w.rows() - 1);
  for (Index k = 0; k < rows.size(); ++k) {
    const Index j = rows.column(k);
    v.row(k + 1) = w.row(j) / unit_of(rows, k);
    v.row(0) += w.row(j) * ((rows.center(k) - rows.rows().center(j)) / rows.rows().unit(j));
  }
  return v;
}

}  // namespace

SeparationSearch::SeparationSearch(const Problem& problem, int threads, ProofStop stop)
    : problem_(problem),
      threads_(threads),
      rows_(problem, std::move(stop)),
      counted_(rows_that_count(problem.row_weight)) {
  for (Index j = 0; j < problem.cols(); ++j) {
    if (!(problem.penalty[j] > 0)) columns_.push_back(j);
  }
}

std::optional<ProvenDirection> SeparationSearch::along(const Parameters& w) const {
  if (!w.allFinite() || static_cast<Index>(columns_.size()) < problem_.cols()) return std::nullopt;
  return proven(direction_of(rows_, w));
}

std::optional<ProvenDirection> SeparationSearch::along_features(const Parameters& u) const {
  return proven(direction_on_features(u));
}

std::optional<ProvenDirection> SeparationSearch::proven(ExactDirection direction) const {
  const Growth growth = margins_grow(rows_, problem_, counted_, direction);
  if (growth.rows == 0) return std::nullopt;
  return ProvenDirection{std::move(direction), growth};
}

std::optional<ProvenDirection> SeparationSearch::with_ties(const CenteredRows& rows,
                                                           const std::vector<Comparison>& comparisons,
                                                           std::span<const double> margin, double tie,
                                                           const Parameters& guess) const {
  std::vector<Comparison> tied;
  for (std::size_t k = 0; k < comparisons.size(); ++k) {
    if (margin[k] < -tie) return std::nullopt;
    if (margin[k] < tie) tied.push_back(comparisons[k]);
  }
  if (tied.size() == comparisons.size()) return std::nullopt;
  return complete_direction(rows, problem_, tied, guess);
}

std::optional<ProvenDirection> SeparationSearch::near(const Parameters& guess) const {
  const double classes = static_cast<double>(problem_.classes);
  if (!guess.allFinite() || static_cast<double>(counted_.size()) * classes > kMostComparisons) return std::nullopt;
  const CenteredRows rows(rows_, counted_, std::vector<double>(counted_.size(), 1.0), columns_);
  const std::vector<Comparison> comparisons = comparisons_of(problem_, counted_);
  const Parameters v = on_centered(rows, guess);
  const std::vector<double> margin = margins_along(rows, comparisons, v);
  for (const double tie : {0.3, 1e-2, 1e-5}) {
    if (auto found = with_ties(rows, comparisons, margin, tie, v)) return found;
  }
  return std::nullopt;
}

double SeparationSearch::work_of_program(const std::vector<Index>& columns) const {
  const double n = static_cast<double>(counted_.size()), k = static_cast<double>(problem_.classes - 1),
               q = static_cast<double>(columns.size() + 1);
  return n * k * q * q + k * k * k * q * q * q / 3;
}

SeparationSearch::Answer SeparationSearch::by_program() const {
  if (problem_.smoothing > 0 || work_of_program(columns_) > kMostProgramWork) return {};
  Answer answer = solve_program(columns_);
  if (!answer.found) return answer;
  std::vector<Index> left = answer.found->direction.features;  // with d, the constant
  left.pop_back();
  for (const Index feature : std::vector<Index>(left)) {
    if (left.size() < 2 || work_of_program(left) * static_cast<double>(left.size()) > kWorkForFewFeatures) break;
    std::vector<Index> fewer = left;
    std::erase(fewer, feature);
    Answer simpler = solve_program(fewer);
    if (!simpler.found) continue;
    left = std::move(fewer);
    answer.found = std::move(simpler.found);
  }
  return answer;
}

SeparationSearch::Answer SeparationSearch::solve_program(const std::vector<Index>& columns) const {
  Answer answer;
  const std::vector<double> weight(counted_.size(), 1.0);
  const IndependentBasis independent =
      independent_basis(rows_, counted_, weight, columns, Vector::Zero(problem_.cols()), problem_.classes, threads_);
  if (!independent.basis) return answer;
  const FeatureBasis& basis = *independent.basis;
  Matrix phi(static_cast<Index>(counted_.size()), basis.size());
  std::vector<Comparison> comparisons = comparisons_of(problem_, counted_), numbered = comparisons;
  for (Index r = 0; r < phi.rows(); ++r) basis.values(counted_[r], phi.row(r).data());
  for (std::size_t c = 0, r = 0; c < numbered.size(); ++c) {
    while (counted_[r] != numbered[c].row) ++r;
    numbered[c].row = static_cast<Index>(r);
  }
  const SeparationProgram program = solve_separation_program(phi, numbered, problem_.classes, threads_, rows_.stop());
  answer.complete = program.helped == 0 && independent.obstacle.kind == Obstacle::Kind::kNone;
  if (program.helped == 0) return answer;
  const Parameters v = basis.coefficients().transpose() * program.direction;
  for (const double tie : {0.5, 20.0, 1e-4}) {
    answer.found = with_ties(basis.centered(), comparisons, program.margin, tie, v);
    if (answer.found) return answer;
  }
  return answer;
}

}  // namespace poise::inline convex
