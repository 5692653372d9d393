#include "run/telemetry.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/stopwatch.h"
#include "learning/options.h"
#include "poise/error.h"
#include "poise/softmax_regression.h"
#include "run/measurements.h"

namespace poise {
namespace {

using nlohmann::json;

constexpr int kMeasurements = 20;     // of a run, at most, and one of its last epoch
constexpr int kFewest = 5;            // of a run, or one every epoch, whatever it costs: one point is no curve
constexpr double kLightShare = 0.02;  // of training; units of inputs, the last epoch and kFewest come on top
constexpr double kRowCost = 8;        // trainings of a row that measuring one takes: 7 to 8 of CPU time on MNIST
constexpr Index kFewestRows = 128, kMostRows = 2048;
constexpr Index kFullRows = 512;  // MNIST with 784-128-10: about the time of the epoch

/// The loss that is trained on, in the units of inputs that it is trained in.
ThermodynamicsOptions measuring(Telemetry level, Index rows, const NetworkOptions& training) {
  ThermodynamicsOptions options;
  options.detail = level == Telemetry::kFull ? Detail::kFull : Detail::kLight;
  options.rows = rows;
  options.standardize = training.standardize;
  options.label_smoothing = training.label_smoothing;
  options.balanced_classes = training.balanced_classes;
  options.class_weights = training.class_weights;
  options.seed = training.seed;
  options.threads = training.threads;
  return options;
}

/// η of the mean loss; 0 where a step is none of Δ ← α Δ − η ∇L.
double rate_of(const Epoch& epoch, const NetworkOptions& options) {
  if (options.step == Step::kAdam || options.momentum_phase != 0) return 0;
  return epoch.learning_rate * (options.reduction == Reduction::kSum ? static_cast<double>(options.batch) : 1);
}

}  // namespace

const char* to_string(Telemetry level) {
  switch (level) {
    case Telemetry::kOff:
      return "off";
    case Telemetry::kLight:
      return "light";
    case Telemetry::kFull:
      return "full";
  }
  return "";
}

TelemetryPlan plan_telemetry(Telemetry level, Index rows, int epochs) {
  if (level == Telemetry::kOff) return {};
  TelemetryPlan plan;
  plan.every = (epochs + kMeasurements - 1) / kMeasurements;
  plan.rows = std::min(rows, level == Telemetry::kFull ? kFullRows : kMostRows);
  if (level == Telemetry::kFull) return plan;
  const double affordable = kLightShare * static_cast<double>(rows) / kRowCost;  // rows an epoch
  const Index fewest = std::min(rows, kFewestRows);
  const double sparing = std::ceil(static_cast<double>(fewest) / affordable);
  plan.every =
      std::max(plan.every, static_cast<int>(std::min(sparing, static_cast<double>(std::max(1, epochs / kFewest)))));
  plan.rows = std::clamp(static_cast<Index>(affordable * plan.every), fewest, plan.rows);
  return plan;
}

TelemetryObserver::TelemetryObserver(Telemetry level, const Dataset& train, const NetworkOptions& options,
                                     RunDirectory& run, TrainingObserver& next)
    : level_(level), options_(learning::resolve(options, train)), run_(run), next_(next) {
  plan_ = plan_telemetry(level, train.rows(), options_.epochs);
  if (level == Telemetry::kOff) return;
  const Stopwatch begun;
  ThermodynamicsOptions how = measuring(level, plan_.rows, options_);
  how.stop = [this] { return must_stop(); };
  thermometer_.emplace(train, how);
  preparing_ = begun.seconds();
}

/// Why a measurement is to end before its end: what ends the training, too.
bool TelemetryObserver::must_stop() {
  const double limit = options_.time_limit;
  if (next_.stop_requested()) stopped_ = "interrupted";
  if (!stopped_ && limit > 0 && begun_at_ + measuring_.seconds() > limit) stopped_ = "time_limit";
  return stopped_ != nullptr;
}

bool TelemetryObserver::is_due(int epoch) const {
  return plan_.every > 0 && (epoch % plan_.every == 0 || epoch == options_.epochs);
}

bool TelemetryObserver::wants_network(int epoch) { return is_due(epoch) || next_.wants_network(epoch); }

/// A measurement that fails must not end the training that it watches, nor one that is stopped.
void TelemetryObserver::on_network(const Epoch& epoch, const Network& network) {
  if (next_.wants_network(epoch.number)) next_.on_network(epoch, network);
  if (!is_due(epoch.number)) return;
  begun_at_ = epoch.seconds, measuring_ = Stopwatch();
  try {
    json event = measure(epoch, network);
    const double seconds = preparing_ + measuring_.seconds();
    event["seconds"] = seconds;
    run_.append_event(event);
    ++measurements_, seconds_ += seconds, preparing_ = 0;
  } catch (const MeasurementStopped&) {
    next_.on_message(fmt::format("no telemetry of epoch {}: {}", epoch.number,
                                 stopped_ == std::string("interrupted") ? "interrupted" : "out of time"));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNumeric) throw;
    next_.on_message(fmt::format("no telemetry of epoch {}: {}", epoch.number, error.what()));
  }
  seconds_of_training_ += measuring_.seconds();
}

json TelemetryObserver::measure(const Epoch& epoch, const Network& network) {
  thermometer_->set_step(rate_of(epoch, options_), *options_.momentum, options_.batch);
  EnsembleRecord now;
  json event = {{"event", "thermodynamics"}, {"epoch", epoch.number}, {"detail", to_string(level_)}};
  event.update(to_json(thermometer_->measure(network, level_ == Telemetry::kFull ? &now : nullptr)));
  if (!before_.empty()) {
    event["first_law"] = json::array();
    for (const FirstLaw& law : first_law(before_, now)) event["first_law"].push_back(to_json(law));
  }
  before_ = std::move(now);
  return event;
}

json TelemetryObserver::summary() const {
  return {{"level", to_string(level_)},    {"every", plan_.every}, {"rows", plan_.rows},
          {"measurements", measurements_}, {"seconds", seconds_},  {"stopped", stopped_ ? json(stopped_) : json()}};
}

json measure_solution(Telemetry level, const SoftmaxModel& model, const Dataset& train, int threads,
                      std::function<bool()> stop) {
  const Stopwatch begun;
  const ObjectiveOptions objective = recorded_objective(model);
  NetworkOptions training;
  training.standardize = objective.scale != Scale::kNone;
  training.label_smoothing = objective.label_smoothing;
  training.balanced_classes = objective.balanced_classes;
  training.class_weights = objective.class_weights;
  training.threads = threads;
  ThermodynamicsOptions how = measuring(level, kMostRows, training);
  how.stop = std::move(stop);
  if (how.stop && how.stop()) throw MeasurementStopped();
  const auto found = measure_thermodynamics(to_network(model), train, how);
  json figures = to_json(found);
  figures["detail"] = to_string(level);
  figures["seconds"] = begun.seconds();
  return figures;
}

}  // namespace poise
