#include "cli/training_end.h"
#include "cli/say.h"

#include <fmt/core.h>

#include "cli/run_summary.h"
#include "cli/signals.h"
#include "run/json_text.h"

namespace poise::cli {
namespace {

using nlohmann::json;

int exit_code(const Arguments& a, const std::string& status) {
  if (status == "interrupted") return 130;
  if (status == "diverged") return 5;
  return a.require_certificate && status != "certified" ? 1 : 0;
}

}  // namespace

TrainingEnd::TrainingEnd(const Arguments& arguments, const Inputs& inputs, RunDirectory& run, Network model)
    : arguments_(arguments),
      inputs_(inputs),
      run_(run),
      model_(std::move(model)),
      rows_(fingerprint(inputs.parts.train)) {
  record_reading(arguments, inputs.held_out, model_.metadata);
  model_.metadata["fingerprint"] = rows_;
  run.save_model(model_);
  things_stand("the model is written; what it is worth was not measured to the end, there is no run.json");
}

int TrainingEnd::finish(json result, const json& asked, const json& last, void (*print)(const json&)) {
  const Arguments& a = arguments_;
  if (a.calibrate) {
    calibrate_and_measure(model_, inputs_.parts, inputs_.test, a.solve.threads, result);
    run_.save_model(model_);
  }
  result["seconds_read"] = inputs_.seconds;
  result["run"] = run_.path();
  result["seconds_write"] = writing_.seconds();
  run_.write_summary(run_summary(asked, inputs_.parts.train, rows_, result));
  things_stand("the model and run.json are written");
  json end = {{"event", "end"}, {"status", result["status"]}};
  end.update(last);
  run_.append_event(end);
  if (a.json) {
    fmt::print("{}\n", to_text(result, 2));
  } else {
    print(result);
  }
  const std::string status = result["status"];
  if (status == "interrupted" && !a.quiet) {
    say("interrupted: the model so far is in {}\n", run_.model_path());
  }
  return exit_code(a, status);
}

}  // namespace poise::cli
