#include "cli/run_summary.h"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>

#include "cli/option_names.h"
#include "cli/train_parts.h"
#include "data/schema_json.h"
#include "poise/error.h"
#include "poise/version.h"
#include "run/experiments/experiment.h"
#include "run/json_text.h"

namespace poise::cli {
namespace {

using nlohmann::json;
using namespace experiments;

template <typename T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

json character(char c) { return c == 0 ? json() : json(std::string(1, c)); }

json asked_of_reading(const ReadOptions& read) {
  return {{"label", or_null(read.label)},
          {"ignore", read.ignore},
          {"categorical", read.categorical},
          {"numeric", read.numeric},
          {"labels", read.labels_file},
          {"sample_weight", or_null(read.sample_weight)},
          {"missing", name_of(read.missing.value_or(MissingPolicy::kCategory), kMissingPolicies, "unknown")},
          {"missing_values", or_null(read.missing_values)},
          {"min_category_rows", or_null(read.min_category_rows)},
          {"delimiter", character(read.delimiter)},
          {"decimal", character(read.decimal)},
          {"quote", character(read.quote)},
          {"comment", read.comment ? character(*read.comment) : json()},
          {"header", or_null(read.header)},
          {"strip_label_dot", read.strip_label_dot}};
}

void print_training(const json& result) {
  fmt::print("status      {}: {}\n", result.at("status").get<std::string>(), result.at("why").get<std::string>());
  if (!result.at("gap").is_null()) {
    fmt::print("objective   {:.12g}   proven within {:.2e} nats of the optimum\n", result.at("objective").get<double>(),
               result.at("gap").get<double>());
  }
  for (const char* part : {"train", "validation", "test"}) print_measured(part, result.at(part));
}

Finding finding_of(const json& entry) {
  const auto text = [&](const char* key) { return entry.at(key).get<std::string>(); };
  Finding finding{text("data"), text("claim"), text("figure")};
  for (const Verdict verdict : {Verdict::kReproduced, Verdict::kNotReproduced}) {
    if (entry.at("verdict") == to_string(verdict)) finding.verdict = verdict;
  }
  return finding;
}

}  // namespace

json asked_of_training(const Arguments& a, double held_out_share) {
  return {{"data", a.data},
          {"read", asked_of_reading(a.read)},
          {"test", a.test_data},
          {"validation", held_out_share},
          {"seed", a.seed},
          {"scale", name_of(a.objective.scale, kScales, "auto")},
          {"label_smoothing", a.objective.label_smoothing},
          {"balanced_classes", a.objective.balanced_classes},
          {"time_limit", a.solve.time_limit},
          {"threads", a.solve.threads},
          {"calibrate", a.calibrate},
          {"telemetry", to_string(a.telemetry)}};
}

json run_summary(const json& asked, const Dataset& train, const std::string& rows, const json& result) {
  return {
      {"poise", kVersion},   {"asked", asked},           {"schema", json::parse(to_text(schema_to_json(train.schema)))},
      {"fingerprint", rows}, {"notices", train.notices}, {"result", result}};
}

json read_run(const std::string& directory, std::string* damage) {
  std::ifstream file(std::filesystem::path(directory) / "run.json");
  json run;
  try {
    if (file) run = json::parse(file);
  } catch (const json::parse_error& error) {
    if (damage) *damage = fmt::format("no JSON from byte {} on", error.byte);
  }
  const auto result = run.is_object() ? run.find("result") : run.end();
  const bool ours = result != run.end() && result->is_object() && result->contains("status");
  return ours ? run : json();
}

void print_run(const json& run) {
  try {
    const json& result = run.at("result");
    if (result.contains("findings")) {
      fmt::print("experiment  {}\npaper       {}\n\n", result.at("experiment").get<std::string>(),
                 result.at("paper").get<std::string>());
      print_experiment(result);
    } else {
      print_training(result);
    }
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kData, fmt::format("run.json is not as Poise writes it: {}", error.what()),
                "that of train or reproduce");
  }
}

void print_experiment(const json& result) {
  std::vector<Finding> findings;
  for (const json& entry : result.at("findings")) findings.push_back(finding_of(entry));
  const std::string table = table_of(findings);
  const bool has_spread = table.find("±") != std::string::npos;
  fmt::print("{}\n{}{}; {:.1f} s; every figure is in {}/run.json\n", table,
             has_spread ? "±: standard deviation over seeds\n" : "", result.at("status").get<std::string>(),
             result.at("seconds").get<double>(), result.at("run").get<std::string>());
}

}  // namespace poise::cli
