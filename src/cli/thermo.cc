// poise thermo: what a trained model is doing, in the words of thermodynamics.
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/stopwatch.h"
#include "base/watcher_link.h"
#include "cli/arguments.h"
#include "cli/say.h"
#include "network/provenance.h"
#include "poise/calibration.h"
#include "poise/error.h"
#include "poise/network.h"
#include "run/json_text.h"
#include "run/measurements.h"
#include "run/training/trained_rows.h"
#include "thermo/fields.h"

namespace poise::cli {
namespace {

using nlohmann::json;

std::vector<double> without_repetitions(const std::vector<double>& values) {
  std::vector<double> once;
  for (double value : values) {
    if (std::find(once.begin(), once.end(), value) == once.end()) once.push_back(value);
  }
  return once;
}

/// What was asked for; what was not, as the model was trained.
ThermodynamicsOptions options_for(const Arguments& a, const Network& model) {
  ThermodynamicsOptions options = a.thermo, recorded;
  options.threads = a.solve.threads;
  options.watcher = a.watcher;
  options.temperatures = without_repetitions(options.temperatures);
  read_recorded(model.metadata, recorded);
  read_recorded(model.metadata, options.objective);
  if (a.objective.scale != Scale::kAuto) options.objective.scale = a.objective.scale;
  if (options.learning_rate == 0) options.learning_rate = recorded.learning_rate;
  if (!a.given.contains("--momentum")) options.momentum = recorded.momentum;
  if (options.batch == 0) options.batch = recorded.batch;
  return options;
}

/// --draws or --temperature, if given.
std::string ensemble_option(const Arguments& a) {
  for (const char* name : {"--draws", "--temperature"}) {
    if (a.given.contains(name)) return name;
  }
  return {};
}

void refuse_idle_options(const Arguments& a) {
  const std::string option = ensemble_option(a);
  if (a.thermo.detail == Detail::kFull || option.empty()) return;
  throw Error(ErrorKind::kUsage, option + " with --detail light, which leaves the ensembles out",
              "--detail full, or no " + option, "poise thermo --help");
}

/// Options that this model has made idle.
void print_idle_options(const Arguments& a, const Thermodynamics& found) {
  if (a.quiet) return;
  if (const std::string option = ensemble_option(a); !option.empty() && found.layers.size() == 1) {
    say("note: {} has no effect: without hidden units there are no ensembles\n", option);
  }
  if (without_repetitions(a.thermo.temperatures).size() < a.thermo.temperatures.size())
    say("note: --temperature: a temperature that is given twice is taken once\n");
  const bool exact = std::all_of(found.layers.begin(), found.layers.end(),
                                 [](const LayerCurvature& layer) { return layer.how == "exact"; });
  if (a.given.contains("--label-draws") && exact)
    say("note: --label-draws has no effect: the curvature of every layer is exact\n");
  if (found.step) return;
  for (const char* name : {"--momentum", "--batch"}) {
    if (!a.given.contains(name)) continue;
    say("note: {} has no effect without --learning-rate: the model has recorded no step to judge\n", name);
  }
}

/// Rows of weight 0 are not measured.
Index rows_that_count(const Dataset& data) {
  return data.sample_weight.size() == 0 ? data.rows() : (data.sample_weight.array() > 0).count();
}

/// "2048 of 60000, drawn at random (--rows 0: all)"
std::string rows_in_words(const Thermodynamics& found, const Dataset& data) {
  const Index count = rows_that_count(data), rest = data.rows() - count;
  std::string text = fmt::format("{} of {}", found.rows, data.rows());
  if (found.rows < count) text += ", drawn at random (--rows 0: all)";
  return rest == 0 ? text : text + fmt::format("; {} of weight 0 are left out", rest);
}

bool is_standardized(const ThermodynamicsOptions& options) { return options.objective.scale != Scale::kNone; }

void print_thermodynamics(const Network& model, const Dataset& data, const ThermodynamicsOptions& options,
                          const TrainedOn& trained, const Thermodynamics& found) {
  const std::string loss = loss_of(trained);
  fmt::print(
      "model       {}, {} parameters; inputs {}{}{}\n", model.architecture(), found.parameters,
      is_standardized(options) ? "standardized" : "as given", loss.empty() ? "" : "; loss: " + loss,
      trained.temperature == 1 ? "" : fmt::format("; calibrated: scores divided by {:.4g}", trained.temperature));
  fmt::print("rows        {}{}\n\n{}\n", rows_in_words(found, data),
             trained.rows == 0            ? ""
             : trained.rows == trained.of ? "; trained on"
                                          : fmt::format("; {} of the {} were trained on", trained.rows, trained.of),
             table_of(found));
}

/// Measures until the time limit. Where the whole is not done by then, the light part, which is measured before.
Thermodynamics measure_in_time(const Arguments& a, const Network& model, const Dataset& data,
                               ThermodynamicsOptions& options) {
  const double limit = a.solve.time_limit;
  if (limit <= 0) return measure_thermodynamics(model, data, options);
  const Stopwatch clock;
  StopWhen out_of_time([&] { return clock.seconds() > limit; }, a.watcher);
  ThermodynamicsOptions timed = options;
  timed.watcher = &out_of_time;
  std::optional<Thermodynamics> found;
  try {
    if (options.detail == Detail::kFull) {
      ThermodynamicsOptions light = timed;
      light.detail = Detail::kLight;
      found = measure_thermodynamics(model, data, light);
    }
    return measure_thermodynamics(model, data, timed);
  } catch (const MeasurementStopped&) {
    if (!found) {
      throw Error(ErrorKind::kResource, fmt::format("the time limit of {:g} s ended the measurement", limit),
                  "time for a pass over the rows", "--rows measures fewer of them", {a.data});
    }
  }
  options.detail = Detail::kLight;
  if (!a.quiet)
    say("note: out of time: ensembles, complexity and largest curvature are left out, as by --detail light\n");
  return *found;
}

/// Of the same rows by the plain loss, where the model was trained on another: empty where not.
std::optional<Thermodynamics> measure_plainly(const Network& model, const Dataset& data, ThermodynamicsOptions options,
                                              const TrainedOn& trained) {
  if (loss_of(trained).empty()) return std::nullopt;
  options.detail = Detail::kLight;
  options.objective = {.scale = options.objective.scale};
  return measure_thermodynamics(model, data, options);
}

json plain_json(const std::optional<Thermodynamics>& plain) {
  if (!plain) return nullptr;
  json out;
  for (const char* name : {"mean_loss", "equilibrium_gap", "temperature"}) out[name] = to_json(*plain)[name];
  return out;
}

}  // namespace

int thermo(const Arguments& a) {
  refuse_idle_options(a);
  const Network model = load_model(a.run);
  const Dataset data = read_for_model(a, model.schema, model.metadata);
  if (!model.reconstructs() && !data.has_targets()) {
    throw Error(ErrorKind::kData, "the data has no labels",
                "the label column '" + model.schema.label_name + "' or a labels file", {}, {a.data});
  }
  ThermodynamicsOptions options = options_for(a, model);
  const auto provenance = recorded<Provenance>(model.metadata);
  const ObjectiveOptions& objective = options.objective;
  const TrainedOn trained{objective.balanced_classes || !objective.class_weights.empty(),
                          objective.label_smoothing,
                          provenance.temperature.value_or(1),
                          count_rows_trained_on(model.metadata, data),
                          data.rows(),
                          provenance.imbalance_at_rest.value_or(0)};
  const Thermodynamics found = measure_in_time(a, model, data, options);
  const std::optional<Thermodynamics> plain = measure_plainly(model, data, options, trained);
  const std::vector<std::string> reading = reading_of(found, trained, plain ? &*plain : nullptr);
  print_idle_options(a, found);
  if (!a.json) {
    print_thermodynamics(model, data, options, trained, found);
    for (const std::string& sentence : reading) fmt::print("- {}\n", sentence);
    return 0;
  }
  json out = {{"architecture", model.architecture()},
              {"standardized", is_standardized(options)},
              {"rows_of_data", data.rows()},
              {"rows_trained_on", trained.rows},
              {"detail", name_of(options.detail)},
              {"loss", {{"balanced_classes", trained.balanced_classes}, {"label_smoothing", trained.label_smoothing}}},
              {"scores_divided_by", trained.temperature},
              {"plain_loss", plain_json(plain)},
              {"reading", reading}};
  out.update(to_json(found));
  fmt::print("{}\n", to_text(out, 2));
  return 0;
}

}  // namespace poise::cli
