#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/parse_json.h"
#include "data/schema_json.h"
#include "poise/error.h"
#include "report/record/named_values.h"
#include "report/record/read_events.h"
#include "report/record/read_metrics.h"
#include "report/record/read_model.h"
#include "run/json_text.h"

namespace poise {
namespace {

namespace fs = std::filesystem;
using namespace report;
using nlohmann::json;

constexpr std::size_t kMostBytes = std::size_t{1} << 30;
constexpr std::uintmax_t kLargestModel = 256u << 20;  // beyond, its weights are not shown

json read_summary(const std::string& directory) {
  const std::string path = (fs::path(directory) / "run.json").string();
  JsonFault fault;
  const json run = parse_json(read_file(path, kMostBytes), &fault);
  const auto refuse = [&](const std::string& found) {
    throw Error(ErrorKind::kData, found, "the run.json that poise train writes", {}, {path});
  };
  if (fault.has_repeated) refuse(repeats(fault));
  if (!run.is_object() || !member(run, "result").contains("status")) refuse("this is no run.json of a training");
  if (member(run, "result").contains("findings")) refuse("this is an experiment of poise reproduce, not a training");
  if (!run.contains("schema")) refuse("this run.json has no schema, as those before Poise 0.2");
  return run;
}

void read_outcome(const json& result, RunRecord& run) {
  run.status = text_in(result, "status");
  run.why = text_in(result, "why");
  run.not_measured = text_in(result, "not_measured");
  run.rows = whole_in<Index>(result, "rows");
  run.features = whole_in<Index>(result, "features");
  run.classes = whole_in<Index>(result, "classes");
  const std::pair<const char*, double*> numbers[] = {{"seconds", &run.seconds},
                                                     {"seconds_read", &run.seconds_read},
                                                     {"seconds_measure", &run.seconds_measure},
                                                     {"objective", &run.objective},
                                                     {"l2", &run.l2},
                                                     {"passes", &run.passes}};
  for (const auto& [key, value] : numbers) *value = number_in(result, key);
  run.iterations = whole_in<int>(result, "iterations");
  run.scale = text_in(result, "scale");
  run.separation = text_in(member(result, "separation"), "sentence");
  if (const json& proof = member(result, "certificate"); proof.is_object()) {
    run.certificate = Certificate{
        number_in(proof, "objective"), number_in(proof, "dual_value"),     number_in(proof, "gap"),
        number_in(proof, "rounding"),  flag_in(proof, "proves_existence"), flag_in(proof, "proves_absence")};
  }
}

void read_network(const json& result, RunRecord& run) {
  run.is_network = result.contains("architecture");
  if (!run.is_network) return;
  run.architecture = text_in(result, "architecture");
  run.parameters = whole_in<Index>(result, "parameters");
  run.batch = whole_in<Index>(result, "batch");
  run.epochs = whole_in<int>(result, "epochs");
  run.best_epoch = whole_in<int>(result, "best_epoch");
  if (const json& found = member(result, "principal_components"); found.is_object())
    run.principal = {whole_in<Index>(found, "components"), number_in(found, "mean_squared_error")};
}

ReconstructionMetrics reconstruction_of(const json& measured) {
  ReconstructionMetrics metrics;
  metrics.rows = whole_in<Index>(measured, "rows");
  metrics.mean_squared_error = number_in(measured, "mean_squared_error");
  metrics.variance = number_in(measured, "variance");
  metrics.explained_variance = number_in(measured, "explained_variance");
  return metrics;
}

/// Rows not seen before those that were: what else says most comes first.
void read_parts_measured(const json& result, const ClassNumbers& classes, RunRecord& run) {
  const json& crossed = member(result, "cross_validation");
  const json& chosen = member(member(result, "l2_choice"), "metrics");
  const std::pair<const char*, const json*> all[] = {{"test", &member(result, "test")},
                                                     {"validation", &member(result, "validation")},
                                                     {"cross-validation", crossed.is_object() ? &crossed : &chosen},
                                                     {"train", &member(result, "train")}};
  for (const auto& [name, measured] : all) {
    if (!measured->is_object()) continue;
    if (measured->contains("mean_squared_error")) {
      run.reconstructs = true;
      run.reconstructed.push_back({name, reconstruction_of(*measured)});
    } else {
      run.parts.push_back(part_of(*measured, name, classes));
    }
  }
  const json& calibration = member(result, "calibration");
  if (!calibration.is_object() || run.parts.empty()) return;
  run.calibration = number_in(calibration, "temperature");
  run.uncalibrated = reliability_of(member(member(calibration, "before"), run.parts.front().name.c_str()));
}

void read_choice(const json& result, RunRecord& run) {
  run.candidates = candidates_of(result);
  const json& choice = member(result, "l2_choice");
  if (choice.is_object()) {
    run.chosen_by = flag_in(choice, "leave_one_out") ? "leave-one-out" : "cross-validation";
  } else if (!run.candidates.empty() && member(result, "validation").is_object()) {
    run.chosen_by = "validation rows";
  }
}

void read_data_figures(const json& figures, RunRecord& run) {
  if (!figures.is_object()) return;
  DataFigures& found = run.data_figures.emplace();
  const std::pair<const char*, Index*> counts[] = {
      {"missing_values", &found.missing_values},       {"columns_with_missing", &found.columns_with_missing},
      {"constant_features", &found.constant_features}, {"duplicate_features", &found.duplicate_features},
      {"repeated_rows", &found.repeated_rows},         {"contradicted_rows", &found.contradicted_rows}};
  for (const auto& [key, count] : counts) *count = whole_in<Index>(figures, key);
  found.most_missing = number_in(figures, "most_missing");
  const std::pair<const char*, std::optional<Index>*> parts[] = {
      {"validation_rows_trained_on", &found.validation_rows_trained_on},
      {"test_rows_trained_on", &found.test_rows_trained_on}};
  for (const auto& [key, count] : parts) {
    if (member(figures, key).is_number_integer()) *count = whole_in<Index>(figures, key);
  }
}

/// A report is complete without them: they may be gone, or too large.
void read_weights(const std::string& directory, RunRecord& run) {
  std::error_code ignored;
  const fs::path path = fs::path(directory) / "model.onnx";
  const std::uintmax_t size = fs::file_size(path, ignored);
  if (ignored || size > kLargestModel) return;
  try {
    const Network model = load_model(path.string());
    if (model.feature_count() == run.features && model.schema.classes == run.schema.classes) add_weights(model, run);
  } catch (const Error&) {
    run.notices.emplace_back("model.onnx cannot be read: its weights are not shown");
  }
}

}  // namespace

std::string RunRecord::option(std::string_view name) const {
  const auto found = std::find_if(asked.begin(), asked.end(), [&](const Named& one) { return one.first == name; });
  return found == asked.end() ? std::string() : found->second;
}

RunRecord read_run(const std::string& path) {
  std::error_code none;
  const fs::path file(path);
  const bool is_file = file.has_parent_path() && fs::is_regular_file(file, none);  // a model.onnx stands for its run
  const std::string directory = is_file ? file.parent_path().string() : path;
  const json summary = read_summary(directory);
  const json& result = summary.at("result");
  RunRecord run;
  run.directory = directory;
  run.version = text_in(summary, "poise");
  run.command = text_in(summary, "command");
  run.asked = named_values(member(summary, "asked"));
  run.environment = named_values(member(summary, "environment"));
  run.schema = schema_from_json(nlohmann::ordered_json::parse(summary.at("schema").dump()));
  run.fingerprint = text_in(summary, "fingerprint");
  for_each_in(summary, "notices", [&](const json& text) {
    if (text.is_string()) run.notices.push_back(text.get<std::string>());
  });
  ClassNumbers classes;
  for (const std::string& name : run.schema.classes) classes.emplace(name, std::ssize(classes));
  read_outcome(result, run);
  read_network(result, run);
  read_parts_measured(result, classes, run);
  read_choice(result, run);
  if (const json& errors = member(result, "surest_errors"); errors.is_object())
    run.surest_errors = surest_errors_of(errors, classes);
  read_data_figures(member(result, "data_figures"), run);
  if (const fs::path events = fs::path(directory) / "metrics.jsonl"; fs::exists(events, none))
    read_events(read_file(events.string(), kMostBytes), run);
  read_weights(directory, run);
  add_intervals(member(result, "weight_intervals"), run);
  return run;
}

}  // namespace poise
