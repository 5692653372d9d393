// Solutions of homogeneous linear equations whose coefficients are doubles, as vectors of integers: exact, whatever the
// conditioning.
//
// Elimination runs modulo large primes. It keeps one vector N_l for every free unknown l (1 at l, 0 at the other free
// ones): an equation a with π_l = ⟨a, N_l⟩ ≠ 0 for some l binds one of them, b, and N_l −= (π_l/π_b) N_b. Rank modulo a
// prime is never above the rank itself, so bound unknowns really are bound. The vectors are lifted to rationals
// (Chinese remainders, continued fractions) and count only if every equation holds for them in integers.
#pragma once

#include <gmpxx.h>

#include <functional>
#include <span>
#include <vector>

#include "convex/certificate/proof_stop.h"
#include "convex/existence/prime_field.h"
#include "poise/dataset.h"

namespace poise::inline convex {

/// value · 2^exponent, the coefficient of an unknown.
struct Term {
  Index unknown;
  double value;
  int exponent = 0;
};

using Integers = std::vector<mpz_class>;

/// Sign of Σ coefficient · u_unknown.
int exact_sign(std::span<const Term> terms, const Integers& u);

/// Equations in `unknowns` unknowns.
struct LinearSystem {
  Index unknowns = 0, equations = 0;
  std::function<void(Index equation, std::vector<Term>& terms)> terms;  ///< replaces `terms`
};

/// Which unknown an equation binds: the first that it can, or the one whose coefficient is largest (in float64, as
/// given): then solutions do not grow.
enum class Bind { kFirst, kLargest };

struct NullSpace {
  std::vector<Index> free_unknowns;  ///< rank = unknowns − these, at the least
  /// Integer solutions, one for every free unknown: above 0 there, 0 at the other free ones. Empty if they were not
  /// found within `most_primes`, or in about a second; those that are here hold exactly.
  std::vector<Integers> vectors;
  bool proven() const { return vectors.size() == free_unknowns.size(); }
};

inline constexpr int kMostPrimes = 64;

/// `stop` is asked with every unknown that is bound and every vector, not between equations: those of many rows ask by
/// themselves.
NullSpace null_space(const LinearSystem& system, Bind bind, int most_primes = kMostPrimes, const ProofStop& stop = {});

}  // namespace poise::inline convex
