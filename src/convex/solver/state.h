// Convex solves between two iterations, and after them, as plain values: whoever goes on from one reaches the same bits
// as a solve that was never stopped.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/keeping.h"
#include "convex/objective.h"
#include "convex/preconditioner/preconditioner.h"
#include "poise/softmax_regression.h"

namespace poise::inline convex {

/// A solver's place: parameters, f and ∇f there, and the best lower bound on f* so far. A dual bound holds for every W,
/// so the gap of a new point is known from its value, and what rounding may have done to it, alone.
struct SolveState {
  Parameters w;
  Evaluation value;
  Parameters gradient;
  Certificate bound;  // the certificate with the largest dual_value so far
  bool has_bound = false;
  Parameters evaluated;  // the point that the objective was evaluated at last, if it is not w; empty: it is

  /// Whether the value is that of a pass in float32, or not known.
  bool is_rough() const { return value.rounding == 0; }
  /// Half the squared Newton decrement where it was computed last: about what is left. No proof: it ends solves without
  /// dual bounds, whose proof waits for the end (existence/verdict.h).
  double estimate = std::numeric_limits<double>::infinity();

  static constexpr double kNear = 0.01;  // of the tolerance

  void keep_better(const Certificate& candidate);
  /// f(w) − best dual value + rounding, of the bound or of f(w), whichever is larger; infinite without a bound.
  double gap() const;
  /// Whether a solver may end: the gap is proven, or likely to be.
  bool is_near(double tolerance) const { return gap() <= tolerance || estimate <= kNear * tolerance; }
  /// Largest absolute entry of ∇f.
  double gradient_norm() const { return gradient.cwiseAbs().maxCoeff(); }
  /// Where the objective's probabilities are.
  const Parameters& last_point() const { return evaluated.size() > 0 ? evaluated : w; }
};

/// How a preconditioner was made, from which it is made again.
struct Origin {
  enum class Kind { kNone, kUniform, kLocal, kSketched };
  Kind kind = Kind::kNone;  ///< kNone: it is not known, and the solve cannot be gone on with; kSketched: of low rank
  Parameters at;            ///< the objective's point; of no account for kUniform
  Arithmetic arithmetic = Arithmetic::kDouble;
};

/// Evaluates there, and makes it. Null where `stop` has ended it.
std::unique_ptr<Preconditioner> make_again(const Origin& origin, SoftmaxObjective& objective, const Stop& stop);

/// QuasiNewton's, the oldest pair first.
struct QuasiNewtonState {
  std::vector<MatrixF> steps, changes;
  std::vector<std::vector<double>> products;
  double inverse_metric_size = 1;
};

/// One solve between two iterations.
struct SolverState {
  enum class Phase { kLbfgs, kNewton, kGolden, kDescent, kBarzilaiBorwein };
  Phase phase = Phase::kNewton;
  std::string title;  ///< of the phase, as progress has it
  int iterations = 0;
  double passes = 0;         ///< of the objective, since it was made
  bool has_moments = false;  ///< whether they count a pass for its moments
  double seconds = 0;        ///< of this solve
  SolveState place;

  // L-BFGS and Newton
  Origin preconditioner;
  QuasiNewtonState curvature;
  double built_at = 0, built_value = 0;  ///< L-BFGS: passes made and f when the preconditioner was rebuilt
  double before = 0;  ///< f before the last iteration; Newton: by how much the last dual bound missed
  int idle = 0;       ///< iterations that gained little, in a row
  bool full = false;  ///< Newton: with the whole Hessian
  double last_decrease = 0;
  int in_tail = 0;

  // First order
  Parameters velocity;
  double step = 0;  ///< its length; golden: κ
  double lipschitz = 0;
  double tried = 0;  ///< the estimate at the last attempt to certify; Newton: the decrement at the last dual bound
  int restarts = 0;
  bool at_rest = false;
  SolveState best;             ///< Barzilai–Borwein: `place` may be higher
  std::vector<double> values;  ///< its last ones
};

/// One solve that has come to its end.
struct FinishedSolve {
  double l2 = 0;
  SolveReport report;
  SolveState place;
  double passes = 0;  ///< of the objective, since it was made
  bool has_moments = false;
};

/// Solves of one problem, one after another: those that have ended, and that which goes on.
struct SolvesState {
  std::vector<FinishedSolve> finished;
  std::optional<SolverState> current;
};

// As the public ones, from and with states that are kept between iterations.
SoftmaxFit fit_softmax(const Dataset& data, const ObjectiveOptions& objective, const SolveOptions& solve,
                       Watcher* watcher, const Network* start, const Keeping<SolvesState>& keeping);
std::vector<SoftmaxFit> fit_softmax_path(const Dataset& data, const NextPenalty& next,
                                         const ObjectiveOptions& objective, const SolveOptions& solve, Watcher* watcher,
                                         const Keeping<SolvesState>& keeping);

}  // namespace poise::inline convex
