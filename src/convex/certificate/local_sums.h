// Hessian, gradient and reach of the loss at one point, in the functions of a basis and without the gauge: what a
// CurvatureProof is made of, each with a bound on its rounding.
#pragma once

#include <vector>

#include "convex/certificate/exact_point.h"
#include "convex/certificate/feature_basis.h"

namespace poise::inline convex {

/// Coordinates: class a ≠ r (in order, r the class of largest mass, whose weights stay 0), then function k; entry
/// a·q + k of m = (K − 1) q. The basis must have the point's counted rows.
class LocalSums {
 public:
  LocalSums(const Problem& problem, const FeatureBasis& basis, const ExactPoint& point, int threads);

  Index size() const { return (problem_.classes - 1) * basis_.size(); }
  Index reference() const { return reference_; }
  /// The class of the a-th block.
  Index class_of(Index a) const { return a < reference_ ? a : a + 1; }

  /// Σ s R(p) ⊗ φφᵀ over the rows of most curvature that `most_work` multiplications allow (all, mostly: fewer give a
  /// smaller matrix), p at its least; m×m, lower triangle. Entry (j, k) is wrong by at most `error` √(H_jj H_kk).
  struct Hessian {
    Matrix value;
    double error;
  };
  Hessian hessian(double most_work) const;

  /// Σ s (p − t) ⊗ φ, and a bound on the error of every entry.
  struct Gradient {
    Vector value, error;
  };
  Gradient gradient() const;

  /// A bound on max_i max_{a,b} ‖X (e_a − e_b) ⊗ φ_i‖, e_r = 0. Exact up to rounding if that is `affordable`, else by
  /// ‖X e_a ⊗ φ_i‖ + ‖X e_b ⊗ φ_i‖.
  double reach(const Matrix& x, bool affordable) const;

 private:
  const ProofStop& stop() const { return basis_.centered().rows().stop(); }
  void load(Index at, double* phi) const;
  std::vector<Index> rows_of_most_curvature(double most_work) const;
  double exact_reach(const Matrix& x, const Matrix& phi, Index count) const;

  const Problem& problem_;
  const FeatureBasis& basis_;
  const ExactPoint& point_;
  int threads_;
  Index reference_ = 0;
  Matrix cached_;  // φ of all counted rows, if they are not too many
};

}  // namespace poise::inline convex
