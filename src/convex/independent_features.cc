#include "convex/independent_features.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/parallel.h"
#include "base/random.h"
#include "convex/certificate/independent_basis.h"
#include "rows/storage.h"

namespace poise::inline convex {
namespace {

constexpr double kMostNumbers = 1 << 27, kMostWork = 1e10;  // of the copy; rows times functions squared of the sample
constexpr Index kMostFeatures = 1200, kFewestRows = 2000, kRowsPerFeature = 4;
constexpr std::uint64_t kIndependenceSeed = 23;

/// Rows of positive weight, one at random of every stretch.
std::vector<Index> sample_rows(const Problem& problem) {
  const std::vector<Index> counted = rows_that_count(problem.row_weight);
  const auto count = std::ssize(counted), wanted = std::max(kFewestRows, kRowsPerFeature * (problem.cols() + 1));
  if (count <= wanted) return counted;
  std::vector<Index> rows;
  for (Index k = 0; k < wanted; ++k) {
    const double at = static_cast<double>(k) + random_uniform(kIndependenceSeed, static_cast<std::uint64_t>(k));
    const auto place = static_cast<Index>(at * static_cast<double>(count) / static_cast<double>(wanted));
    rows.push_back(counted[std::min(place, count - 1)]);
  }
  return rows;
}

bool is_worth_a_look(const Problem& problem) {
  const Index d = problem.cols();
  if (d < 1 || d > kMostFeatures || (problem.penalty.array() > 0).any()) return false;
  if (holds_only(problem.features, NumberType::kUint8)) return false;  // too few values for a near miss
  return static_cast<double>(problem.rows()) * static_cast<double>(d) <= kMostNumbers;
}

}  // namespace

std::optional<IndependentFeatures> IndependentFeatures::of(const Problem& problem, int threads, ProofStop stop) {
  if (!is_worth_a_look(problem)) return std::nullopt;
  const Index d = problem.cols(), n = problem.rows();
  std::vector<Index> rows = sample_rows(problem), columns(d);
  if (static_cast<double>(rows.size()) * std::pow(static_cast<double>(d + 1), 2) > kMostWork) return std::nullopt;
  std::iota(columns.begin(), columns.end(), 0);
  std::vector<double> weight;
  for (Index row : rows) weight.push_back(problem.row_weight[row]);
  const Vector no_penalty = Vector::Zero(d);
  const ExactRows exact(problem, std::move(stop));
  const IndependentBasis found = independent_basis(exact, rows, weight, columns, no_penalty, 2, threads);
  if (!found.basis) return std::nullopt;
  const FeatureBasis& basis = *found.basis;
  const Matrix a = basis.coefficients();
  const std::vector<Index> combined = basis.combinations();
  if (combined.empty()) return std::nullopt;

  IndependentFeatures out;
  const CenteredRows& units = basis.centered();
  out.weights_ = Matrix::Zero(std::ssize(combined), d + 1);
  for (std::size_t r = 0; r < combined.size(); ++r) {
    const Index k = combined[r];
    auto to = out.weights_.row(static_cast<Index>(r));
    out.replaced_.push_back(units.column(k - 1));
    long double constant = a(k, 0);
    for (Index l = 0; l < units.size(); ++l) {
      const Index j = units.column(l);
      to[j] = a(k, l + 1) * unit_of(units, l);
      constant += static_cast<long double>(std::ldexp(a(k, l + 1), -units.exponent(l))) *
                  (static_cast<long double>(units.rows().center(j)) - static_cast<long double>(units.center(l)));
    }
    to[d] = static_cast<double>(constant);
  }
  std::vector<double> values(n * d);
  const Index parts = std::clamp<Index>(n / 256, 1, 64);
  parallel_for(parts, threads, [&](Index part) {
    const Index begin = part_begin(n, parts, part), end = part_begin(n, parts, part + 1);
    problem.load(begin, end - begin, values.data() + begin * d, d);
    std::vector<double> phi(basis.size());
    for (Index i = begin; i < end; ++i) {
      basis.values(i, phi.data());
      for (std::size_t r = 0; r < combined.size(); ++r) values[i * d + out.replaced_[r]] = phi[combined[r]];
    }
  });
  out.problem_ = problem;
  out.problem_.units = {};
  out.problem_.given = out.problem_.features = Features::from_values(std::move(values), n, d);
  return out;
}

Parameters IndependentFeatures::to_original(const Parameters& v) const {
  Parameters w = v;
  for (Index j : replaced_) w.row(j).setZero();
  for (std::size_t r = 0; r < replaced_.size(); ++r)
    w += weights_.row(static_cast<Index>(r)).transpose() * v.row(replaced_[r]);
  return w;
}

Parameters IndependentFeatures::from_original(const Parameters& w) const {
  const auto count = std::ssize(replaced_);
  Eigen::MatrixXd of_replaced(count, count);
  Matrix right(count, w.cols());
  for (Index a = 0; a < count; ++a) {
    right.row(a) = w.row(replaced_[a]);
    for (Index r = 0; r < count; ++r) of_replaced(a, r) = weights_(r, replaced_[a]);
  }
  const Matrix combined = of_replaced.fullPivLu().solve(right);
  Parameters v = w - weights_.transpose() * combined;
  for (Index r = 0; r < count; ++r) v.row(replaced_[r]) = combined.row(r);
  return v;
}

}  // namespace poise::inline convex
