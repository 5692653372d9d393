#include "cli/training_end.h"
#include "cli/say.h"

#include <fmt/core.h>

#include "cli/run_summary.h"
#include "cli/signals.h"
#include "run/json_text.h"
#include "run/short_number.h"

namespace poise::cli {
namespace {

using nlohmann::json;

int exit_code(const Arguments& a, const std::string& status) {
  if (status == "interrupted") return 130;
  if (status == "diverged") return 5;
  return a.require_certificate && status != "certified" ? 1 : 0;
}

/// A network may be right and yet give worse probabilities than one that knows the class frequencies alone, of the
/// validation or else of the training rows: then that, with what helps; else nothing.
std::string note_on_probabilities(const Arguments& a, const Parts& parts, const json& result) {
  const bool held_out = parts.validation.has_value();
  const double found = result[held_out ? "validation" : "train"]["cross_entropy"];
  const double frequencies = entropy_of_classes(held_out ? *parts.validation : parts.train);
  if (!(found > frequencies)) return {};
  const bool diverged = result["status"] == "diverged";
  const double penalty = default_network_l2(parts.train);
  std::string hint;
  if (!a.calibrate && a.network.loss == Loss::kCrossEntropy) hint += "--calibrate, ";
  if (a.network.l2 && *a.network.l2 < penalty) hint += fmt::format("--l2 {:.1g}, ", penalty);
  hint += result["best_epoch"] > 1 ? "fewer --epochs" : "more --epochs";
  if (diverged) hint = "a smaller --learning-rate";
  return fmt::format(
      "the network's probabilities are worse than the class frequencies ({} against {} nats on the {} "
      "rows); hint: {}",
      short_number(found, 4), short_number(frequencies, 4), held_out ? "validation" : "training", hint);
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
  if (inputs.test) note_rows_trained_on(arguments, model_.metadata, *inputs.test, "--test: ");
  things_stand("the model is written; what it is worth was not measured to the end, there is no run.json");
  measuring_.emplace(arguments.quiet ? nullptr : stderr);
  measuring_->show_on_terminal("measuring…");
}

int TrainingEnd::finish(json result, const json& asked, const json& last, void (*print)(const json&)) {
  const Arguments& a = arguments_;
  if (a.calibrate) {
    calibrate_and_measure(model_, inputs_.parts, inputs_.test, a.solve.threads, result);
    run_.save_model(model_);
  }
  measuring_.reset();
  result["seconds_read"] = inputs_.seconds;
  result["run"] = run_.path();
  result["seconds_write"] = writing_.seconds();
  json summary = run_summary(asked, inputs_.parts.train, rows_, result);
  if (!a.network.hidden.empty()) {
    if (const std::string note = note_on_probabilities(a, inputs_.parts, result); !note.empty()) {
      summary["notices"].push_back(note);
      if (!a.quiet) say("note: {}\n", note);
    }
  }
  run_.write_summary(summary);
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
