#include "cli/training_end.h"

#include <fmt/core.h>

#include <utility>

#include "cli/run_summary.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "data/classes.h"
#include "data/row_set.h"
#include "network/float64_inputs.h"
#include "run/json_text.h"
#include "run/measured_words.h"
#include "run/summary.h"
#include "run/terminal_line.h"

namespace poise::cli {
namespace {

using nlohmann::json;

int exit_code(const Arguments& a, const json& result) {
  const std::string status = result["status"];
  if (status == "interrupted" || result["not_measured"] == "interrupted") return 130;
  if (status == "diverged") return 5;
  return a.require_certificate && status != "certified" ? 1 : 0;
}

/// What makes probabilities better.
std::string hint_on_probabilities(const Arguments& a, const Dataset& train, const json& result) {
  if (a.network.hidden.empty()) return a.l2_auto || a.l2_path_is_auto ? "" : "--l2 auto chooses the penalty";
  if (result["status"] == "diverged") return "a smaller --learning-rate";
  const double penalty = default_network_l2(train);
  std::string hint;
  if (!a.calibrate && a.network.loss == Loss::kCrossEntropy) hint += "--calibrate, ";
  if (a.network.l2 && *a.network.l2 < penalty) hint += fmt::format("--l2 {:.1g}, ", penalty);
  return hint + (result["best_epoch"] > 1 ? "fewer --epochs" : "more --epochs");
}

/// Other programs have to know, and mostly think of float32.
std::string note_on_inputs(const Network& model) {
  const std::vector<std::string> columns = float64_columns(model);
  if (columns.empty()) return {};
  return fmt::format("model.onnx takes {} as float64, since float32 would round these numbers too much",
                     model.schema.columns.empty() ? "its features" : list_names(columns));
}

json to_json(const MeasuredParts& measured, const Schema& schema) {
  const auto part = [&](const std::optional<Metrics>& metrics) {
    return metrics ? to_json_by_class(*metrics, schema) : json();
  };
  return {{"train", part(measured.train)}, {"validation", part(measured.validation)}, {"test", part(measured.test)}};
}

json to_json(const CalibratedParts& calibrated, const Schema& schema) {
  const bool changed = !calibrated.temperature.at_limit;
  return {{"temperature", changed ? calibrated.temperature.temperature : 1},
          {"at_limit", calibrated.temperature.at_limit},
          {"rows", calibrated.rows},
          {"before", to_json(calibrated.before, schema)}};
}

}  // namespace

MeasuringTime Inputs::measuring_time(const Arguments& arguments) const {
  return {arguments.solve.time_limit, [&clock = since_read] { return clock.seconds(); }, interrupted};
}

std::optional<SolveOptions> Inputs::solve_in_time_left(const Arguments& arguments) const {
  SolveOptions solve = arguments.solve;
  if (solve.time_limit > 0) solve.time_limit -= since_read.seconds();
  if (interrupted || solve.time_limit < 0) return std::nullopt;
  return solve;
}

TrainingEnd::TrainingEnd(const Arguments& arguments, const Inputs& inputs, RunDirectory& run)
    : arguments_(arguments),
      inputs_(inputs),
      run_(run),
      rows_(fingerprint(inputs.parts.train)),
      row_set_(fingerprint_of_row_set(inputs.parts.train)) {}

void TrainingEnd::save(Network model) {
  model_ = std::move(model);
  record_reading(arguments_, inputs_.held_out, model_.metadata);
  model_.metadata["fingerprint"] = rows_;
  model_.metadata["row_set"] = row_set_;
  run_.save_model(model_);
  things_stand("a model is written; training or measuring has not ended");
}

void TrainingEnd::write_first(json result, const json& asked) {
  writing_ = Stopwatch();
  result.update(to_json(MeasuredParts(), inputs_.parts.train.schema));
  result["not_measured"] = "the run has not ended";
  result["seconds_read"] = inputs_.seconds;
  result["run"] = run_.path();
  run_.write_summary(run_summary(asked, inputs_.parts.train, rows_, result));
  things_stand("the model is written; what it is worth was not measured to the end");
}

/// Of a network the objective is what is measured on the rows trained on.
void TrainingEnd::measure(json& result) {
  const Arguments& a = arguments_;
  if (inputs_.parts.test) note_rows_trained_on(a, model_.metadata, *inputs_.parts.test, "--test: ");
  TerminalLine shown(a.quiet ? nullptr : stderr);
  shown.show_on_terminal("measuring…");
  MeasuringTime time = inputs_.measuring_time(a);
  const MeasureOptions options{.threads = a.solve.threads, .stop = time.stop()};
  const Schema& schema = inputs_.parts.train.schema;
  const Stopwatch measuring;
  measure_parts(model_, inputs_.parts, options, measured_);
  if (a.calibrate) {
    if (const auto calibrated = calibrate_parts(model_, inputs_.parts, measured_, options)) {
      run_.save_model(model_);
      result["calibration"] = to_json(*calibrated, schema);
      measured_ = calibrated->after;
    }
  }
  result["seconds_measure"] = measuring.seconds();
  result.update(to_json(measured_, schema));
  result["not_measured"] = time.why() ? json(time.why()) : json();
  if (!a.network.hidden.empty()) result["objective"] = measured_.train ? json(measured_.train->cross_entropy) : json();
}

int TrainingEnd::finish(json result, const json& asked, const json& last, void (*print)(const json&)) {
  const Arguments& a = arguments_;
  const Parts& parts = inputs_.parts;
  result["seconds_read"] = inputs_.seconds;
  result["seconds_write"] = writing_.seconds();
  result["run"] = run_.path();
  result["notes"] = notes_on(parts, measured_, a.network.hidden.empty() ? "the model" : "the network",
                             hint_on_probabilities(a, parts.train, result));
  if (std::string note = note_on_inputs(model_); !note.empty()) result["notes"].push_back(std::move(note));
  json summary = run_summary(asked, parts.train, rows_, result);
  for (const std::string note : result["notes"]) {
    summary["notices"].push_back(note);
    if (!a.quiet) say("note: {}\n", note);
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
  const int code = exit_code(a, result);
  if (code == 130 && !a.quiet) say("interrupted: the model so far is in {}\n", run_.model_path());
  return code;
}

}  // namespace poise::cli
