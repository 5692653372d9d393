#include "run/training/run_json.h"

#include <fmt/core.h>

#include <string>
#include <vector>

#include "data/fields.h"
#include "data/schema_json.h"
#include "learning/fields.h"
#include "poise/version.h"
#include "run/choosing/fields.h"
#include "run/json_text.h"
#include "run/measurements.h"
#include "run/summary.h"
#include "run/training/command.h"
#include "run/training/environment.h"
#include "run/training/fields.h"
#include "run/training/options_json.h"
#include "run/weight_intervals.h"

namespace poise::inline run {
namespace {

using nlohmann::json;

template <typename T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

json metrics_or_null(const std::optional<Metrics>& metrics) { return metrics ? to_json(*metrics) : json(); }

json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

/// No temperature changes a label, so the confusion before a calibration is that after it.
json to_json(const MeasuredParts& measured, const Schema& schema, bool with_confused) {
  const auto part = [&](const std::optional<Metrics>& metrics) {
    if (!metrics) return json();
    return with_confused ? to_json_with_confused(*metrics, schema) : to_json_by_class(*metrics, schema);
  };
  return {{"train", part(measured.train)}, {"validation", part(measured.validation)}, {"test", part(measured.test)}};
}

json to_json(const ReconstructedParts& measured) {
  const auto part = [&](const std::optional<ReconstructionMetrics>& metrics) {
    return metrics ? to_json(*metrics) : json();
  };
  return {{"train", part(measured.train)}, {"validation", part(measured.validation)}, {"test", part(measured.test)}};
}

json to_json(const PrincipalComponents& found) {
  return {{"components", found.components}, {"mean_squared_error", found.mean_squared_error}};
}

json to_json(const CalibratedParts& calibrated, const Schema& schema) {
  const bool changed = !calibrated.temperature.at_limit;
  return {{"temperature", changed ? calibrated.temperature.temperature : 1},
          {"at_limit", calibrated.temperature.at_limit},
          {"rows", calibrated.rows},
          {"before", to_json(calibrated.before, schema, false)}};
}

json to_json(const TelemetryReport& report) {
  return {{"level", to_string(report.level)},
          {"every", or_null(report.every)},
          {"rows", report.rows},
          {"measurements", report.earlier + std::ssize(report.measurements)},
          {"seconds", report.seconds},
          {"stopped", text_or_null(report.stopped)}};
}

json with_folds(const Metrics& metrics, const Schema& schema, int folds) {
  json out = to_json_with_confused(metrics, schema);
  out["folds"] = folds;
  return out;
}

json to_json(const PenaltyChoice& choice, const Schema& schema, double seconds) {
  json candidates = json::array();
  for (const PenaltyChoice::Candidate& candidate : choice.candidates) {
    candidates.push_back({{"l2", candidate.l2},
                          {"cross_entropy", candidate.cross_entropy},
                          {"standard_error", candidate.standard_error},
                          {"by_fold", candidate.by_fold},
                          {"hopeless", candidate.hopeless},
                          {"accuracy", candidate.hopeless ? json() : json(candidate.metrics.accuracy)}});
  }
  return {{"folds", choice.folds},
          {"leave_one_out", choice.leave_one_out},
          {"candidates", candidates},
          {"metrics", with_folds(choice.candidates[choice.chosen].metrics, schema, choice.folds)},
          {"seconds", seconds}};
}

/// 00 for the least of the pixels' range, ff for the largest.
std::string hexadecimal(const std::vector<std::uint8_t>& pixels) {
  std::string text;
  for (const std::uint8_t pixel : pixels) text += fmt::format("{:02x}", pixel);
  return text;
}

json to_json(const SurestErrors& errors, const Schema& schema) {
  json rows = json::array();
  for (const SurestErrors::Row& error : errors.rows) {
    rows.push_back({{"row", error.wrong.row},
                    {"class", schema.classes[error.wrong.label]},
                    {"predicted", schema.classes[error.wrong.predicted]},
                    {"probability", error.wrong.probability}});
    if (!error.pixels.empty()) rows.back()["pixels"] = hexadecimal(error.pixels);
  }
  return {{"part", errors.part}, {"rows", rows}};
}

json to_json(const DataFigures& figures) {
  return {{"missing_values", figures.missing_values},
          {"columns_with_missing", figures.columns_with_missing},
          {"most_missing", figures.most_missing},
          {"constant_features", figures.constant_features},
          {"duplicate_features", figures.duplicate_features},
          {"repeated_rows", figures.repeated_rows},
          {"contradicted_rows", figures.contradicted_rows},
          {"validation_rows_trained_on", or_null(figures.validation_rows_trained_on)},
          {"test_rows_trained_on", or_null(figures.test_rows_trained_on)}};
}

json path_json(const std::vector<PathSolution>& path) {
  json points = json::array();
  for (const PathSolution& solution : path) {
    json point = to_json(solution.fit.report);
    point.update({{"l2", solution.l2},
                  {"train", metrics_or_null(solution.train)},
                  {"validation", metrics_or_null(solution.validation)}});
    points.push_back(std::move(point));
  }
  return points;
}

json softmax_json(const SoftmaxTraining& softmax, const Network& model) {
  json out = to_json(softmax.report);
  const auto& crossed = softmax.cross_validation;
  out.update({{"l2", softmax.l2},
              {"l2_by_default", softmax.l2_by_default},
              {"l2_choice", softmax.choice ? to_json(*softmax.choice, model.schema, softmax.seconds_choice) : json()},
              {"cross_validation", crossed ? with_folds(crossed->metrics, model.schema, crossed->folds) : json()},
              {"scale", model.metadata.at("scale")}});
  if (softmax.intervals) out["weight_intervals"] = to_json(*softmax.intervals, model.schema);
  if (softmax.report.gap) out["certificate"] = to_json(softmax.report.certificate);
  if (softmax.report.separation) out["separation"] = to_json(*softmax.report.separation, model.schema);
  if (!softmax.path.empty()) out["path"] = path_json(softmax.path);
  return out;
}

/// The objective of a network is what is measured on the rows trained on.
json network_json(const NetworkTraining& network, const TrainingResult& result) {
  const TrainingReport& report = network.report;
  const double trained = static_cast<double>(result.rows) * report.epochs;
  const auto& train = result.measured.train;
  json out = to_json(report);
  out.update({{"architecture", result.model.architecture()},
              {"parameters", result.model.parameter_count()},
              {"objective", train ? json(train->cross_entropy) : json()},
              {"gap", nullptr},
              {"samples_per_second", report.train_seconds > 0 ? trained / report.train_seconds : 0}});
  return out;
}

json to_json(const Progress& progress, const std::optional<double>& l2) {
  json event = {{"event", progress.on_part_of_rows ? "warm_start" : "iteration"},
                {"iteration", progress.iteration},
                {"seconds", progress.seconds},
                {"objective", progress.objective},
                {"gradient_norm", progress.gradient_norm},
                {"passes", progress.passes},
                {"phase", progress.phase},
                {"gap", or_null(progress.gap)}};
  if (l2) event["l2"] = *l2;
  return event;
}

json end_json(const TrainingResult& result) {
  json event = {{"event", "end"}, {"status", result.status}};
  if (result.network) event["best_epoch"] = result.network->report.best_epoch;
  if (result.softmax) {
    event["objective"] = result.softmax->report.objective;
    event["gap"] = or_null(result.softmax->report.gap);
  }
  return event;
}

}  // namespace

json to_json(const TelemetryMeasurement& measurement) {
  json event = {{"event", "thermodynamics"}, {"detail", to_string(measurement.level)}};
  event.update(to_json(measurement.figures));
  event["seconds"] = measurement.seconds;
  if (measurement.epoch) event["epoch"] = *measurement.epoch;
  if (measurement.l2) event["l2"] = *measurement.l2;
  for (const FirstLaw& law : measurement.first_law) event["first_law"].push_back(to_json(law));
  return event;
}

json to_json(const Event& event) {
  switch (event.kind) {
    case Event::Kind::kIteration:
      return to_json(*event.iteration, event.l2);
    case Event::Kind::kEpoch:
      return to_json(*event.epoch);
    case Event::Kind::kMessage:
      return {{"event", "message"}, {"text", event.text}};
    case Event::Kind::kThermodynamics:
      return to_json(*event.measurement);
    case Event::Kind::kEnd:
      return end_json(*event.result);
    default:
      return nullptr;
  }
}

json asked_json(const TrainingRequest& request, const TrainingResult& result) {
  json asked = options_json(request.objective);
  asked.update(options_json(request.solve));
  asked.update(options_json(request));
  asked.erase("resume");
  if (request.choose_l2) asked["l2"] = request.search.leave_one_out ? "loo" : "auto";
  asked.update(options_json(request.search));
  if (result.network) {
    for (const char* convex :
         {"l2_path", "unit", "solver", "tolerance", "max_iterations", "start", "folds", "l2_rule", "l2_candidates"})
      asked.erase(convex);
    const NetworkOptions& options = result.network->options;
    json trained = options_json(options);
    trained.erase("reference_2024");
    trained["compat"] = options.reference_2024 ? json("reference-2024") : json();
    trained["l2"] = or_null(options.objective.l2);
    if (options.step == Step::kAdam) trained["momentum"] = nullptr;
    for (const char* of_run : {"time_limit", "seed", "threads"}) trained.erase(of_run);
    asked.update(trained);
  }
  asked["data"] = request.data.path;
  asked["read"] = options_json(request.read);
  asked["validation"] = request.validation.given() ? json(request.validation.path) : json(result.held_out);
  return asked;
}

json result_json(const TrainingResult& result, bool has_ended) {
  const Schema& schema = result.model.schema;
  json out = result.network ? network_json(*result.network, result) : softmax_json(*result.softmax, result.model);
  out.update(result.model.reconstructs() ? to_json(result.reconstructed) : to_json(result.measured, schema, true));
  if (result.network && result.network->principal) out["principal_components"] = to_json(*result.network->principal);
  out.update({{"status", result.status},
              {"why", result.why},
              {"rows", result.rows},
              {"features", result.model.feature_count()},
              {"classes", schema.class_count()},
              {"not_measured", has_ended ? text_or_null(result.not_measured) : json("the run has not ended")},
              {"seconds_read", result.seconds_read},
              {"run", result.directory}});
  if (result.telemetry) out["telemetry"] = to_json(*result.telemetry);
  if (result.calibration) out["calibration"] = to_json(*result.calibration, schema);
  if (result.data_figures) out["data_figures"] = to_json(*result.data_figures);
  if (result.surest_errors) out["surest_errors"] = to_json(*result.surest_errors, schema);
  if (!has_ended) return out;
  out.update(
      {{"notes", result.notes}, {"seconds_measure", result.seconds_measure}, {"seconds_write", result.seconds_write}});
  return out;
}

json run_json(const TrainingRequest& request, const TrainingResult& result, bool has_ended) {
  return {{"poise", kVersion},
          {"asked", asked_json(request, result)},
          {"schema", json::parse(to_text(schema_to_json(result.model.schema)))},
          {"fingerprint", result.fingerprint},
          {"command", text_or_null(command_of(request))},
          {"environment", environment_json(request.solve.threads)},
          {"notices", result.notices},
          {"result", result_json(result, has_ended)}};
}

}  // namespace poise::inline run
