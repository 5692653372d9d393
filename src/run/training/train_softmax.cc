// Data → certified softmax layer.
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check_codes.h"
#include "base/require.h"
#include "base/words.h"
#include "convex/problem.h"
#include "network/model_check.h"
#include "poise/error.h"
#include "run/choosing/fields.h"
#include "run/measured_parts.h"
#include "run/penalty_path.h"
#include "run/telemetry.h"
#include "run/training/held_out_penalty.h"
#include "run/training/training_run.h"
#include "run/weight_intervals.h"

namespace poise::inline run {
namespace {

bool has_held_out_rows(const TrainingRequest& request) {
  return request.validation.given() || request.validation_share.value_or(0) > 0;
}

/// Whether validation rows choose among penalties that are found on the way.
bool searches_by_validation(const TrainingRequest& request) { return request.choose_l2 && has_held_out_rows(request); }

bool is_path(const TrainingRequest& request) { return !request.l2_path.empty() || searches_by_validation(request); }

/// AUC, which sorts the rows of every class, is of the model chosen alone.
MeasureOptions on_path(const TrainingRun& run, MeasuringTime& time) {
  return {.threads = run.request().solve.threads, .memory = run.request().solve.memory, .auc = false, .watcher = &time};
}

/// Of the ways to label up to 2 (d + 1) rows in general position, planes realize half or more (Cover 1965): that such
/// rows are classified well shows nothing, and where the penalty decides. A category's columns add up to 1.
void note_width(TrainingRun& run) {
  const TrainingRequest& request = run.request();
  const Dataset& train = run.train();
  Index features = train.features.cols();
  for (const Column& column : train.schema.columns) features -= column.kind == ColumnKind::kCategorical ? 1 : 0;
  const bool chosen = request.choose_l2 || (request.l2_path.size() > 1 && has_held_out_rows(request));
  if (chosen || train.schema.format == FileFormat::kLibsvm || train.rows() > 2 * (features + 1)) return;
  const std::string text = fmt::format(
      "{} few for {}: weights can be found that classify them well whatever the labels are, so the accuracy on them "
      "shows little and the penalty decides{}",
      train.rows() == 1 ? "1 row is" : fmt::format("{} rows are", train.rows()), counted(features, "feature"),
      can_be_folded(train) ? "; --l2 auto chooses it" : "");
  run.note(coded(text, codes::kFewRows));
}

void note_path_without_validation(TrainingRun& run) {
  const std::vector<double>& path = run.request().l2_path;
  if (path.size() < 2 || run.parts().validation) return;
  run.note(
      "without held-out rows the model of the last penalty solved for is kept; --validation chooses by held-out "
      "cross-entropy");
}

/// The best may lie outside of the path.
void note_end_of_path(const std::vector<PathSolution>& candidates, const PathSolution& chosen, TrainingRun& run) {
  const std::vector<double>& path = run.request().l2_path;
  if (path.size() < 2 || candidates.size() < path.size() || !chosen.validation) return;
  const auto [least, most] = std::minmax_element(path.begin(), path.end());
  if (*least == *most || (chosen.l2 != *least && chosen.l2 != *most) || chosen.l2 == 0) return;
  const bool is_least = chosen.l2 == *least;
  run.note(coded(
      fmt::format("the penalty chosen, {:g}, is the {} of --l2-path: a {} one may be better still; --l2 auto looks",
                  chosen.l2, is_least ? "smallest" : "largest", is_least ? "smaller" : "larger"),
      codes::kEndOfPenalties));
}

void check_unit(const TrainingRun& run) {
  const ObjectiveOptions& objective = run.request().objective;
  if (!(objective.unit > 0) || resolve_scale(run.train(), objective.scale) == Scale::kNone) return;
  throw Error(ErrorKind::kUsage, "--unit with standardized features, whose unit is the standard deviation",
              "--scale none with it", "tables and NPY arrays are standardized unless --scale says otherwise",
              {run.request().data.path});
}

void check_rows_of_workers(const TrainingRun& run) {
  const TrainingRequest& request = run.request();
  if (!run.train().features.is_elsewhere()) return;
  const char* const expected = "what a solve and its proof need";
  require(request.telemetry == Telemetry::kOff, "telemetry of rows that workers have", expected);
  require(!request.choose_l2 || has_held_out_rows(request), "a penalty chosen by folds of rows that workers have",
          "one that is given, or rows to validate by");
}

void check_choosing(const TrainingRun& run) {
  const TrainingRequest& request = run.request();
  check_fields(request.search);
  require(request.choose_l2 || (!request.search.leave_one_out && request.search.candidates.empty()),
          "a way to choose the penalty, which is not to be chosen", "l2 auto or loo");
  const PenaltySearchOptions& search = request.search;
  require(!has_held_out_rows(request) || (!search.leave_one_out && search.candidates.empty() &&
                                          search.fold_of_row.empty() && search.rule == PenaltyRule::kBest),
          "--l2 loo, --l2-candidates or --l2-rule where validation rows choose the penalty", "one or the other",
          "without --validation rows of the data choose it, by folds or one by one");
  const bool by_folds = request.choose_l2 && !has_held_out_rows(request) && !search.leave_one_out;
  require(by_folds || search.folds == PenaltySearchOptions().folds, "--folds where no folds choose the penalty",
          "--l2 auto without validation rows", "--l2 loo leaves out one row at a time; a number needs no folds");
  check_search(run.train(), request.search);
}

std::optional<Network> model_to_start_from(const TrainingRun& run) {
  const std::string& start = run.request().start;
  const std::optional<Network>& given = run.request().start_model;
  if (start.empty() && !given) return std::nullopt;
  Network model = given ? *given : load_softmax_layer(start);
  try {
    check_same_columns(model, run.train());
  } catch (const Error& error) {
    throw Error(error.kind(), error.found(), error.expected(),
                fmt::format("--start {} needs its features and classes, in its order", start),
                {run.request().data.path});
  }
  return model;
}

/// Where the training stands, and where it goes on.
class Course {
 public:
  explicit Course(TrainingRun& run) : run_(run) {
    if (!run.resumed()) return;
    require(run.resumed()->softmax.has_value(), "a checkpoint without a softmax layer", "one of a softmax layer");
    from_ = &*run.resumed()->softmax;
    now_ = *from_;
    run.note(resumed_after());
  }

