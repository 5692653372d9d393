// poise train: data → certified softmax layer → run directory.
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/stopwatch.h"
#include "base/words.h"
#include "cli/held_out.h"
#include "cli/run_summary.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "cli/train_parts.h"
#include "cli/training_end.h"
#include "convex/problem.h"
#include "poise/error.h"
#include "run/measuring_time.h"
#include "run/penalty_path.h"
#include "run/progress.h"
#include "run/run_directory.h"
#include "run/summary.h"

namespace poise::cli {
namespace {

using nlohmann::json;

json candidate_json(const PathSolution& candidate) {
  json out = to_json(candidate.fit.report);
  out["l2"] = candidate.l2;
  out["train"] = candidate.train ? to_json(*candidate.train) : json();
  out["validation"] = candidate.validation ? to_json(*candidate.validation) : json();
  return out;
}

bool is_path(const Arguments& a) { return !a.l2_path.empty() || a.l2_path_is_auto; }

/// AUC, which sorts the rows of every class, is of the model chosen alone.
MeasureOptions on_path(const Arguments& a, MeasuringTime& time) {
  return {.threads = a.solve.threads, .auc = false, .stop = time.stop()};
}

/// The solution, or those of the path; the best so far is always written.
std::vector<PathSolution> solve_all(const Arguments& a, const Inputs& inputs, const SolveOptions& solve,
                                    const SoftmaxModel* start, TrainingEnd& end, ProgressReporter& progress) {
  const Dataset& train = inputs.parts.train;
  if (!is_path(a)) {
    std::vector<PathSolution> one{
        {resolve_l2(train, a.objective), fit_softmax(train, a.objective, solve, &progress, start), {}, {}}};
    end.save(to_network(one[0].fit.model));
    return one;
  }
  PathOptions path{a.l2_path, [&](const SoftmaxModel& model) { end.save(to_network(model)); }, {}};
  if (inputs.parts.validation) {
    path.measure = [&](const SoftmaxModel& model) {
      MeasuringTime time = inputs.measuring_time(a);
      return measure_unless_stopped(to_network(model), *inputs.parts.validation, on_path(a, time));
    };
  }
  return solve_path(train, path, a.objective, solve, &progress);
}

json path_json(const std::vector<PathSolution>& candidates) {
  json path = json::array();
  for (const PathSolution& candidate : candidates) path.push_back(candidate_json(candidate));
  return path;
}

/// --telemetry: one measurement a solution; there is no run of steps to follow. The summary, as of a network's run.
/// It ends early by what would end the training; `running` since the data were read.
json append_telemetry(const Arguments& a, const std::vector<PathSolution>& candidates, const Dataset& train,
                      const Stopwatch& running, RunDirectory& run) {
  int measurements = 0;
  Index rows = 0;
  double seconds = 0;
  json stopped;
  const auto must_stop = [&] {
    if (interrupted) stopped = "interrupted";
    if (stopped.is_null() && a.solve.time_limit > 0 && running.seconds() > a.solve.time_limit) stopped = "time_limit";
    return !stopped.is_null();
  };
  for (const PathSolution& candidate : candidates) {
    if (candidate.fit.report.status == Status::kDiverged) continue;
    json event = {{"event", "thermodynamics"}, {"l2", candidate.l2}};
    try {
      event.update(measure_solution(a.telemetry, candidate.fit.model, train, a.solve.threads, must_stop));
    } catch (const MeasurementStopped&) {
      break;
    }
    rows = event["rows"];
    run.append_event(event);
    ++measurements, seconds += event["seconds"].get<double>();
  }
  return {{"level", to_string(a.telemetry)}, {"every", nullptr},   {"rows", rows},
          {"measurements", measurements},    {"seconds", seconds}, {"stopped", stopped}};
}

/// What the run as a whole has come to: a path that was stopped has not ended well, whichever of its models is chosen.
json status_json(const PathSolution& chosen, const PathSolution& last) {
  const SolveReport &report = chosen.fit.report, &end = last.fit.report;
  const bool stopped = end.status == Status::kInterrupted || end.status == Status::kTimeLimit;
  if (!stopped || &chosen == &last) return {{"status", to_string(report.status)}, {"why", report.why}};
  const char* what = end.status == Status::kInterrupted ? "interrupted" : "the time limit was reached";
  return {
      {"status", to_string(end.status)},
      {"why", fmt::format("{} in the solve for l2 {:g}; the model is that for l2 {:g}, the best on the held-out rows",
                          what, last.l2, chosen.l2)}};
}

json result_json(const Arguments& a, const std::vector<PathSolution>& candidates, const PathSolution& chosen,
                 const Network& model, const Dataset& train) {
  const SolveReport& report = chosen.fit.report;
  json result = to_json(report);
  result.update(status_json(chosen, candidates.back()));
  result.update({{"rows", train.rows()},
                 {"features", train.features.cols()},
                 {"classes", train.schema.class_count()},
                 {"l2", chosen.l2},
                 {"scale", model.metadata.at("scale")}});
  if (report.gap) result["certificate"] = to_json(report.certificate);
  if (report.separation) result["separation"] = to_json(*report.separation, train.schema);
  if (is_path(a)) result["path"] = path_json(candidates);
  return result;
}

json asked_json(const Arguments& a, double held_out_share) {
  json asked = asked_of_training(a, held_out_share);
  const json number = a.objective.l2 ? json(*a.objective.l2) : json();
  asked.update({{"l2", a.l2_auto ? json("auto") : number},
                {"l2_path", a.l2_path_is_auto ? json("auto") : json(a.l2_path)},
                {"unit", a.objective.unit},
                {"solver", to_string(a.solve.solver)},
                {"tolerance", a.solve.tolerance},
                {"max_iterations", a.solve.max_iterations},
                {"start", a.start}});
  return asked;
}

const char* units_of_penalty(const std::string& scale) {
  if (scale == "numbers") return "standardized numbers";
  return scale == "standard" ? "standardized features" : "features as given";
}

void print_result(const json& result) {
  fmt::print("{}, {}, {}; penalty {:.6g}{} on {}\n", counted(result["rows"].get<Index>(), "row"),
             counted(result["features"].get<Index>(), "feature"),
             counted(result["classes"].get<Index>(), "class", "classes"), result["l2"].get<double>(),
             origin_of_penalty(result), units_of_penalty(result["scale"]));
  fmt::print("status      {}: {}\n", result["status"].get<std::string>(), result["why"].get<std::string>());
  fmt::print("objective   {:.12g}", result["objective"].get<double>());
  if (!result["gap"].is_null()) fmt::print("   proven within {:.2e} nats of the optimum", result["gap"].get<double>());
  fmt::print("\n");
  if (result.contains("path")) {
    for (const json& point : result["path"]) {
      fmt::print("  l2 {:<8.3g} {:<12} objective {:.8g}{}\n", point["l2"].get<double>(),
                 point["status"].get<std::string>(), point["objective"].get<double>(),
                 point["validation"].is_null() ? ""
                                               : fmt::format("   validation cross-entropy {:.5f}",
                                                             point["validation"]["cross_entropy"].get<double>()));
    }
  }
  print_calibration(result);
  print_parts(result);
  print_telemetry(result);
  fmt::print("{}, {:.1f} passes, {:.3f} s to train, {:.3f} s to read; run {}\n",
             counted(result["iterations"].get<int>(), "iteration"), result["passes"].get<double>(),
             result["seconds"].get<double>(), result["seconds_read"].get<double>(), result["run"].get<std::string>());
}

void note_path_without_validation(const Arguments& a, const Parts& parts) {
  if (a.quiet || a.l2_path.size() < 2 || parts.validation) return;
  say("note: the model is that of the last penalty of --l2-path, {:g}; --validation chooses by held-out "
      "cross-entropy\n",
      a.l2_path.back());
}

/// Of the ways to label up to 2 (d + 1) rows in general position, planes realize half or more (Cover 1965): that such
/// rows are classified well shows nothing, and where the penalty is decides. A category's columns add up to 1.
void note_width(const Arguments& a, Dataset& train) {
  Index features = train.features.cols();
  for (const Column& column : train.schema.columns) features -= column.kind == ColumnKind::kCategorical ? 1 : 0;
  const bool held_out = a.validation.value_or(0) > 0 || !a.validation_data.empty();
  const bool chosen = a.l2_auto || a.l2_path_is_auto || (a.l2_path.size() > 1 && held_out);
  if (chosen || train.schema.format == FileFormat::kLibsvm || train.rows() > 2 * (features + 1)) return;
  train.notices.push_back(fmt::format(
      "{} rows are few for {} features: weights can be found that classify them well whatever the labels are, so the "
      "accuracy on them shows little and the penalty decides; --l2 auto chooses it",
      train.rows(), features));
}

/// The best may lie outside of the path.
void note_end_of_path(const Arguments& a, const std::vector<PathSolution>& candidates, const PathSolution& chosen) {
  if (a.quiet || a.l2_path.size() < 2 || candidates.size() < a.l2_path.size() || !chosen.validation) return;
  const auto [least, most] = std::minmax_element(a.l2_path.begin(), a.l2_path.end());
  if (*least == *most || (chosen.l2 != *least && chosen.l2 != *most) || chosen.l2 == 0) return;
  const bool is_least = chosen.l2 == *least;
  say("note: the penalty chosen, {:g}, is the {} of --l2-path: a {} one may be better still; --l2-path auto looks\n",
      chosen.l2, is_least ? "smallest" : "largest", is_least ? "smaller" : "larger");
}

/// Options that these data make meaningless.
void check_options(const Arguments& a, const Parts& parts) {
  if (a.objective.unit > 0 && resolve_scale(parts.train, a.objective.scale) != Scale::kNone) {
    throw Error(ErrorKind::kUsage, "--unit with standardized features, whose unit is the standard deviation",
                "--scale none with it", "tables and NPY arrays are standardized unless --scale says otherwise",
                {a.data});
  }
  if (a.seed_given && !parts.validation && !a.l2_auto && !a.quiet) {
    say("note: --seed has no effect: the optimum depends on no random numbers, and no rows are held out\n");
  }
}

std::optional<SoftmaxModel> model_to_start_from(const Arguments& a, const Dataset& train) {
  if (a.start.empty()) return std::nullopt;
  SoftmaxModel model = load_model(a.start);
  try {
    check_same_columns(model, train);
  } catch (const Error& error) {
    throw Error(error.kind(), error.found(), error.expected(),
                fmt::format("--start {} needs its features and classes, in its order", a.start), {a.data});
  }
  return model;
}

}  // namespace

int train(const Arguments& asked) {
  if (!asked.network.hidden.empty()) return train_network(asked);
  Arguments a = asked;
  end_at_interrupts(a.quiet);
  const Stopwatch started;
  const double held_out = held_out_share(a, 0);
  Parts parts = read_parts(a, held_out);
  check_options(a, parts);
  note_width(a, parts.train);
  print_notices(a, parts.train);
  note_path_without_validation(a, parts);
  const double seconds_read = started.seconds();

  const Stopwatch running;
  const std::optional<SoftmaxModel> start = model_to_start_from(a, parts.train);
  things_stand("no model was written");
  watch_for_interrupts(a.quiet);
  RunDirectory run(a.out, a.data);
  run.announce({{"event", "start"}, {"rows", parts.train.rows()}, {"features", parts.train.features.cols()}});
  SolveOptions solve = a.solve;
  solve.time_limit = time_to_train(a, parts, {parts.train.features.cols(), parts.train.schema.class_count()});
  const Inputs inputs{parts, held_out, seconds_read, running};
  TrainingEnd end(a, inputs, run);
  ProgressReporter progress(&run, a.quiet ? nullptr : stderr, &interrupted, solve);
  const json choice = choose_penalty(a, solve, parts.train);
  std::vector<PathSolution> candidates = solve_all(a, inputs, solve, start ? &*start : nullptr, end, progress);
  const PathSolution& chosen = best_of(candidates);
  note_end_of_path(a, candidates, chosen);

  json result = result_json(a, candidates, chosen, end.model(), parts.train);
  result.update({{"l2_choice", choice},
                 {"l2_by_default", !a.objective.l2 && !is_path(a)},
                 {"cross_validation", choice.is_null() ? json() : choice["metrics"]}});
  const json request = asked_json(asked, held_out);
  end.write_first(result, request);
  if (a.telemetry != Telemetry::kOff) result["telemetry"] = append_telemetry(a, candidates, parts.train, running, run);
  end.measure(result);
  if (is_path(a)) {
    MeasuringTime time = inputs.measuring_time(a);
    measure_path(parts.train, on_path(a, time), candidates);
    result["path"] = path_json(candidates);
  } else if (choice.is_null()) {
    result["cross_validation"] = estimate(a, inputs, parts.train, chosen.fit);
  }
  const json last = {{"objective", result["objective"]}, {"gap", result["gap"]}};
  return end.finish(std::move(result), request, last, print_result);
}

}  // namespace poise::cli
