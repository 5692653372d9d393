#include "cli/run_summary.h"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>

#include "base/parse_json.h"
#include "cli/print_comparison.h"
#include "cli/print_training.h"
#include "experiments/experiment.h"
#include "poise/error.h"

namespace poise::cli {
namespace {

using nlohmann::json;
using namespace experiments;

Finding finding_of(const json& entry) {
  const auto text = [&](const char* key) { return entry.at(key).get<std::string>(); };
  Finding finding{text("data"), text("claim"), text("figure")};
  for (const Verdict verdict : kAllVerdicts) {
    if (entry.at("verdict") == to_string(verdict)) finding.verdict = verdict;
  }
  return finding;
}

}  // namespace

json read_run(const std::string& directory, std::string* damage) {
  std::ifstream file(std::filesystem::path(directory) / "run.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  JsonFault fault;
  const json run = file.is_open() ? parse_json(text, &fault) : json();
  if (damage && run.is_discarded())
    *damage = fault.has_repeated ? repeats(fault) : fmt::format("no JSON from byte {} on", fault.byte);
  const auto result = run.is_object() ? run.find("result") : run.end();
  const bool ours = result != run.end() && result->is_object() && result->contains("status");
  return ours ? run : json();
}

void print_run(const json& run) {
  try {
    const json& result = run.at("result");
    if (result.contains("settings")) {
      print_comparison(result);
    } else if (result.contains("findings")) {
      fmt::print("experiment  {}\npaper       {}\n\n", result.at("experiment").get<std::string>(),
                 result.at("paper").get<std::string>());
      print_experiment(result);
    } else {
      print_old_training(result);
    }
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kData, fmt::format("run.json is not as Poise writes it: {}", error.what()),
                "that of train, compare or reproduce");
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
