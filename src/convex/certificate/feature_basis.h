// A basis of the functions that linear scores are made of, in which float64 is enough.
//
// Columns of real tables are nearly dependent: a sentinel 999999999 and the flag that says where it stands, a total and
// its parts, two clocks. What matters is affine invariant
// (docs/theory/softmax.md#a-minimizer-from-the-curvature-at-one-point), so it is computed in functions
//   φ_0 = 1,   φ_k = 2^−f_k Σ_l A_kl y_l      (y: the columns centered and scaled, A of two doubles a number)
// with A = I where columns are far from dependent, and otherwise what elimination leaves of a column, scaled up to unit
// size; the sums are made without rounding. Any invertible A is right, a good one makes the Gram matrix well
// conditioned.
#pragma once

#include <vector>

#include "convex/certificate/centered_rows.h"

namespace poise::inline convex {

class FeatureBasis {
 public:
  /// `weight`: of the counted rows, where the basis should be good; `penalty` of the coefficients of y (size() − 1, may
  /// be 0), which lifts dependence: what counts is Σ s φφᵀ + A diag(penalty) Aᵀ.
  FeatureBasis(CenteredRows rows, std::vector<double> weight, const Vector& penalty, int threads);

  const CenteredRows& centered() const { return rows_; }
  Index size() const { return rows_.size() + 1; }  ///< q, with the constant

  /// φ of a row: q numbers, each right up to a relative ε (below 1e-280 of its usual size: up to that).
  void values(Index row, double* phi) const;

  /// Functions that are nearly combinations of the others, as numbers from 1. After `separate` those that still are.
  const std::vector<Index>& near_dependent() const { return near_; }
  /// Whether sums over the rows were numbers to compute with: then the constant at least depends on nothing.
  bool has_constant() const { return !far_.empty(); }
  /// Takes out of nearly dependent functions what the others say. Requires the constant.
  void separate();
  /// Functions that are combinations of columns, of unit size, since `separate`: not those of which nothing was left.
  std::vector<Index> combinations() const;

  /// A (q×q on 1, y_1, …; row and column 0 the constant) with the scale 2^−f_k of each row multiplied in.
  Matrix coefficients() const;

 private:
  struct Combination {
    std::vector<DoubleDouble> factor;  // on 1, y_1, y_2, …
    int exponent = 0;
  };
  void look_for_dependence();
  Matrix gram() const;
  void reduce(Index k, const std::vector<Index>& others, const Vector& share);
  void scale_to_one(Index k);
  double exact_value(const Combination& of, const DoubleDouble* y, ExactSum& sum) const;

  CenteredRows rows_;
  std::vector<double> weight_;
  Vector penalty_;  // with a 0 for the constant
  int threads_;
  std::vector<Combination> combination_;  // of function k at k; empty: y_{k−1} itself
  std::vector<Index> near_, far_;
  Matrix share_;  // of the functions `far_` in each of `near_`
};

}  // namespace poise::inline convex
