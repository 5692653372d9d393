#include "report/record/read_events.h"

#include <cmath>
#include <sstream>

#include "report/record/read_metrics.h"

namespace poise::report {
namespace {

using nlohmann::json;

constexpr std::size_t kMostMessages = 20;

Measured measured_of(const json& measured) {
  const bool of_features = measured.contains("explained_variance");
  return {number_in(measured, "loss"), number_in(measured, of_features ? "explained_variance" : "accuracy"),
          number_in(measured, "equilibrium_gap")};
}

Epoch epoch_of(const json& event) {
  const auto or_zero = [&](const char* key) { return event.contains(key) ? number_in(event, key) : 0; };
  Epoch epoch;
  epoch.number = whole_in<int>(event, "epoch");
  epoch.seconds = number_in(event, "seconds");
  epoch.train = measured_of(member(event, "train"));
  epoch.target = member(event, "train").contains("explained_variance") ? Target::kFeatures : Target::kClasses;
  if (const json& validation = member(event, "validation"); validation.is_object()) {
    epoch.validation = Validated{measured_of(validation), number_in(validation, "smoothed_accuracy")};
  }
  epoch.learning_rate = number_in(event, "learning_rate");
  epoch.curvature = or_zero("curvature");
  epoch.bulk_energy = or_zero("bulk_energy");
  epoch.energy = or_zero("energy");
  epoch.temperature = or_zero("temperature");
  epoch.imbalance_at_rest = or_zero("imbalance_at_rest");
  return epoch;
}

/// The solve that is kept is the last one of its penalty; each begins with iteration 1.
void add_iteration(const json& event, RunRecord& run) {
  const double l2 = number_in(event, "l2");
  if (!std::isnan(l2) && l2 != run.l2) return;
  Progress progress;
  progress.iteration = whole_in<int>(event, "iteration");
  progress.seconds = number_in(event, "seconds");
  progress.objective = number_in(event, "objective");
  progress.gradient_norm = number_in(event, "gradient_norm");
  progress.passes = number_in(event, "passes");
  if (const double gap = number_in(event, "gap"); !std::isnan(gap)) progress.gap = gap;
  if (progress.iteration <= 1) run.iterations_of_solve.clear();
  run.iterations_of_solve.push_back(progress);
}

void add_measurement(const json& event, RunRecord& run) {
  TelemetryMeasurement measurement;
  if (event.contains("epoch")) measurement.epoch = whole_in<int>(event, "epoch");
  if (event.contains("l2")) measurement.l2 = number_in(event, "l2");
  measurement.figures = thermodynamics_of(event);
  measurement.level = measurement.figures.detail == Detail::kFull ? Telemetry::kFull : Telemetry::kLight;
  measurement.seconds = number_in(event, "seconds");
  run.telemetry.push_back(std::move(measurement));
}

void add_event(const json& event, RunRecord& run) {
  const std::string kind = text_in(event, "event");
  if (kind == "iteration") add_iteration(event, run);
  if (kind == "epoch") run.history.push_back(epoch_of(event));
  if (kind == "thermodynamics") add_measurement(event, run);
  if (kind == "message" && run.messages.size() < kMostMessages) run.messages.push_back(text_in(event, "text"));
}

}  // namespace

void read_events(const std::string& text, RunRecord& run) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const json event = json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                   text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (event.is_object()) add_event(event, run);
    begin = end + 1;
  }
}

}  // namespace poise::report