  Keeping<SolvesState> solves(SolvesState SoftmaxState::*part) {
    Keeping<SolvesState> keeping;
    if (from_) keeping.from = &(from_->*part);
    if (!run_.keeps_checkpoints()) return keeping;
    keeping.is_due = [this] { return run_.checkpoint_is_due(); };
    keeping.keep = [this, part](SolvesState state) {
      now_.*part = std::move(state);
      keep_if_due();
    };
    return keeping;
  }

  Keeping<ChoiceState> choice() {
    Keeping<ChoiceState> keeping;
    if (from_ && from_->choice) keeping.from = &*from_->choice;
    if (!run_.keeps_checkpoints()) return keeping;
    keeping.keep = [this](ChoiceState state) {
      now_.choice = std::move(state);
      keep_if_due();
    };
    return keeping;
  }

 private:
  void keep_if_due() {
    if (!run_.checkpoint_is_due()) return;
    Checkpoint now;
    now.softmax = now_;
    run_.keep(std::move(now));
  }

  std::string resumed_after() const {
    std::string text = "resumed";
    for (const SolvesState* solves : {&now_.first, &now_.last}) {
      if (!solves->finished.empty()) text += fmt::format(" after {}", counted(std::ssize(solves->finished), "solve"));
      if (solves->current) text += fmt::format(" after iteration {}", solves->current->iterations);
    }
    return text;
  }

