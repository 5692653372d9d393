// Limited-memory BFGS whose initial matrix is a preconditioner of the curvature instead of a multiple of the
// identity; the bulk of the work in float32, the end by Newton in float64.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "convex/solver/quasi_newton.h"
#include "convex/solver/solvers.h"
#include "convex/vectors.h"

namespace poise::inline convex {
namespace {

constexpr std::uint64_t kWarmStartSeed = 16;
// The preconditioner is rebuilt once an iteration gains less than this share of f: then the curvature has settled.
constexpr double kRebuildDecrease = 0.05;
// … and again after so many passes, if f has fallen by this share since. Passes to 1e-9 without and with it: MNIST 44
// and 39, Fashion-MNIST 95 and 66, leaves-shape 385 and 211.
constexpr double kWorthRebuilding = 1e-4;  // below, the end is near enough without
constexpr double kPassesBetweenBuilds = 8, kFallBetweenBuilds = 0.02;
// L-BFGS runs on float32 passes and hands over to Newton, in float64, when an iteration gains less than this share of
// f: float32 values are good to about 1e-8, and one or two Newton steps both finish and certify.
constexpr double kFloatDecrease = 3e-7;
// Where the preconditioner has no size, conjugate gradients in it are slow: L-BFGS goes on to the noise of float32.
constexpr double kFloatFloor = 1e-8;
// … unless there is a low-rank preconditioner for Newton. news20, λ = 1e-5, seconds to 1e-6 and to a certified 1e-8
// with this share 1e-5: 80 and more, 2e-6: 38.5 and 42.9, 7e-7: 34.5 and 41.5, 1e-8: 59.7 and 66.7.
constexpr double kLowRankDecrease = 7e-7;
constexpr int kPatience = 3;
// Where time is up, the point reached takes a pass in float64: of the time of one in float32.
constexpr double kEnding = 3;

/// Drives L-BFGS: precision, preconditioner, history.
class Lbfgs {
 public:
  /// `settled`: the preconditioner is of a point near which the curvature is that of the end.
  Lbfgs(SoftmaxObjective& objective, std::unique_ptr<Preconditioner> preconditioner, Origin origin, SolveState& state,
        Monitor& monitor, bool settled)
      : objective_(objective),
        preconditioner_(std::move(preconditioner)),
        origin_(std::move(origin)),
        state_(state),
        monitor_(monitor) {
    if (settled) note_build();
  }

  /// Takes up what its state holds besides the point and the preconditioner.
  void go_on_from(const SolverState& state) {
    curvature_.restore(state.curvature);
    built_at_ = state.built_at, built_value_ = state.built_value;
  }

  /// Until iterations gain less than `stop_decrease` of f, or nothing at all. Returns a limit if one was hit. Where the
  /// preconditioner has no size single steps are of no account: `kPatience` of them must be short.
  /// `from`: goes on after that iteration.
  std::optional<Status> run(int max_iterations, double stop_decrease, bool on_part_of_rows, const std::string& phase,
                            const SolverState* from = nullptr) {
    int idle = from ? from->idle : 0;
    for (double before = from ? from->before : 0;; from = nullptr) {
      if (!from) {
        if (const auto limit = monitor_.limit_reached(max_iterations)) return limit;
        before = state_.value.objective;
        if (!step()) {
          if (preconditioner_->has_size() || curvature_.empty()) return std::nullopt;
          curvature_.clear();  // what was gathered leads nowhere: once more by the preconditioner alone
          continue;
        }
        monitor_.iteration(state_, objective_.passes(), phase, on_part_of_rows);
        if (!on_part_of_rows && monitor_.wants_state()) keep(phase, before, idle);
      }
      const double decrease = (before - state_.value.objective) / std::abs(before);
      idle = decrease >= stop_decrease ? 0 : idle + 1;  // f that is 0 in float32 can fall no further: 0/0
      if (idle >= (preconditioner_->has_size() ? 1 : kPatience)) return std::nullopt;
      if (!on_part_of_rows && decrease < kRebuildDecrease && decrease > kWorthRebuilding) rebuild_preconditioner();
    }
  }

