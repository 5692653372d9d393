#include "convex/existence/face.h"

#include <algorithm>
#include <cmath>

#include "base/index.h"

namespace poise::inline convex {
namespace {

constexpr double kMostEliminationWork = 4e9;  // multiplications modulo a prime: some ten seconds

/// Unknown (k, c), c not the last class: number k (K − 1) + c.
LinearSystem tied_margins(const CenteredRows& rows, std::span<const Comparison> tied, Index classes) {
  const Index free_classes = classes - 1;
  return {(rows.size() + 1) * free_classes, static_cast<Index>(tied.size()),
          [&rows, tied, free_classes](Index equation, std::vector<Term>& terms) {
            const Comparison& c = tied[equation];
            terms.clear();
            auto add = [&](Index k, double value) {
              if (value == 0) return;
              if (c.own < free_classes) terms.push_back({k * free_classes + c.own, value});
              if (c.other < free_classes) terms.push_back({k * free_classes + c.other, -value});
            };
            add(0, 1);
            rows.for_each(c.row, [&](Index k, const DoubleDouble& y) {
              add(k + 1, y.high);
              add(k + 1, y.low);
            });
          }};
}

/// Σ_l q_l N_l with q_l the free numbers of the guess in units of the largest / 2^bits, times a common denominator.
Integers rounded_solution(const NullSpace& space, const Parameters& guess, Index free_classes, double largest,
                          int bits) {
  mpz_class common = 1;
  for (std::size_t l = 0; l < space.vectors.size(); ++l) common = lcm(common, space.vectors[l][space.free_unknowns[l]]);
  Integers u(guess.rows() * free_classes);
  for (std::size_t l = 0; l < space.vectors.size(); ++l) {
    const Index unknown = space.free_unknowns[l];
    const double value = guess(unknown / free_classes, unknown % free_classes) / largest;
    const mpz_class rounded = std::nearbyint(std::ldexp(value, bits));
    if (rounded == 0) continue;
    const mpz_class factor = rounded * (common / space.vectors[l][unknown]);
    for (std::size_t k = 0; k < u.size(); ++k) u[k] += factor * space.vectors[l][k];
  }
  return u;
}

/// The direction on the features as in the file: U_j = u_k 2^−e_k, bias u_0 − Σ_k u_k 2^−e_k c_k.
ExactDirection on_features(const CenteredRows& rows, const Integers& u, Index classes) {
  const Index free_classes = classes - 1;
  auto value = [&](Index k, Index c) { return c < free_classes ? u[k * free_classes + c] : mpz_class(0); };
  ExactDirection out;
  out.classes = classes;
  std::vector<Index> used;  // in the order of features
  int lowest = 0;
  auto exponent_of_center = [&](Index k) { return std::ilogb(rows.center(k)) - 52 - rows.exponent(k); };
  for (Index k = 0; k < rows.size(); ++k) {
    bool any = false;
    for (Index c = 0; c < free_classes; ++c) any = any || value(k + 1, c) != 0;
    if (!any) continue;
    used.push_back(k);
    if (rows.center(k) != 0) lowest = std::min(lowest, exponent_of_center(k));
  }
  std::sort(used.begin(), used.end(), [&](Index a, Index b) { return rows.column(a) < rows.column(b); });
  for (Index k : used) {
    out.features.push_back(rows.column(k));
    out.exponent.push_back(-rows.exponent(k));
    for (Index c = 0; c < classes; ++c) out.value.push_back(value(k + 1, c));
  }
  out.features.push_back(rows.rows().cols());
  out.exponent.push_back(lowest);
  for (Index c = 0; c < classes; ++c) {
    mpz_class bias = value(0, c) << static_cast<unsigned long>(-lowest);
    for (Index k : used) {
      if (rows.center(k) == 0) continue;
      const int exponent = exponent_of_center(k);
      mpz_class part = static_cast<long>(std::scalbn(rows.center(k), -exponent - rows.exponent(k)));
      part *= value(k + 1, c);
      bias -= part << static_cast<unsigned long>(exponent - lowest);
    }
    out.value.push_back(std::move(bias));
  }
  return out;
}

}  // namespace

std::optional<ProvenDirection> complete_direction(const CenteredRows& rows, const Problem& problem,
                                                  std::span<const Comparison> tied, Parameters guess) {
  const Index classes = problem.classes;
  const LinearSystem system = tied_margins(rows, tied, classes);
  const double m = static_cast<double>(system.unknowns);
  if (m * m * (0.5 * m + static_cast<double>(std::min(system.unknowns, system.equations))) > kMostEliminationWork)
    return std::nullopt;
  guess.colwise() -= guess.col(classes - 1).eval();
  const double largest = guess.cwiseAbs().maxCoeff();
  if (!(largest > 0) || !std::isfinite(largest)) return std::nullopt;
  const NullSpace space = null_space(system, Bind::kLargest, kMostPrimes, rows.rows().stop());
  if (space.free_unknowns.empty() || !space.proven()) return std::nullopt;
  Integers last;
  for (const int bits : {0, 1, 2, 3, 5, 8, 12, 18, 26, 36, 48}) {
    Integers u = rounded_solution(space, guess, classes - 1, largest, bits);
    const bool same = u == last || std::all_of(u.begin(), u.end(), [](const mpz_class& value) { return value == 0; });
    if (same) continue;
    ExactDirection direction = on_features(rows, u, classes);
    const Growth growth = margins_grow(rows.rows(), problem, rows.counted(), direction);
    if (growth.rows > 0) return ProvenDirection{std::move(direction), growth};
    last = std::move(u);
  }
  return std::nullopt;
}

}  // namespace poise::inline convex
