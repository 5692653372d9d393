#include "run/telemetry.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/stopwatch.h"
#include "learning/loss/loss.h"
#include "learning/options.h"
#include "network/model_file.h"
#include "poise/error.h"
#include "poise/softmax_regression.h"
#include "run/training/fields.h"

namespace poise {
namespace {

constexpr int kMeasurements = 20;     // of a run, at most, and one of its last epoch
constexpr int kFewest = 5;            // of a run, or one every epoch, whatever it costs: one point is no curve
constexpr double kLightShare = 0.02;  // of training; units of inputs, the last epoch and kFewest come on top
constexpr double kRowCost = 8;        // trainings of a row that measuring one takes: 7 to 8 of CPU time on MNIST
constexpr Index kFewestRows = 128, kMostRows = 2048;
constexpr Index kFullRows = 512;  // MNIST with 784-128-10: about the time of the epoch

/// The loss that is trained on, in the units of inputs that it is trained in.
ThermodynamicsOptions measuring(Telemetry level, Index rows, const ObjectiveOptions& objective, int threads) {
  ThermodynamicsOptions options;
  options.detail = level == Telemetry::kFull ? Detail::kFull : Detail::kLight;
  options.rows = rows;
  options.objective = objective;
  options.threads = threads;
  return options;
}

/// η of the mean loss; 0 where a step is none of Δ ← α Δ − η ∇L.
double rate_of(double learning_rate, const NetworkOptions& options) {
  if (options.step == Step::kAdam || options.momentum_phase != 0) return 0;
  return learning_rate * (options.reduction == Reduction::kSum ? static_cast<double>(options.batch) : 1);
}

}  // namespace

const char* to_string(Telemetry level) { return name_of(level); }

}  // namespace poise

namespace poise::inline run {

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

TelemetryWatcher::TelemetryWatcher(Telemetry level, const Dataset& train, const NetworkOptions& options, Watcher& next)
    : options_(learning::resolve(options, train)), next_(next) {
  plan_ = plan_telemetry(level, train.rows(), options_.epochs);
  report_.level = level, report_.every = plan_.every, report_.rows = plan_.rows;
  if (level == Telemetry::kOff) return;
  const Stopwatch begun;
  ThermodynamicsOptions how = measuring(level, plan_.rows, options_.objective, options_.threads);
  how.seed = options_.seed;
  how.watcher = &ending_;
  if (options_.target == Target::kFeatures) {
    how.head = learning::loss_of(options_) == Loss::kSquaredError ? Head::kLinear : Head::kLogistic;
  }
  thermometer_.emplace(train, how);
  preparing_ = begun.seconds();
}

/// Why a measurement is to end before its end: what ends the training, too.
bool TelemetryWatcher::must_stop() {
  std::string& stopped = report_.stopped;
  if (next_.on_event({}) == Answer::kStop) stopped = "interrupted";
  if (stopped.empty() && limit_ > 0 && begun_at_ + measuring_.seconds() > limit_) stopped = "time_limit";
  return !stopped.empty();
}

bool TelemetryWatcher::is_due(int epoch) const {
  return plan_.every > 0 && (epoch % plan_.every == 0 || epoch == options_.epochs);
}

Answer TelemetryWatcher::on_event(const Event& event) {
  const Answer answer = next_.on_event(event);
  if (event.kind == Event::Kind::kEpoch && is_due(event.epoch->number)) on_epoch(event);
  return answer;
}

/// A measurement that fails must not end the training that it watches, nor one that is stopped.
void TelemetryWatcher::on_epoch(const Event& event) {
  const Epoch& epoch = *event.epoch;
  begun_at_ = epoch.seconds, limit_ = event.time_limit, measuring_ = Stopwatch();
  try {
    report_.measurements.push_back(measure(epoch, event.network()));
    TelemetryMeasurement& measured = report_.measurements.back();
    measured.seconds = preparing_ + measuring_.seconds();
    report_.seconds += measured.seconds, preparing_ = 0;
    next_.on_event({.kind = Event::Kind::kThermodynamics, .measurement = &measured});
  } catch (const MeasurementStopped&) {
    tell_why_not(epoch, report_.stopped == "interrupted" ? "interrupted" : "out of time");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNumeric) throw;
    tell_why_not(epoch, error.what());
  }
  seconds_of_training_ += measuring_.seconds();
}

void TelemetryWatcher::tell_why_not(const Epoch& epoch, const std::string& why) {
  next_.on_event(
      {.kind = Event::Kind::kMessage, .text = fmt::format("no telemetry of epoch {}: {}", epoch.number, why)});
}

Thermodynamics TelemetryWatcher::measure(double learning_rate, const Network& network, EnsembleRecord& now) {
  thermometer_->set_step(rate_of(learning_rate, options_), *options_.momentum, options_.batch);
  return thermometer_->measure(network, report_.level == Telemetry::kFull ? &now : nullptr);
}

TelemetryMeasurement TelemetryWatcher::measure(const Epoch& epoch, const Network& network) {
  EnsembleRecord now;
  TelemetryMeasurement measured;
  measured.epoch = epoch.number;
  measured.level = report_.level;
  measured.figures = measure(epoch.learning_rate, network, now);
  if (!before_.empty()) measured.first_law = first_law(before_, now);
  before_ = std::move(now);
  if (report_.level == Telemetry::kFull) measured_ = network, measured_at_ = epoch;
  return measured;
}

TelemetrySoFar TelemetryWatcher::so_far() const {
  TelemetrySoFar now;
  now.measurements = report_.earlier + static_cast<int>(report_.measurements.size());
  now.seconds = report_.seconds, now.seconds_of_training = seconds_of_training_;
  if (measured_) now.network = serialize_network(*measured_);
  now.epoch = measured_at_.number, now.learning_rate = measured_at_.learning_rate;
  return now;
}

/// Measures once more what was measured last: rows, noise and probes are the same at every time.
void TelemetryWatcher::restore(const TelemetrySoFar& before) {
  report_.earlier = before.measurements;
  report_.seconds = before.seconds, seconds_of_training_ = before.seconds_of_training;
  preparing_ = 0;
  if (before.network.empty() || !thermometer_) return;
  measured_ = parse_network(before.network, "the network measured last");
  measured_at_.number = before.epoch, measured_at_.learning_rate = before.learning_rate;
  try {
    measure(before.learning_rate, *measured_, before_);
  } catch (const MeasurementStopped&) {  // the training will end, too
  }
}

TelemetryMeasurement measure_solution(Telemetry level, const Network& model, const Dataset& train, int threads,
                                      Watcher* watcher) {
  const Stopwatch begun;
  const ObjectiveOptions objective = recorded_objective(model);
  ThermodynamicsOptions how = measuring(level, kMostRows, objective, threads);
  how.watcher = watcher;
  if (watcher && watcher->on_event({}) == Answer::kStop) throw MeasurementStopped();
  TelemetryMeasurement measured;
  measured.level = level;
  measured.figures = measure_thermodynamics(model, train, how);
  measured.l2 = objective.l2;
  measured.seconds = begun.seconds();
  return measured;
}

}  // namespace poise::inline run
