// A basis without features that are exact combinations of others, and a reason where there is none.
#pragma once

#include <memory>
#include <optional>

#include "convex/certificate/feature_basis.h"

namespace poise::inline convex {

/// Why there is no proof.
struct Obstacle {
  enum class Kind {
    kNone,
    kSize,        ///< more parameters or rows than one factorization is made for
    kNotFinite,   ///< numbers overflow, or weights of rows vanish
    kMagnitudes,  ///< of `feature`: beyond what scaling by powers of two can help
    kDependence,  ///< `feature` is too close to a combination of others
    kFlat         ///< the curvature at this point is too small for its gradient
  };
  Kind kind = Kind::kNone;
  Index feature = -1;
};

/// The largest problems: parameters, and rows times parameters times functions.
inline constexpr double kMostParameters = 4000, kMostReach = 3e11;

struct IndependentBasis {
  std::unique_ptr<FeatureBasis> basis;  ///< null for obstacles of size and magnitude alone
  Obstacle obstacle;
};

/// A basis of `columns` without those that are combinations of others and have no penalty. `weight`: of the counted
/// rows, where the basis is to be good; `penalty`: λ_j of all features, in the solver's units; `classes` counts for the
/// size.
IndependentBasis independent_basis(const ExactRows& rows, const std::vector<Index>& counted,
                                   const std::vector<double>& weight, std::vector<Index> columns, const Vector& penalty,
                                   Index classes, int threads);

/// W_j is this times the coefficient of y_k, j the column of k.
double unit_of(const CenteredRows& rows, Index k);

}  // namespace poise::inline convex
