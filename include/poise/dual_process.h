// The dual-process step rule (Jaeger): learning rate and momentum from the golden ratio
// (docs/theory/dual-process.md#the-step).
//
//   Δ ← α Δ − η ∇L(w),   w ← w + Δ,      α = √2/φ,   η = (1 − α)²,   φ = (1 + √5)/2
//
// η = (1 − α)² is the only relation under which the rule is the symplectic Euler discretization, with time step 1 − α,
// of w'' + w' + ∇L = 0: unit mass and unit friction (docs/theory/dual-process.md#the-step). The loss must therefore be
// measured in units in which its curvature is O(1). Every curvature λ in [kCriticalCurvature, kUpperCurvature]
// contracts at the same rate √α per step, and above kStableCurvature the rule diverges.
#pragma once

#include <numbers>

namespace poise {

inline constexpr double kGoldenMomentum = std::numbers::sqrt2 / std::numbers::phi;  ///< α = (√10 − √2)/2 ≈ 0.8740
inline constexpr double kGoldenLearningRate =
    (1 - kGoldenMomentum) * (1 - kGoldenMomentum);                  ///< η = 4+√2−√5−√10 ≈ 0.01587
inline constexpr double kSqrtGoldenMomentum = 0.93489681189831975;  ///< √α: contraction per step
inline constexpr double kCriticalCurvature =
    1 / ((1 + kSqrtGoldenMomentum) * (1 + kSqrtGoldenMomentum));  ///< λ_c ≈ 0.2671
inline constexpr double kUpperCurvature =
    1 / ((1 - kSqrtGoldenMomentum) * (1 - kSqrtGoldenMomentum));                             ///< λ_u ≈ 235.94
inline constexpr double kStableCurvature = 2 * (1 + kGoldenMomentum) / kGoldenLearningRate;  ///< λ_s ≈ 236.20
inline constexpr double kConvexCurvature = 2 / (1 - kGoldenMomentum);  ///< 2/h ≈ 15.88: convex guarantee

}  // namespace poise
