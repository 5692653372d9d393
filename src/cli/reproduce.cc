// poise reproduce: a source paper's experiment → a table of claims, figures and verdicts.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "cli/arguments.h"
#include "cli/run_summary.h"
#include "cli/signals.h"
#include "experiments/earlier.h"
#include "experiments/experiment.h"
#include "poise/error.h"
#include "poise/version.h"
#include "run/json_text.h"

namespace poise::cli {
namespace {

using namespace experiments;

using nlohmann::json;

const Experiment& experiment_named(const std::string& name) {
  const auto& all = all_experiments();
  return *std::find_if(all.begin(), all.end(), [&](const Experiment& e) { return e.name == name; });
}

/// Options of one experiment alone.
void refuse_of_others(const Arguments& a, const Experiment& experiment) {
  const std::pair<const char*, std::vector<const char*>> own[] = {
      {"f-adjoint", {"--learning-rate", "--hidden", "--loss"}},
      {"double-bayesian", {"--train-share", "--centered-inputs", "--network"}},
      {"thermodynamics", {"--parts"}}};
  if (a.resume && experiment.name != std::string("f-adjoint") && experiment.name != std::string("double-bayesian"))
    throw Error(ErrorKind::kUsage, fmt::format("--resume with '{}'", experiment.name), {},
                "it is an option of f-adjoint and double-bayesian; the others take minutes");
  for (const auto& [name, options] : own) {
    for (const char* option : options) {
      if (!a.given.contains(option) || experiment.name == std::string(name)) continue;
      throw Error(ErrorKind::kUsage, fmt::format("{} with '{}'", option, experiment.name), {},
                  fmt::format("it is an option of {}", name));
    }
  }
}

void refuse(bool given, const char* option, const Experiment& experiment) {
  if (!given) return;
  throw Error(ErrorKind::kUsage, fmt::format("{} with '{}', which trains no networks", option, experiment.name), {},
              "leave it out; --time-limit bounds the solves");
}

ExperimentOptions options_of(const Arguments& a, const Experiment& experiment) {
  refuse_of_others(a, experiment);
  if (experiment.seeds == 0) {
    refuse(a.epochs > 0, "--epochs", experiment);
    refuse(a.seeds > 0, "--seeds", experiment);
  }
  if (a.resume && a.out.empty())
    throw Error(ErrorKind::kUsage, "--resume without a run to go on with", "--out with its directory");
  ExperimentOptions options;
  options.epochs = a.epochs > 0 ? a.epochs : experiment.epochs;
  options.seeds = a.seeds > 0 ? a.seeds : experiment.seeds;
  options.threads = a.solve.threads;
  options.parts = a.parts;
  options.train_share = a.train_share;
  options.centered_inputs = a.centered_inputs;
  options.companion = a.network == kCompanionNetwork;
  options.learning_rate = a.training.network.learning_rate;
  options.hidden = a.training.network.hidden;
  options.loss = a.training.network.loss;
  for (const std::string& name : a.sets.empty() ? experiment.data : a.sets) {
    ExperimentData data{name, read_dataset(name, a.read), {}};
    const std::string test = test_part_of(name);
    if (test.empty() && experiment.seeds > 0) {
      throw Error(ErrorKind::kUsage, fmt::format("--data {} with '{}'", name, experiment.name),
                  "digits, mnist or fashion-mnist, which have a test part", "files are for softmax");
    }
    if (!test.empty()) data.test = read_dataset(test, a.read, data.train.schema);
    options.data.push_back(std::move(data));
  }
  return without_the_papers(std::move(options));
}

json asked_json(const ExperimentOptions& options, double time_limit) {
  json data = json::object();
  for (const ExperimentData& d : options.data) data[d.name] = fingerprint(d.train);
  return {{"data", data},
          {"epochs", options.epochs},
          {"seeds", options.seeds},
          {"threads", options.threads},
          {"parts", options.parts},
          {"train_share", options.train_share},
          {"centered_inputs", options.centered_inputs},
          {"network", options.companion ? kCompanionNetwork : kDenseNetwork},
          {"learning_rate", options.learning_rate > 0 ? json(options.learning_rate) : json()},
          {"hidden", options.hidden.empty() ? json() : json(options.hidden)},
          {"loss", options.loss ? json(to_string(*options.loss)) : json()},
          {"time_limit", time_limit}};
}

json findings_json(const Outcome& outcome) {
  json findings = json::array();
  for (const Finding& finding : outcome.findings) findings.push_back(to_json(finding));
  return findings;
}

}  // namespace

int reproduce(const Arguments& a) {
  const Experiment& experiment = experiment_named(a.experiment);
  const ExperimentOptions options = options_of(a, experiment);
  const double time_limit = a.solve.time_limit > 0 ? a.solve.time_limit : experiment.time_limit;
  const json asked = asked_json(options, time_limit);

  Earlier earlier;
  if (a.resume) earlier = read_earlier(a.out, experiment.name, asked);
  RunDirectory run(a.out, fmt::format("reproduce-{}", experiment.name), earlier.events);
  run.announce({{"event", "start"}, {"experiment", experiment.name}, {"asked", asked}});
  Events events(run, a.quiet ? nullptr : stderr, interrupted, time_limit, std::move(earlier.trained));
  things_stand("the experiment had not ended, there is no run.json");
  watch_for_interrupts(a.quiet, a.json);
  const Outcome outcome = experiment.run(options, events);
  events.clear();

  json result = {{"experiment", experiment.name},
                 {"paper", experiment.paper},
                 {"status", events.status()},
                 {"seconds", events.seconds()},
                 {"findings", findings_json(outcome)},
                 {"runs", outcome.runs},
                 {"run", run.path()}};
  run.append_event({{"event", "end"}, {"status", events.status()}});
  run.write_summary({{"poise", kVersion}, {"asked", asked}, {"result", result}});
  things_stand("run.json is written");
  if (a.json) {
    fmt::print("{}\n", to_text(result, 2));
  } else {
    print_experiment(result);
  }
  return events.interrupted() ? 130 : 0;
}

}  // namespace poise::cli
