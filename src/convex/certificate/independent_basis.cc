#include "convex/certificate/independent_basis.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "convex/existence/dependencies.h"

namespace poise::inline convex {
namespace {

/// Features without a penalty that are combinations of others; what is nearly dependent comes after the rest.
std::vector<Index> dependent_features(const FeatureBasis& basis, const Vector& penalty) {
  const CenteredRows& rows = basis.centered();
  const std::vector<Index>& near = basis.near_dependent();
  std::vector<Index> order{rows.rows().cols()}, last;
  for (Index k = 0; k < rows.size(); ++k) {
    if (penalty[rows.column(k)] > 0) continue;
    const bool is_near = std::find(near.begin(), near.end(), k + 1) != near.end();
    (is_near ? last : order).push_back(rows.column(k));
  }
  order.insert(order.end(), last.begin(), last.end());
  return dependent_columns(rows.rows(), rows.counted(), order);
}

}  // namespace

double unit_of(const CenteredRows& rows, Index k) {
  return std::ldexp(rows.rows().unit(rows.column(k)), -rows.exponent(k));
}

IndependentBasis independent_basis(const ExactRows& rows, const std::vector<Index>& counted,
                                   const std::vector<double>& weight, std::vector<Index> columns, const Vector& penalty,
                                   Index classes, int threads) {
  constexpr double kVanishing = 1e-290;  // products with numbers of size 1 are none any more
  IndependentBasis out;
  if (!(std::accumulate(weight.begin(), weight.end(), 0.0) > kVanishing)) {
    out.obstacle.kind = Obstacle::Kind::kNotFinite;
    return out;
  }
  for (bool checked = false;; checked = true) {
    CenteredRows centered(rows, counted, weight, columns);
    if (!centered.too_large_or_small().empty()) {
      out.obstacle = {Obstacle::Kind::kMagnitudes, centered.too_large_or_small().front()};
      return out;
    }
    const double q = static_cast<double>(centered.size() + 1), m = q * static_cast<double>(classes - 1);
    if (m > kMostParameters || static_cast<double>(counted.size()) * m * q > kMostReach) {
      out.obstacle.kind = Obstacle::Kind::kSize;
      return out;
    }
    Vector of_y(centered.size());
    for (Index k = 0; k < centered.size(); ++k)
      of_y[k] = penalty[centered.column(k)] * std::pow(unit_of(centered, k), 2);
    out.basis = std::make_unique<FeatureBasis>(std::move(centered), weight, of_y, threads);
    if (checked || out.basis->near_dependent().empty()) break;
    const std::vector<Index> dependent = dependent_features(*out.basis, penalty);
    if (dependent.empty()) break;
    std::erase_if(columns, [&](Index j) { return std::count(dependent.begin(), dependent.end(), j) > 0; });
  }
  out.basis->separate();
  if (!out.basis->has_constant()) {
    out.basis.reset();
    out.obstacle.kind = Obstacle::Kind::kNotFinite;
    return out;
  }
  if (!out.basis->near_dependent().empty())
    out.obstacle = {Obstacle::Kind::kDependence, out.basis->centered().column(out.basis->near_dependent().front() - 1)};
  return out;
}

}  // namespace poise::inline convex