  const Preconditioner& preconditioner() const { return *preconditioner_; }
  std::unique_ptr<Preconditioner> take_preconditioner() { return std::move(preconditioner_); }
  const Origin& origin() const { return origin_; }

 private:
  void keep(const std::string& phase, double before, int idle) {
    SolverState now;
    now.phase = SolverState::Phase::kLbfgs;
    now.title = phase;
    now.place = state_;
    now.preconditioner = origin_;
    now.curvature = curvature_.state();
    now.built_at = built_at_, now.built_value = built_value_;
    now.before = before, now.idle = idle;
    monitor_.keep(std::move(now), objective_);
  }

  /// Where the curvature has settled for the first time, and again when f has moved on and the last build has paid for
  /// itself.
  void rebuild_preconditioner() {
    const bool again = objective_.passes() - built_at_ > kPassesBetweenBuilds &&
                       built_value_ - state_.value.objective > kFallBetweenBuilds * built_value_;
    if (built_at_ > 0 && !again) return;
    auto preconditioner = local_preconditioner(objective_, monitor_.stop());
    if (!preconditioner) return;  // out of time
    preconditioner_ = std::move(preconditioner);
    origin_ = {Origin::Kind::kLocal, state_.last_point(), Arithmetic::kFloat};
    note_build();
  }

  void note_build() {
    built_at_ = objective_.passes();
    built_value_ = state_.value.objective;
  }

  bool step() {
    const int threads = objective_.threads();
    MatrixF direction = curvature_.product(*preconditioner_, state_.gradient);
    if (!(dot(state_.gradient, direction, threads) > 0)) {
      curvature_.clear();
      direction = curvature_.product(*preconditioner_, state_.gradient);
    }
    Trial trial = line_search(objective_, state_, direction);
    if (trial.length == 0) return false;
    curvature_.push(state_.w, trial.w, state_.gradient, trial.gradient, *preconditioner_);
    accept(state_, std::move(trial));
    return true;
  }

