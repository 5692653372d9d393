// poise train: data → certified softmax layer → run directory.
#include <fmt/core.h>

#include <optional>

#include "base/stopwatch.h"
#include "cli/run_summary.h"
#include "cli/train_parts.h"
#include "convex/problem.h"
#include "poise/error.h"
#include "run/progress.h"
#include "run/run_directory.h"
#include "run/summary.h"

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
    const json measured = measure_parts(to_network(candidate.fit.model), parts, std::nullopt, a.solve.threads);
    candidate.train = measured["train"], candidate.validation = measured["validation"];
    candidates.push_back(std::move(candidate));
  };
  if (a.l2_path.empty()) {
    add(a.objective.l2, fit_softmax(parts.train, a.objective, a.solve, &progress, start));
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

json asked_json(const Arguments& a, double held_out_share) {
  json asked = asked_of_training(a, held_out_share);
  asked.update({{"l2", a.objective.l2},
                {"l2_path", a.l2_path},
                {"unit", a.objective.unit},
                {"solver", to_string(a.solve.solver)},
                {"tolerance", a.solve.tolerance},
                {"max_iterations", a.solve.max_iterations},
                {"start", a.start}});
  return asked;
}

void print_result(const json& result) {
  fmt::print("{} rows, {} features, {} classes; penalty {} on {}\n", result["rows"].get<Index>(),
             result["features"].get<Index>(), result["classes"].get<Index>(), result["l2"].get<double>(),
             result["scale"] == "standard" ? "standardized features" : "features as given");
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
  print_telemetry(result);
  fmt::print("{} iterations, {:.1f} passes, {:.3f} s to train, {:.3f} s to read; run {}\n",
             result["iterations"].get<int>(), result["passes"].get<double>(), result["seconds"].get<double>(),
             result["seconds_read"].get<double>(), result["run"].get<std::string>());
}

int exit_code(const Arguments& a, Status status) {
  if (status == Status::kInterrupted) return 130;
  if (status == Status::kDiverged) return 5;
  return a.require_certificate && status != Status::kCertified ? 1 : 0;
}

/// Options that these data make meaningless.
void check_options(const Arguments& a, const Parts& parts) {
  if (a.objective.unit > 0 && resolve_scale(parts.train, a.objective.scale) == Scale::kStandard) {
    throw Error(ErrorKind::kUsage, "--unit with standardized features, whose unit is the standard deviation",
                "--scale none with it", "tables and NPY arrays are standardized unless --scale says otherwise",
                {a.data});
  }
  if (a.seed_given && !parts.validation && !a.quiet) {
    fmt::print(stderr,
               "note: --seed has no effect: the optimum depends on no random numbers, and no rows are held out\n");
  }
}

}  // namespace

int train(const Arguments& a) {
  if (!a.network.hidden.empty()) return train_network(a);
  end_at_interrupts(a.quiet);
  const Stopwatch started;
  const double held_out = held_out_share(a, 0);
  const Parts parts = read_parts(a, held_out);
  check_options(a, parts);
  print_notices(a, parts.train);
  const std::optional<Dataset> test = read_test(a, parts.train.schema);
  const double seconds_read = started.seconds();

  std::optional<SoftmaxModel> start;
  if (!a.start.empty()) start = load_model(a.start);
  watch_for_interrupts();
  RunDirectory run(a.out, a.data);
  run.announce({{"event", "start"}, {"rows", parts.train.rows()}, {"features", parts.train.features.cols()}});
  ProgressReporter progress(&run, a.quiet ? nullptr : stderr, &interrupted, a.solve);
  const Stopwatch training;
  const std::vector<Candidate> candidates = solve_all(a, parts, start ? &*start : nullptr, progress);
  const Candidate& chosen = choose(candidates);

  const Stopwatch writing;
  Network model = to_network(chosen.fit.model);
  record_reading(a, held_out, model.metadata);
  const std::string rows = fingerprint(parts.train);
  model.metadata["fingerprint"] = rows;
  run.save_model(model);
  const SolveReport& report = chosen.fit.report;
  json result = to_json(report);
  result.update({{"rows", parts.train.rows()},
                 {"features", parts.train.features.cols()},
                 {"classes", parts.train.schema.class_count()},
                 {"l2", chosen.l2},
                 {"scale", model.metadata.at("scale")},
                 {"train", chosen.train},
                 {"validation", chosen.validation},
                 {"test", measure(model, test ? &*test : nullptr, a.solve.threads)},
                 {"seconds_read", seconds_read},
                 {"run", run.path()}});
  if (a.telemetry != Telemetry::kOff) result["telemetry"] = append_telemetry(a, candidates, parts.train, training, run);
  if (a.calibrate) {
    calibrate_and_measure(model, parts, test, a.solve.threads, result);
    run.save_model(model);
  }
  if (report.gap) result["certificate"] = to_json(report.certificate);
  if (report.separation) result["separation"] = to_json(*report.separation, parts.train.schema);
  if (!a.l2_path.empty()) {
    result["path"] = json::array();
    for (const Candidate& candidate : candidates) result["path"].push_back(candidate_json(candidate));
  }
  result["seconds_write"] = writing.seconds();
  run.write_summary(run_summary(asked_json(a, held_out), parts.train, rows, result));
  run.append_event(
      {{"event", "end"}, {"status", result["status"]}, {"objective", report.objective}, {"gap", result["gap"]}});
  if (a.json) {
    fmt::print("{}\n", result.dump(2));
  } else {
    print_result(result);
  }
  if (report.status == Status::kInterrupted && !a.quiet) {
    fmt::print(stderr, "interrupted: the model so far is in {}\n", run.model_path());
  }
  return exit_code(a, report.status);
}

}  // namespace poise::cli
