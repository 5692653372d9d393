// Telemetry of a training: thermodynamic measurements of the network as it learns.
#pragma once

#include <optional>
#include <string>

#include "base/stopwatch.h"
#include "base/watcher_link.h"
#include "poise/run.h"

namespace poise::inline run {

/// When to measure and on how many rows. A function of sizes alone, never of the clock: the same training leaves the
/// same events.
struct TelemetryPlan {
  int every = 0;   ///< epochs from one measurement to the next; the last epoch is measured, too. 0: never
  Index rows = 0;  ///< drawn once for the whole run
};
TelemetryPlan plan_telemetry(Telemetry level, Index rows, int epochs);

/// Where the telemetry of a network stands: what a run that goes on has to know.
struct TelemetrySoFar {
  int measurements = 0;
  double seconds = 0, seconds_of_training = 0;
  std::string network;       ///< as it was measured last, which the first law compares with: the bytes of a model file
  int epoch = 0;             ///< after which that was
  double learning_rate = 0;  ///< η of that epoch, as Epoch has it
};

/// Measures at the epochs of the plan, and tells `next` of that and of all that it is told itself.
class TelemetryWatcher : public Watcher {
 public:
  /// `options` as given to train_network. Everything referred to must outlive it.
  TelemetryWatcher(Telemetry level, const Dataset& train, const NetworkOptions& options, Watcher& next);
  TelemetryWatcher(const TelemetryWatcher&) = delete;
  TelemetryWatcher& operator=(const TelemetryWatcher&) = delete;

  Answer on_event(const Event& event) override;

  TelemetrySoFar so_far() const;
  void restore(const TelemetrySoFar& before);

  /// All measurements.
  TelemetryReport report() const { return report_; }
  /// What measuring has taken of the time of training.
  double seconds_of_training() const { return seconds_of_training_; }

 private:
  bool must_stop();
  void on_epoch(const Event& event);
  void tell_why_not(const Epoch& epoch, const std::string& why);
  bool is_due(int epoch) const;
  TelemetryMeasurement measure(const Epoch& epoch, const Network& network);
  Thermodynamics measure(double learning_rate, const Network& network, EnsembleRecord& now);

  TelemetryPlan plan_;
  NetworkOptions options_;  // resolved
  Watcher& next_;
  StopWhen ending_{[this] { return must_stop(); }};
  TelemetryReport report_;
  std::optional<Thermometer> thermometer_;
  EnsembleRecord before_;            // of the measurement before
  std::optional<Network> measured_;  // kFull: what that was of, and when
  Epoch measured_at_;
  double seconds_of_training_ = 0;
  double preparing_ = 0;             // seconds that the next event counts as its own
  double begun_at_ = 0, limit_ = 0;  // seconds of training at which a measurement began, and when it has to end
  Stopwatch measuring_;
};

/// One measurement of a softmax layer, which is not trained by such steps. Throws MeasurementStopped if
/// `watcher` (may be null) ends it.
TelemetryMeasurement measure_solution(Telemetry level, const Network& model, const Dataset& train, int threads,
                                      Watcher* watcher = nullptr);

}  // namespace poise::inline run