  SoftmaxObjective& objective_;
  std::unique_ptr<Preconditioner> preconditioner_;
  Origin origin_;
  SolveState& state_;
  Monitor& monitor_;
  QuasiNewton curvature_{objective_.threads()};
  double built_at_ = 0, built_value_ = 0;  // passes made and f when the preconditioner was rebuilt
};

/// One of how many rows a warm start takes: of sixteen, or of more where those would be a large copy.
Index rows_a_warm_row(const Features& x) {
  constexpr std::size_t kShare = 16, kMostBytes = std::size_t{256} << 20;
  return static_cast<Index>(std::max(kShare, x.stored_bytes() / kMostBytes));
}

/// A sixteenth of the rows, drawn at random: about two passes' worth of work that replaces several iterations. Where f
/// over all rows is there is not known yet.
void warm_start(const SoftmaxObjective& objective, SolveState& state, Monitor& monitor, int max_iterations) {
  const Index share = rows_a_warm_row(objective.problem().features);
  std::vector<Index> rows;
  for (Index i = 0; i < objective.rows(); ++i) {
    if (random_bits(kWarmStartSeed, static_cast<std::uint64_t>(i)) % static_cast<std::uint64_t>(share) == 0)
      rows.push_back(i);
  }
  SoftmaxObjective part(objective.part(rows), objective.threads());
  part.stop_passes_when(monitor.stop());
  SolveState start;
  start.w = state.w;
  const double before = monitor.seconds();
  start.value = part.evaluate(start.w, &start.gradient, Arithmetic::kFloat);
  monitor.keep_free(1.2 * static_cast<double>(share) * (monitor.seconds() - before));  // a pass over all rows
  auto preconditioner =
      affords_gram(part) ? uniform_preconditioner(part, monitor.stop()) : local_preconditioner(part, monitor.stop());
  if (!preconditioner) return;  // out of time
  try {
    Lbfgs(part, std::move(preconditioner), {}, start, monitor, false)
        .run(max_iterations, 0.03, true, fmt::format("1/{} of the rows", share));
  } catch (const PassStopped&) {  // the point before it is as good a start as any
  }
  state.w = start.w;
  state.value = Evaluation();
  state.value.objective = std::numeric_limits<double>::infinity();
}

/// Where L-BFGS begins: a point with its value in float32, and a preconditioner. Without one: a limit was hit.
struct Beginning {
  std::unique_ptr<Preconditioner> preconditioner;
  Origin origin;
};

Beginning begin_lbfgs(SoftmaxObjective& objective, SolveState& state, Monitor& monitor, int max_iterations, bool cold) {
  constexpr Index kFewestRows = 10000;
  bool warm = cold && objective.rows() >= kFewestRows;
  const SolveState begin = state;
  if (warm) warm_start(objective, state, monitor, max_iterations);
  if (monitor.limit_reached(max_iterations)) return {};
  const double before = monitor.seconds();
  state.value = objective.evaluate(state.w, &state.gradient, Arithmetic::kFloat);
  state.evaluated.resize(0, 0);
  monitor.keep_free(kEnding * (monitor.seconds() - before));
  // The optimum of few rows, whose labels may be noise, can be a worse start for all of them than none.
  if (warm && state.value.objective > begin.value.objective) {
    warm = false;
    state.w = begin.w;
    state.value = objective.evaluate(state.w, &state.gradient, Arithmetic::kFloat);
  }
  // At W = 0 all classes have the same block: one factorization does.
  const bool uniform = cold && !warm && affords_gram(objective);
  if (uniform) return {uniform_preconditioner(objective, monitor.stop()), {Origin::Kind::kUniform, {}, {}}};
  return {local_preconditioner(objective, monitor.stop()), {Origin::Kind::kLocal, state.w, Arithmetic::kFloat}};
}

/// Or where it goes on.
Beginning go_on_with_lbfgs(SoftmaxObjective& objective, SolveState& state, Monitor& monitor, const SolverState& from) {
  state = from.place;  // before anything that may be stopped
  Beginning found{make_again(from.preconditioner, objective, monitor.stop()), from.preconditioner};
  const double before = monitor.seconds();
  monitor.go_on_from(from, objective, Arithmetic::kFloat);
  monitor.keep_free(kEnding * (monitor.seconds() - before - from.seconds));
  return found;
}

}  // namespace

Outcome solve_lbfgs(SoftmaxObjective& objective, SolveState& state, Monitor& monitor, int max_iterations, bool cold) {
  const std::string last_phase = "all rows, float64";
  if (monitor.from() && monitor.from()->phase == SolverState::Phase::kNewton)
    return solve_newton(objective, state, monitor, max_iterations, last_phase);
  const SolverState* from = monitor.take_from();
  Beginning first = from ? go_on_with_lbfgs(objective, state, monitor, *from)
                         : begin_lbfgs(objective, state, monitor, max_iterations, cold);
  if (!first.preconditioner) {
    const auto limit = monitor.limit_reached(max_iterations);
    return limited(limit ? *limit : monitor.stopped_by(), monitor);
  }
  Lbfgs lbfgs(objective, std::move(first.preconditioner), std::move(first.origin), state, monitor, !cold && !from);
  if (from) lbfgs.go_on_from(*from);
  // Without a penalty nothing says which unit a feature has: there the diagonal does.
  const bool low_rank = objective.problem().features.is_sparse() && !affords_gram(objective) &&
                        objective.problem().penalty.minCoeff() > 0;
  const double rest = low_rank ? kLowRankDecrease : kFloatFloor;
  const auto limit =
      lbfgs.run(max_iterations, lbfgs.preconditioner().has_size() ? kFloatDecrease : rest, false, "all rows", from);
  if (limit) return limited(*limit, monitor);
  leave_float(objective, state);
  Origin origin = low_rank ? Origin{Origin::Kind::kSketched, state.w, Arithmetic::kDouble} : lbfgs.origin();
  auto preconditioner = low_rank ? low_rank_preconditioner(objective, monitor.stop()) : lbfgs.take_preconditioner();
  if (!preconditioner) return limited(monitor.stopped_by(), monitor);
  if (is_small(objective)) preconditioner = nullptr;  // the Hessian itself serves better
  return solve_newton(objective, state, monitor, max_iterations, last_phase, std::move(preconditioner),
                      std::move(origin));
}

}  // namespace poise::inline convex
