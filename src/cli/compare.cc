// poise compare: settings of training, each over seeds, and which one is better.
#include <fmt/core.h>

#include "base/stopwatch.h"
#include "cli/arguments.h"
#include "cli/print_comparison.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "data/fields.h"
#include "learning/options.h"
#include "poise/version.h"
#include "run/comparing/comparison_json.h"
#include "run/comparing/fields.h"
#include "run/json_text.h"
#include "run/run_directory.h"
#include "run/short_number.h"
#include "run/training/options_json.h"
#include "run/training/read_parts.h"

namespace poise::cli {
namespace {

using nlohmann::json;

/// A line a training on stderr, its event in the directory, and the wish to stop.
class ComparisonWatch : public Watcher {
 public:
  ComparisonWatch(RunDirectory& directory, std::size_t trainings, bool quiet)
      : directory_(directory), trainings_(trainings), quiet_(quiet) {}

  Answer on_event(const Event& event) override {
    if (event.kind == Event::Kind::kSetting) on_trained(*event.setting, *event.setting_run);
    return interrupted ? Answer::kStop : Answer::kGoOn;
  }

 private:
  void on_trained(const Setting& setting, const SettingRun& run) {
    json event = to_json(run);
    event.update({{"event", "trained"}, {"setting", setting.name}});
    directory_.append_event(event);
    if (quiet_) return;
    ++ended_;
    const double left = clock_.seconds() / static_cast<double>(ended_) * static_cast<double>(trainings_ - ended_);
    say("{} of {}: {}, seed {}: {:.2f} %, loss {:.4g}{}\n", ended_, trainings_, setting.name, run.seed,
        100 * run.accuracy, run.loss, left > 0 ? fmt::format("; about {} left", duration(left)) : "");
  }

  RunDirectory& directory_;
  std::size_t trainings_, ended_ = 0;
  bool quiet_;
  Stopwatch clock_;
};

json asked_json(const Arguments& a, const Parts& parts) {
  json data = {{a.data, fingerprint(parts.train)}};
  if (parts.test) data["test"] = fingerprint(*parts.test);
  return {{"data", data},
          {"read", options_json(a.read)},
          {"settings", options_json(a.grid)},
          {"objective", options_json(a.grid.network.objective)},
          {"network", options_json(a.grid.network)},
          {"comparison", options_json(a.comparison)}};
}

const char* status_of(const Comparison& found) {
  if (found.complete) return "finished";
  return interrupted ? "interrupted" : "time_limit";
}

Parts parts_of(const Arguments& a) {
  TrainingRequest request;
  request.data.path = a.data;
  request.read = a.read;
  request.test = a.training.test;
  request.network.target = a.grid.network.target;
  Parts parts = read_parts(request, 0);
  if (a.comparison.held_out) parts.test.reset();
  return parts;
}

}  // namespace

int compare(const Arguments& a) {
  if (a.neurons > 0 || a.weights > 0) return compare_budget(a);
  const std::vector<Setting> settings = settings_of(a.grid);
  const Parts parts = parts_of(a);
  print_notices(a, parts.train);
  ComparisonOptions options = a.comparison;
  options.threads = a.solve.threads;

  RunDirectory directory(a.out, "compare-" + a.data);
  const json asked = asked_json(a, parts);
  directory.announce({{"event", "start"}, {"asked", asked}});
  ComparisonWatch watch(directory, settings.size() * options.seeds, a.quiet);
  things_stand("the comparison had not ended, there is no run.json");
  watch_for_interrupts(a.quiet, a.json);
  const Stopwatch clock;
  const Comparison found =
      compare_settings(parts.train, parts.test ? &*parts.test : nullptr, settings, options, &watch);

  json result = to_json(found);
  result.update({{"status", status_of(found)},
                 {"seconds", clock.seconds()},
                 {"data", a.data},
                 {"target", name_of(a.grid.network.target)},
                 {"seeds", options.seeds},
                 {"epochs", learning::resolve(settings.front().network, found.rows).epochs},
                 {"run", directory.path()}});
  directory.append_event({{"event", "end"}, {"status", status_of(found)}});
  directory.write_summary({{"poise", kVersion}, {"asked", asked}, {"result", result}});
  things_stand("run.json is written");
  if (a.json) {
    fmt::print("{}\n", to_text(result, 2));
  } else {
    print_comparison(result);
  }
  return interrupted ? 130 : 0;
}

}  // namespace poise::cli
