// Telemetry of a training: thermodynamic measurements of the network as it learns, as events of the run directory.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/stopwatch.h"
#include "poise/first_law.h"
#include "poise/model.h"
#include "poise/thermodynamics.h"
#include "poise/training.h"
#include "run/run_directory.h"

namespace poise {

enum class Telemetry {
  kOff,
  kLight,  ///< of networks some 3 % of the time of training; of a run too short for that, five measurements all the
           ///< same
  kFull    ///< everything, and the first law from one measurement to the next
};

const char* to_string(Telemetry level);  ///< "off", "light", "full"

/// When to measure and on how many rows. A function of sizes alone, never of the clock: the same training leaves the
/// same events.
struct TelemetryPlan {
  int every = 0;   ///< epochs from one measurement to the next; the last epoch is measured, too. 0: never
  Index rows = 0;  ///< drawn once for the whole run
};
TelemetryPlan plan_telemetry(Telemetry level, Index rows, int epochs);

/// Measures at the epochs of the plan and tells `next` everything that it is told itself.
class TelemetryObserver : public TrainingObserver {
 public:
  /// `options` as given to train_network. Everything referred to must outlive it.
  TelemetryObserver(Telemetry level, const Dataset& train, const NetworkOptions& options, RunDirectory& run,
                    TrainingObserver& next);

  void on_epoch(const Epoch& epoch) override { next_.on_epoch(epoch); }
  void on_message(const std::string& text) override { next_.on_message(text); }
  bool stop_requested() override { return next_.stop_requested(); }
  bool wants_network(int epoch) override;
  void on_network(const Epoch& epoch, const Network& network) override;

  /// {level, every, rows, measurements, seconds, stopped}; `seconds` is the sum of the events'.
  nlohmann::json summary() const;
  /// What measuring has taken of the time of training.
  double seconds_of_training() const { return seconds_of_training_; }

 private:
  bool must_stop();
  bool is_due(int epoch) const;
  nlohmann::json measure(const Epoch& epoch, const Network& network);

  Telemetry level_;
  TelemetryPlan plan_;
  NetworkOptions options_;  // resolved
  RunDirectory& run_;
  TrainingObserver& next_;
  std::optional<Thermometer> thermometer_;
  EnsembleRecord before_;  // of the measurement before
  int measurements_ = 0;
  double seconds_ = 0, seconds_of_training_ = 0;
  double preparing_ = 0;  // seconds that the next event counts as its own
  double begun_at_ = 0;   // seconds of training at which a measurement began
  Stopwatch measuring_;
  const char* stopped_ = nullptr;
};

/// One measurement of a softmax layer, which is not trained by such steps: the figures of its event and their seconds.
/// Throws MeasurementStopped once `stop` (may be empty) has answered true.
nlohmann::json measure_solution(Telemetry level, const SoftmaxModel& model, const Dataset& train, int threads,
                                std::function<bool()> stop = {});

}  // namespace poise
