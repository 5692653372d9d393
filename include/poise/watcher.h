// What is told while something is solved, trained or measured, and who may watch it and end it.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>

namespace poise {

struct Candidate;
struct CandidateRun;
struct Epoch;
struct Network;
struct Progress;
struct Setting;
struct SettingRun;
struct TelemetryMeasurement;
struct TrainingResult;

/// What happens. Pointers are valid during the call alone.
struct Event {
  enum class Kind {
    kTick,            ///< nothing new, only an occasion to stop: many a second
    kWork,            ///< `text`, what goes on beside solves and trainings: reading, choosing, measuring; `done` of it
    kNote,            ///< `text`, one of TrainingResult::notices
    kBegin,           ///< data and options are good; training begins, and the directory is made; `result` has the rows
    kChoosing,        ///< cross-validation of penalties begins
    kIteration,       ///< of a solve: `iteration`, and on a path `l2`
    kEpoch,           ///< of a network: `epoch`, of `epochs`; `network` makes it
    kMessage,         ///< `text`: of a network about a step taken back, of a solver about its step
    kCandidate,       ///< of compare_architectures: `candidate` has been trained, as `run` says
    kSetting,         ///< of compare_settings: `setting` has been trained, as `setting_run` says
    kThermodynamics,  ///< `measurement`
    kModel,           ///< there is a model, and it is written; a better one may replace it
    kMeasuring,       ///< training is over, and a first run.json is written; what `result` is worth is measured now
    kEnd              ///< `result`, and everything is written
  };
  Kind kind = Kind::kTick;
  std::string text = {};
  std::optional<double> done = std::nullopt;  ///< kWork: share of it that is done, up to 1; empty: nobody knows
  const Progress* iteration = nullptr;
  std::optional<double> l2 = std::nullopt;
  const Epoch* epoch = nullptr;
  int epochs = 0;
  /// kEpoch: the network as it is after that epoch, in original units: the weights in training, not those of the best
  /// epoch. Made when it is called, so that nobody pays for what nobody wants.
  std::function<Network()> network = {};
  double time_limit = 0;  ///< kIteration, kEpoch: seconds that this may take; 0: no limit
  const Candidate* candidate = nullptr;
  const CandidateRun* run = nullptr;
  const Setting* setting = nullptr;
  const SettingRun* setting_run = nullptr;
  const TelemetryMeasurement* measurement = nullptr;
  const TrainingResult* result = nullptr;
};

enum class Answer { kGoOn, kStop };

/// Is told everything, on the thread of the call that is watched alone, and may end it. After the first kStop a solve
/// or a training ends at its next step, with a usable result that says so, and a measurement within a second. While a
/// network is trained that thread may count denormal numbers as 0 and run loops serially.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual Answer on_event(const Event&) { return Answer::kGoOn; }
};

/// Thrown by a measurement that was asked to end before its end: half of one is no result.
class MeasurementStopped : public std::exception {
 public:
  const char* what() const noexcept override { return "the measurement was stopped by request"; }
};

}  // namespace poise
