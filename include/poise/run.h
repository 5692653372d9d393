// A whole training run as one function: what `poise train` does.
//
//   TrainingResult result = train({.data = {.path = "digits"}, .objective = {.l2 = 1e-3}});
//
// Reads or takes the data, holds rows out, chooses the penalty, trains, calibrates and measures. The model says which
// rows it was trained on, so that `poise certify` and rows_trained_on recognize them. With a `directory` the run is
// written there as it goes (docs/run-directory.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "poise/cross_validation.h"
#include "poise/data_figures.h"
#include "poise/first_law.h"
#include "poise/read.h"
#include "poise/training.h"

namespace poise {

/// A file or known set to be read, or rows that are in memory.
struct DataSource {
  std::string path = {};                       ///< as read_dataset takes it; with `rows`, what they are called
  std::optional<Dataset> rows = std::nullopt;  ///< need no reading

  bool given() const { return !path.empty() || rows.has_value(); }
};

/// Thermodynamic measurements along a run.
enum class Telemetry {
  kOff,
  kLight,  ///< of networks some 3 % of the time of training; of a run too short for that, five measurements all the
           ///< same. Of the softmax layer one a solution
  kFull    ///< everything, and the first law from one measurement to the next
};

const char* to_string(Telemetry level);  ///< "off", "light", "full"

struct TrainingRequest {
  // Rows
  DataSource data = {};
  ReadOptions read = {};       ///< of all files
  DataSource test = {};        ///< where none is given: the test part of a known set, if it has one
  DataSource validation = {};  ///< rows to validate by
  std::optional<double> validation_share = std::nullopt;  ///< or the share of every class's rows to hold out, in [0,
                                                          ///< 1); default: 0.1 for networks and for `calibrate`, else 0
  std::uint64_t seed = 1;  ///< of that split, of cross-validation and of a network's training

  // What to train
  ObjectiveOptions objective = {};  ///< of networks, too
  bool choose_l2 = false;           ///< softmax layer: finds the penalty. Validation rows that are asked for choose it;
                                    ///< without them cross-validation does, as `search` says
  PenaltySearchOptions search = {};  ///< but for its seed
  std::vector<double> l2_path = {};  ///< softmax layer: solves for each of these; validation rows choose, else the last
                                     ///< one is kept
  NetworkOptions network = {};  ///< with `hidden` layers, or features as the target, a network (in the latter case with
                                ///< 32 hidden units, or half as many as features, unless it says). What `objective`,
                                ///< `solve` and `seed` have, too, is taken from there

  /// Whether it is a network that is trained, or the softmax layer alone.
  bool is_network() const {
    return !network.hidden.empty() || !network.layers.empty() || network.target == Target::kFeatures;
  }
  std::string start = {};                             ///< softmax layer: model file or run directory to start from
  std::optional<Network> start_model = std::nullopt;  ///< or the model itself

  // How
  SolveOptions solve = {};  ///< `time_limit` is on everything that comes after reading
  bool calibrate = false;   ///< divide the scores by the temperature that the validation rows ask for
  bool measure = true;      ///< what the model is worth on all parts; false: only what training itself asks for
  Telemetry telemetry = Telemetry::kOff;
  bool tensorboard = false;  ///< also events.out.tfevents.… in the directory, for TensorBoard
  std::optional<std::string> directory = std::nullopt;  ///< to write the run to; empty text: a new runs/<data>-<n>
  double checkpoint_every = 60;  ///< seconds from one checkpoint.safetensors in the directory to the next; 0: none
  bool resume = false;  ///< go on where a run in the directory was stopped, to the same bits; begin if there is none.
                        ///< Of one that has ended the result has no more than `ended_before` says
};

/// One measurement of telemetry: after an epoch of a network, or of the softmax layer for a penalty.
struct TelemetryMeasurement {
  std::optional<int> epoch;
  std::optional<double> l2;
  Telemetry level = Telemetry::kLight;
  Thermodynamics figures;
  std::vector<FirstLaw> first_law;  ///< kFull: changes since the measurement before
  double seconds = 0;               ///< that it took
};

/// Empty where there are no such rows, where measuring was ended before, or was not asked for.
struct MeasuredParts {
  std::optional<Metrics> train, validation, test;
};

/// The same of a network whose target was the features.
struct ReconstructedParts {
  std::optional<ReconstructionMetrics> train, validation, test;
};

/// The rows that the model is surest of and wrong about: of the test rows, else of those held out, else of those
/// trained on.
struct SurestErrors {
  struct Row {
    WrongRow wrong;
    /// Of images up to kMostPixels: the row, from 0 to 255 for the least and the largest value of these rows.
    std::vector<std::uint8_t> pixels;
  };
  static constexpr Index kMostPixels = 4096;
  std::string part;  ///< "test", "validation" or "train": whose rows are counted, from 0
  std::vector<Row> rows;
};

/// The mean of the rows trained on and their k leading principal components: what the best linear network with k units
/// in its narrowest layer reaches on those rows.
struct PrincipalComponents {
  Index components = 0;
  double mean_squared_error = 0;  ///< as ReconstructionMetrics has it, on the validation rows, else those trained on
};

struct CalibratedParts {
  Temperature temperature;      ///< what the scores were divided by, unless `at_limit`: then the model is as it was
  Index rows = 0;               ///< that it was found on
  MeasuredParts before, after;  ///< the same if at_limit
};

/// One solution of a path of penalties with what it is worth. Its model is as fit_softmax made it: only that of the
/// result says which rows it was trained on.
struct PathSolution {
  double l2 = 0;
  SoftmaxFit fit;
  std::optional<Metrics> train, validation;  ///< without AUC; empty: not measured
};

/// How sure the largest weights of a softmax layer are, those of class sums 0: Wald's intervals at 95 % by the exact
/// Hessian, about the optimum one Newton step on (docs/theory/softmax.md#uncertainty-of-the-weights).
struct WeightIntervals {
  struct One {
    Index feature = 0, class_id = 0;
    double weight = 0, standard_error = 0;  ///< per original unit
    double low = 0, high = 0;               ///< 1.96 standard errors to each side of the optimum
  };
  std::vector<One> largest = {};  ///< at most kMost, by the size of the standardized weight
  std::string meaning = {};       ///< of the intervals, in a sentence
  std::string refused = {};       ///< why there are none; empty: there are