  TrainingRun& run_;
  const SoftmaxState* from_ = nullptr;
  SoftmaxState now_;
};

/// The solution, or those of the path; the best so far is always saved.
std::vector<PathSolution> solve_all(TrainingRun& run, const ObjectiveOptions& objective, const SolveOptions& solve,
                                    const Network* start, const Keeping<SolvesState>& keeping) {
  if (!is_path(run.request())) {
    std::vector<PathSolution> one{
        {resolve_l2(run.train(), objective), fit_softmax(run.train(), objective, solve, &run, start, keeping), {}, {}}};
    run.save(one[0].fit.model);
    return one;
  }
  PathOptions path{.penalties = run.request().l2_path,
                   .first = default_l2(run.train()),
                   .on_best = [&](const Network& model) { run.save(model); },
                   .measure = {}};
  if (run.parts().validation) {
    path.measure = [&](const Network& model) {
      MeasuringTime time = run.measuring_time();
      return measure_unless_stopped(model, *run.parts().validation, on_path(run, time));
    };
  }
  return solve_path(run.train(), path, objective, solve, &run, keeping);
}

bool was_ended(const PathSolution& solution) {
  const Status status = solution.fit.report.status;
  return status == Status::kInterrupted || status == Status::kTimeLimit;
}

/// The penalty that cross-validation chooses. Solves with the default first: whatever ends the search leaves that
/// model, and what is chosen begins there.
std::vector<PathSolution> solve_chosen(TrainingRun& run, ObjectiveOptions& objective, const SolveOptions& solve,
                                       const Network* start, Course& course) {
  const Stopwatch spent;
  std::vector<PathSolution> found = solve_all(run, objective, solve, start, course.solves(&SoftmaxState::first));
  const double once_more = 2 * spent.seconds();
  SolveOptions rest = solve;
  if (solve.time_limit > 0) rest.time_limit -= spent.seconds() + once_more;
  if (was_ended(found[0]) || rest.time_limit < 0) return found;
  cross_validate_penalties(run, objective, rest, found[0].fit.model, course.choice());
  if (!objective.l2) return found;
  if (solve.time_limit > 0) rest.time_limit += once_more;
  const std::optional<SoftmaxFit> from = std::exchange(run.result().softmax->choice->fit, std::nullopt);
  return solve_all(run, objective, rest, &from->model, course.solves(&SoftmaxState::last));
}

/// What the run as a whole has come to: a path that was stopped has not ended well, whichever of its models is chosen.
void set_status(const PathSolution& chosen, const PathSolution& last, TrainingResult& result) {
  const SolveReport &report = chosen.fit.report, &end = last.fit.report;
  const bool stopped = was_ended(last);
  result.status = to_string(stopped ? end.status : report.status);
  result.why = report.why;
  if (!stopped || &chosen == &last) return;
  result.why = fmt::format("{} in the solve for l2 {:g}; the model is that for l2 {:g}, the best on the held-out rows",
                           end.status == Status::kInterrupted ? "interrupted" : "the time limit was reached", last.l2,
                           chosen.l2);
}

/// The search was asked for and came to no end, whatever its first solve has come to.
void set_no_choice(TrainingRun& run) {
  const bool interrupted = run.reason_to_end() == "interrupted";
  TrainingResult& result = run.result();
  result.status = to_string(interrupted ? Status::kInterrupted : Status::kTimeLimit);
  result.why = fmt::format("{} before a penalty was chosen; the model is that of the default: {}",
                           interrupted ? "interrupted" : "the time limit was reached", result.why);
}

/// One measurement a solution; there is no run of steps to follow. It ends early by what would end the training.
void measure_solutions(TrainingRun& run, const std::vector<PathSolution>& candidates) {
  const TrainingRequest& request = run.request();
  TelemetryReport& report = run.result().telemetry.emplace();
  report.level = request.telemetry;
  StopWhen must_stop([&] {
    if (report.stopped.empty()) report.stopped = run.reason_to_end();
    return !report.stopped.empty();
  });
  for (const PathSolution& candidate : candidates) {
    if (candidate.fit.report.status == Status::kDiverged) continue;
    try {
      report.measurements.push_back(
          measure_solution(request.telemetry, candidate.fit.model, run.train(), request.solve.threads, &must_stop));
    } catch (const MeasurementStopped&) {
      return;
    }
    const TelemetryMeasurement& measured = report.measurements.back();
    report.rows = measured.figures.rows;
    report.seconds += measured.seconds;
    run.on_event({.kind = Event::Kind::kThermodynamics, .measurement = &measured});
  }
}

void add_intervals(TrainingRun& run, const PathSolution& chosen, ObjectiveOptions objective) {
  if (!run.reason_to_end().empty()) return;
  WeightIntervals& found = run.result().softmax->intervals.emplace();
  if (run.result().calibration && !run.result().calibration->temperature.at_limit) {
    found.refused = "calibration has divided the weights; poise inspect RUN DATA --inference is about those before it";
    return;
  }
  objective.l2 = chosen.l2;
  found = weight_intervals(chosen.fit.model, chosen.fit.report, run.train(), objective, run.request().solve.threads);
}

}  // namespace

TrainingResult train_softmax_layer(const TrainingRequest& request, Watcher& watcher) {
  TrainingRun run(request, watcher, 0);
  check_unit(run);
  check_rows_of_workers(run);
  check_choosing(run);
  note_width(run);
  note_path_without_validation(run);
  const std::optional<Network> start = model_to_start_from(run);
  if (auto ended = run.ended_before()) return std::move(*ended);
  run.begin();

  const Dataset& train = run.train();
  ObjectiveOptions objective = request.objective;
  SolveOptions solve = request.solve;
  const Index classes = train.schema.class_count();
  solve.time_limit = run.time_to_train({{Matrix::Zero(classes, train.features.cols()), Vector::Zero(classes)}});
  SoftmaxTraining& softmax = run.result().softmax.emplace();
  std::vector<PathSolution> alone, &candidates = is_path(request) ? softmax.path : alone;
  const bool by_folds = request.choose_l2 && !is_path(request);
  const Network* begin = start ? &*start : nullptr;
  Course course(run);
  candidates = by_folds ? solve_chosen(run, objective, solve, begin, course)
                        : solve_all(run, objective, solve, begin, course.solves(&SoftmaxState::first));
  const PathSolution& chosen = best_of(candidates);
  note_end_of_path(candidates, chosen, run);
  if (request.choose_l2 && chosen.validation && was_ended(candidates.back()))
    run.note("the search for a penalty was ended early");
  else if (request.choose_l2 && chosen.validation)
    note_idle_features(*chosen.validation, "on the held-out rows", run);

  set_status(chosen, candidates.back(), run.result());
  if (by_folds && !softmax.choice && can_be_folded(train)) set_no_choice(run);
  softmax.report = chosen.fit.report;
  softmax.l2 = chosen.l2;
  softmax.l2_by_default = !objective.l2 && !is_path(request);
  run.write_first();
  if (request.telemetry != Telemetry::kOff) measure_solutions(run, candidates);
  run.measure();
  if (!request.measure || train.features.is_elsewhere()) return run.finish("");
  add_intervals(run, chosen, objective);
  if (is_path(request)) {
    MeasuringTime time = run.measuring_time();
    measure_path(train, on_path(run, time), candidates);
  } else if (!softmax.choice) {
    estimate_by_folds(run, objective, chosen.fit);
  }
  return run.finish(request.choose_l2 ? "" : "--l2 auto chooses the penalty");
}

}  // namespace poise::inline run
