// The options, results and progress of convex solvers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "poise/schema.h"
#include "poise/watcher.h"

namespace poise {

struct Workers;

enum class Solver {
  kAuto,     ///< Newton for small problems (up to 400 parameters), else L-BFGS
  kNewton,   ///< Newton with preconditioned conjugate gradients
  kLbfgs,    ///< L-BFGS in a preconditioner of curvatures, in float32; finished and certified by Newton in float64
  kGolden,   ///< dual-process momentum (η, α) in the Böhning preconditioner, or a diagonal one, with restart
  kDescent,  ///< gradient descent with the step 1/ℓ, half of the proven bound 2/ℓ
  kBarzilaiBorwein  ///< gradient descent with the step ⟨ΔW, Δ∇⟩/‖Δ∇‖², halved where f rises above its last ten values
};

enum class Status {
  kCertified,  ///< objective − optimum ≤ gap ≤ tolerance, proven
  kConverged,  ///< no further progress in float64, but the proof did not reach the tolerance
  kSeparable,  ///< there is no minimizer, proven by a direction of recession
  kIterationLimit,
  kTimeLimit,
  kInterrupted,  ///< the watcher asked to stop
  kDiverged,     ///< the numbers are no longer finite
  kNotCertified  ///< certify_softmax only, which does not change the weights: the proven gap is above the tolerance
};

const char* to_string(Status status);  ///< "certified", "converged", …
const char* to_string(Solver solver);  ///< "auto", "newton", …

/// Proof that a softmax layer has no optimum: moving along a direction V never hurts a row and helps at least one, so
/// the objective falls forever. V is K×(d+1); `entries` are those that are not zero.
struct SeparatingDirection {
  struct Entry {
    Index feature;  ///< d stands for the bias
    Index class_id;
    double value;
  };
  std::vector<Entry> entries;
  Index rows_helped = 0;                ///< rows whose margin grows strictly
  std::vector<Index> proving_features;  ///< every feature that is a proof by itself, if there are any
  std::string sentence;                 ///< the proof in the user's terms
};

/// Distance from the optimum: f* ≥ dual_value − rounding. With a penalty by convex duality
/// (docs/theory/softmax.md#the-certificate): for distributions Q with the right class balance,
///   f* ≥ D(Q) = mean H(q_i) − Σ_j ‖R_j‖²/(2λ_j),   R = mean (q_i − t_i) x_iᵀ,   so   f − f* ≤ gap = f − D(Q).
/// Without one, or with one too small for that, by the curvature at one point
/// (docs/theory/softmax.md#a-minimizer-from-the-curvature-at-one-point). Everything is in float64, and `gap` includes a
/// bound on the rounding errors of both sides.
struct Certificate {
  double objective = 0;   ///< f, nats
  double dual_value = 0;  ///< the lower bound on f*, nats
  double gap = 0;         ///< f − D(Q) + rounding; the proof
  double rounding = 0;    ///< bound on rounding errors contained in `gap`
  /// A minimizer exists: by a penalty, or smoothing, where every class has rows; without one by enough curvature.
  bool proves_existence = false;
  /// No minimizer exists, as a class has no rows: the bound is on the distance to the infimum.
  bool proves_absence = false;
};

/// The result of a solve. Not being certified is a result, not an error.
struct SolveReport {
  Status status = Status::kConverged;
  std::string why;            ///< one sentence
  double objective = 0;       ///< weighted mean cross-entropy + penalty, nats
  std::optional<double> gap;  ///< proven objective − optimum, nats; empty if there is no proof
  Certificate certificate;    ///< meaningful if `gap` is set
  std::optional<SeparatingDirection> separation;
  int iterations = 0;  ///< outer iterations
  double passes = 0;   ///< passes over all rows (a gradient or Hessian product is one; subsets of rows count in part)
  double seconds = 0;
};

/// Default limits on outer iterations, where SolveOptions::max_iterations is 0.
inline constexpr int kNewtonIterations = 200, kOtherIterations = 20000;

struct SolveOptions {
  Solver solver = Solver::kAuto;
  double tolerance = 1e-8;  ///< wanted gap, absolute, nats
  int max_iterations = 0;   ///< outer iterations; 0: kNewtonIterations, for other solvers kOtherIterations
  double time_limit = 0;    ///< seconds; 0: none
  int threads = 0;          ///< 0: as many as the machine has; the result has the same bits for any number
  /// Bytes that may stay in memory; 0: half of what is free. What is larger than they allow is kept on the disk; the
  /// result has the same bits for any number.
  std::uint64_t memory = 0;
  /// Other processes that share the rows of the softmax layer, see poise/workers.h; null: none. The result has the same
  /// bits for any number of them if their processors have the same instructions.
  Workers* workers = nullptr;
};

/// One outer iteration, as watchers see it.
struct Progress {
  int iteration = 0;   ///< from 1; on a path, from 1 in every solve
  double seconds = 0;  ///< since the solve began; on a path, since the first solve began
  double objective = 0;
  double gradient_norm = 0;
  std::optional<double> gap;
  double passes = 0;
  bool on_part_of_rows = false;  ///< a warm start: the objective is that of a subset of the rows, not comparable
  std::string phase;             ///< "rows 1/16", "all rows", "λ = 1e-3"
};

}  // namespace poise
