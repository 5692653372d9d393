// poise train: data → certified softmax layer → run directory.
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/stopwatch.h"
#include "cli/held_out.h"
#include "cli/run_summary.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "cli/train_parts.h"
#include "cli/training_end.h"
#include "convex/problem.h"
#include "poise/error.h"
#include "run/progress.h"
#include "run/run_directory.h"
#include "run/summary.h"
#include "run/terminal_line.h"

namespace poise::cli {
namespace {

using nlohmann::json;

/// One solution of the path with its measurements.
struct Candidate {
  double l2;
  SoftmaxFit fit;
  json train, validation;
};

json candidate_json(const Candidate& candidate) {
  json out = to_json(candidate.fit.report);
  out["l2"] = candidate.l2;
  out["train"] = candidate.train;
  out["validation"] = candidate.validation;
  return out;
}

std::vector<Candidate> solve_all(const Arguments& a, const Parts& parts, const SoftmaxModel* start,
                                 ProgressReporter& progress) {
  std::vector<Candidate> candidates;
  auto add = [&](double l2, SoftmaxFit&& fit) {
    Candidate candidate{l2, std::move(fit), nullptr, nullptr};
    TerminalLine shown(a.quiet ? nullptr : stderr);
    shown.show_on_terminal("measuring…");
    const json measured = measure_parts(to_network(candidate.fit.model), parts, std::nullopt, a.solve.threads);
    candidate.train = measured["train"], candidate.validation = measured["validation"];
    candidates.push_back(std::move(candidate));
  };
  if (a.l2_path.empty()) {
    add(resolve_l2(parts.train, a.objective), fit_softmax(parts.train, a.objective, a.solve, &progress, start));
    return candidates;
  }
  std::vector<SoftmaxFit> fits = fit_softmax_path(parts.train, a.l2_path, a.objective, a.solve, &progress);
  for (std::size_t k = 0; k < fits.size(); ++k) add(a.l2_path[k], std::move(fits[k]));
  return candidates;
}

/// --telemetry: one measurement a solution; there is no run of steps to follow. The summary, as of a network's run.
/// It ends early by what would end the training, which has begun at `training`.
json append_telemetry(const Arguments& a, const std::vector<Candidate>& candidates, const Dataset& train,
                      const Stopwatch& training, RunDirectory& run) {
  int measurements = 0;
  Index rows = 0;
  double seconds = 0;
  json stopped;
  const auto must_stop = [&] {
    if (interrupted) stopped = "interrupted";
    if (stopped.is_null() && a.solve.time_limit > 0 && training.seconds() > a.solve.time_limit) stopped = "time_limit";
    return !stopped.is_null();
  };
  for (const Candidate& candidate : candidates) {
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

/// The candidate with the smallest validation cross-entropy; without validation data the last.
const Candidate& choose(const std::vector<Candidate>& candidates) {
  const Candidate* best = &candidates.back();
  for (const Candidate& candidate : candidates) {
    if (candidate.validation.is_null()) break;
    if (candidate.validation["cross_entropy"] < best->validation["cross_entropy"]) best = &candidate;
  }
  return *best;
}

/// What the run as a whole has come to: a path that was stopped has not ended well, whichever of its models is chosen.
json status_json(const Arguments& a, const Candidate& chosen, const Candidate& last) {
  const SolveReport &report = chosen.fit.report, &end = last.fit.report;
  const bool stopped = end.status == Status::kInterrupted || end.status == Status::kTimeLimit;
  if (!stopped || &chosen == &last) return {{"status", to_string(report.status)}, {"why", report.why}};
  const std::string what = end.status == Status::kInterrupted
                               ? "interrupted"
                               : fmt::format("the time limit of {} s was reached", a.solve.time_limit);
  return {
      {"status", to_string(end.status)},
      {"why", fmt::format("{} in the solve for l2 {:g}; the model is that for l2 {:g}, the best on the held-out rows",
                          what, last.l2, chosen.l2)}};
}

json result_json(const Arguments& a, const std::vector<Candidate>& candidates, const Candidate& chosen,
                 const Network& model, const Dataset& train, const std::optional<Dataset>& test) {
  const SolveReport& report = chosen.fit.report;
  json result = to_json(report);
  result.update(status_json(a, chosen, candidates.back()));
  result.update({{"rows", train.rows()},
                 {"features", train.features.cols()},
                 {"classes", train.schema.class_count()},
                 {"l2", chosen.l2},
                 {"scale", model.metadata.at("scale")},
                 {"train", chosen.train},
                 {"validation", chosen.validation},
                 {"test", measure(model, test ? &*test : nullptr, a.solve.threads)}});
  if (report.gap) result["certificate"] = to_json(report.certificate);
  if (report.separation) result["separation"] = to_json(*report.separation, train.schema);
  if (a.l2_path.empty()) return result;
  result["path"] = json::array();
  for (const Candidate& candidate : candidates) result["path"].push_back(candidate_json(candidate));
  return result;
}

json asked_json(const Arguments& a, double held_out_share) {
  json asked = asked_of_training(a, held_out_share);
  const json number = a.objective.l2 ? json(*a.objective.l2) : json();
  asked.update({{"l2", a.l2_auto ? json("auto") : number},
                {"l2_path", a.l2_path},
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
  fmt::print("{} rows, {} features, {} classes; penalty {:.6g}{} on {}\n", result["rows"].get<Index>(),
             result["features"].get<Index>(), result["classes"].get<Index>(), result["l2"].get<double>(),
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
  for (const char* part : {"train", "validation", "test"}) print_measured(part, result[part]);
  print_measured("cross-val.", result["cross_validation"]);
  if (result["validation"].is_null() && result["test"].is_null() && result["cross_validation"].is_null()) {
    fmt::print(
        "            these are the rows trained on: --validation or --test tells what the model is worth on others\n");
  }
  print_telemetry(result);
  fmt::print("{} iterations, {:.1f} passes, {:.3f} s to train, {:.3f} s to read; run {}\n",
             result["iterations"].get<int>(), result["passes"].get<double>(), result["seconds"].get<double>(),
             result["seconds_read"].get<double>(), result["run"].get<std::string>());
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
  const bool chosen = a.l2_auto || (a.l2_path.size() > 1 && a.validation.value_or(0) > 0);
  if (chosen || train.schema.format == FileFormat::kLibsvm || train.rows() > 2 * (features + 1)) return;
  train.notices.push_back(fmt::format(
      "{} rows are few for {} features: weights can be found that classify them well whatever the labels are, so the "
      "accuracy on them shows little and the penalty decides; --l2 auto chooses it",
      train.rows(), features));
}

/// The best may lie outside of the path.
void note_end_of_path(const Arguments& a, const std::vector<Candidate>& candidates, const Candidate& chosen) {
  if (a.quiet || a.l2_path.size() < 2 || candidates.size() < a.l2_path.size() || chosen.validation.is_null()) return;
  const auto [least, most] = std::minmax_element(a.l2_path.begin(), a.l2_path.end());
  if (*least == *most || (chosen.l2 != *least && chosen.l2 != *most) || chosen.l2 == 0) return;
  const bool is_least = chosen.l2 == *least;
  say("note: the penalty chosen, {:g}, is the {} of --l2-path: a {} one may be better still\n", chosen.l2,
      is_least ? "smallest" : "largest", is_least ? "smaller" : "larger");
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
  const std::optional<Dataset> test = read_test(a, parts.train.schema);
  const double seconds_read = started.seconds();

  const std::optional<SoftmaxModel> start = model_to_start_from(a, parts.train);
  things_stand("no model was written");
  watch_for_interrupts(a.quiet);
  RunDirectory run(a.out, a.data);
  run.announce({{"event", "start"}, {"rows", parts.train.rows()}, {"features", parts.train.features.cols()}});
  ProgressReporter progress(&run, a.quiet ? nullptr : stderr, &interrupted, a.solve);
  const Stopwatch training;
  const json choice = choose_penalty(a, parts.train);
  const std::vector<Candidate> candidates = solve_all(a, parts, start ? &*start : nullptr, progress);
  const Candidate& chosen = choose(candidates);
  note_end_of_path(a, candidates, chosen);

  TrainingEnd end(a, {parts, test, held_out, seconds_read}, run, to_network(chosen.fit.model));
  json result = result_json(a, candidates, chosen, end.model(), parts.train, test);
  result["l2_choice"] = choice;
  result["l2_by_default"] = !a.objective.l2 && a.l2_path.empty();
  result["cross_validation"] = choice.is_null() ? estimate(a, parts, test.has_value(), chosen.fit) : choice["metrics"];
  if (a.telemetry != Telemetry::kOff) result["telemetry"] = append_telemetry(a, candidates, parts.train, training, run);
  const json last = {{"objective", result["objective"]}, {"gap", result["gap"]}};
  return end.finish(std::move(result), asked_json(asked, held_out), last, print_result);
}

}  // namespace poise::cli