  static constexpr std::size_t kMost = 20;
  /// They cost n P² + P³/3 operations, P = (classes − 1)(features + 1): a tenth of a second at these, and more is not
  /// spent on every training. infer_weights has no bound of work.
  static constexpr Index kMostParameters = 3000;
  static constexpr double kMostWork = 1e9;
};

/// What is known of a softmax layer alone.
struct SoftmaxTraining {
  SolveReport report;  ///< of the solution kept
  double l2 = 0;       ///< its penalty
  bool l2_by_default = false;
  std::optional<PenaltyChoice> choice;  ///< of cross-validation
  double seconds_choice = 0;
  std::vector<PathSolution> path;                   ///< in the order of solving; empty where there was one solve
  std::optional<CrossValidation> cross_validation;  ///< at the penalty chosen; or of small data without other rows
  std::optional<WeightIntervals> intervals;         ///< empty where measuring was not asked for
};

/// What is known of a network alone.
struct NetworkTraining {
  TrainingReport report;
  NetworkOptions options;  ///< with what the data decided
  /// Where the features are the target: what to compare the network with. Empty beyond 2,000 features.
  std::optional<PrincipalComponents> principal = std::nullopt;
};

struct TelemetryReport {
  Telemetry level = Telemetry::kLight;
  std::optional<int> every;  ///< epochs from one measurement to the next; empty for the softmax layer
  Index rows = 0;            ///< measured
  std::vector<TelemetryMeasurement> measurements;
  int earlier = 0;      ///< others, made before the run was stopped and resumed: they are in metrics.jsonl
  double seconds = 0;   ///< of all measurements
  std::string stopped;  ///< "interrupted" or "time_limit", which ended a measurement or prevented it
};

struct TrainingResult {
  std::string status;  ///< to_string of the Status, or TrainingStatus, of the run; a path that was stopped has that of
                       ///< its last solve
  std::string why;     ///< a sentence
  std::string not_measured;  ///< "interrupted" or "time_limit", which ended measuring; empty: all is measured
  Network model;             ///< one layer where `softmax` is set
  std::optional<SoftmaxTraining> softmax;
  std::optional<NetworkTraining> network;
  MeasuredParts measured;
  ReconstructedParts reconstructed;  ///< in its place where the features were the target
  std::optional<CalibratedParts> calibration;
  std::optional<SurestErrors> surest_errors;  ///< empty where nothing was measured, or nothing is wrong
  std::optional<TelemetryReport> telemetry;
  std::optional<DataFigures> data_figures;  ///< empty where measuring was not asked for, or ended before
  /// All that is odd about data, options and result, a sentence each. What a check of the report is about ends with its
  /// code: " [P107]".
  std::vector<std::string> notices;
  std::vector<std::string> notes;                                   ///< those of them on what the measurements show
  Index rows = 0;                                                   ///< trained on
  std::string fingerprint;                                          ///< of those rows
  double held_out = 0;                                              ///< share of the rows read that were held out
  double seconds_read = 0, seconds_measure = 0, seconds_write = 0;  ///< the latter includes measuring
  std::string directory;                                            ///< empty: nothing was written
  bool ended_before = false;  ///< nothing was done: the run in the directory had ended. Only `status`, `why`, `model`
                              ///< and `directory` are given; run.json there has the rest

  bool interrupted() const { return status == "interrupted" || not_measured == "interrupted"; }
};

/// Throws Error for options that make no sense (kUsage), data that cannot be trained on (kData) and files (kIo), before
/// training begins wherever that can be known; not for a result that is disappointing.
TrainingResult train(const TrainingRequest& request, Watcher& watcher);
TrainingResult train(const TrainingRequest& request);

/// The rows of `data` that a model was trained on, by what its metadata say: all of them, in any order, or those that
/// validation left. Empty if the model was trained on other rows, or does not say.
std::optional<Dataset> rows_trained_on(const std::map<std::string, std::string>& metadata, const Dataset& data);

}  // namespace poise
