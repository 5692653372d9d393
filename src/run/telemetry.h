// Telemetry of a training: thermodynamic measurements of the network as it learns.
#pragma once

#include <functional>
#include <optional>

#include "base/stopwatch.h"
#include "poise/run.h"

namespace poise::inline run {

/// When to measure and on how many rows. A function of sizes alone, never of the clock: the same training leaves the
/// same events.
struct TelemetryPlan {
  int every = 0;   ///< epochs from one measurement to the next; the last epoch is measured, too. 0: never
  Index rows = 0;  ///< drawn once for the whole run
};
TelemetryPlan plan_telemetry(Telemetry level, Index rows, int epochs);

/// Measures at the epochs of the plan and tells `next` everything that it is told itself; `tell` is told of every
/// measurement.
class TelemetryObserver : public TrainingObserver {
 public:
  using Tell = std::function<void(const TelemetryMeasurement&)>;

  /// `options` as given to train_network. Everything referred to must outlive it.
  TelemetryObserver(Telemetry level, const Dataset& train, const NetworkOptions& options, TrainingObserver& next,
                    Tell tell);

  void on_epoch(const Epoch& epoch) override { next_.on_epoch(epoch); }
  void on_message(const std::string& text) override { next_.on_message(text); }
  bool stop_requested() override { return next_.stop_requested(); }
  bool wants_network(int epoch) override;
  void on_network(const Epoch& epoch, const Network& network) override;

  /// All measurements.
  TelemetryReport report() const { return report_; }
  /// What measuring has taken of the time of training.
  double seconds_of_training() const { return seconds_of_training_; }

 private:
  bool must_stop();
  bool is_due(int epoch) const;
  TelemetryMeasurement measure(const Epoch& epoch, const Network& network);

  TelemetryPlan plan_;
  NetworkOptions options_;  // resolved
  TrainingObserver& next_;
  Tell tell_;
  TelemetryReport report_;
  std::optional<Thermometer> thermometer_;
  EnsembleRecord before_;  // of the measurement before
  double seconds_of_training_ = 0;
  double preparing_ = 0;  // seconds that the next event counts as its own
  double begun_at_ = 0;   // seconds of training at which a measurement began
  Stopwatch measuring_;
};

/// One measurement of a softmax layer, which is not trained by such steps. Throws MeasurementStopped once `stop` (may
/// be empty) has answered true.
TelemetryMeasurement measure_solution(Telemetry level, const Network& model, const Dataset& train, int threads,
                                      std::function<bool()> stop = {});

}  // namespace poise::inline run
