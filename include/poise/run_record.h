// A run directory, read back: what `poise train` was asked, and what came of it (docs/run-directory.md).
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "poise/run.h"

namespace poise {

/// What is not there is NaN, or empty.
struct RunRecord {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  using Named = std::pair<std::string, std::string>;

  // What was asked, and where
  std::string directory;
  std::string version;             ///< of Poise
  std::string command;             ///< that repeats the run
  std::vector<Named> asked;        ///< the options, by name; of how the data were read "read.label"
  std::vector<Named> environment;  ///< processor, threads, …
  Schema schema;
  std::string fingerprint;
  std::vector<std::string> notices;

  // How it ended
  std::string status, why;
  std::string not_measured;  ///< why measuring ended early; empty: all is measured
  Index rows = 0, features = 0, classes = 0;
  double seconds = kNone, seconds_read = kNone, seconds_measure = kNone;
  double objective = kNone;
  std::optional<Certificate> certificate;
  std::string separation;  ///< a sentence, where there is no minimizer
  double l2 = kNone, passes = kNone;
  int iterations = 0;
  std::string scale;

  // Networks
  bool is_network = false, reconstructs = false;
  std::string architecture;
  Index parameters = 0, batch = 0;
  int epochs = 0, best_epoch = 0;
  std::optional<PrincipalComponents> principal;

  // What it is worth
  /// A pair of classes and the weight of the rows of one that are predicted as the other.
  struct Confused {
    Index label = 0, predicted = 0;
    double weight = 0;
  };
  struct Part {
    std::string name;                ///< "test", "validation", "cross-validation", "train"
    int folds = 0;                   ///< of cross-validation; of leave-one-out the rows
    Metrics metrics;                 ///< without the matrix of confusion
    std::vector<Confused> confused;  ///< the heaviest first
    Index confused_pairs = 0;        ///< how many there are in all; 0: unknown
  };
  std::vector<Part> parts;  ///< that were measured, the one that tells most of rows not seen first
  struct ReconstructedPart {
    std::string name;
    ReconstructionMetrics metrics;  ///< without the features
  };
  std::vector<ReconstructedPart> reconstructed;
  double calibration = kNone;                ///< the temperature that scores were divided by
  std::vector<ReliabilityBin> uncalibrated;  ///< of the first part, before that
  std::optional<SurestErrors> surest_errors;
  std::optional<DataFigures> data_figures;

  // How it went
  std::vector<Progress> iterations_of_solve;  ///< of the solution kept
  std::vector<Epoch> history;
  std::vector<TelemetryMeasurement> telemetry;
  std::vector<std::string> messages;  ///< of steps taken back; at most 20
  /// A penalty that was tried.
  struct Candidate {
    double l2 = 0, train = kNone, held_out = kNone;  ///< cross-entropies
    double error = kNone;                            ///< standard error of held_out
    bool hopeless = false;                           ///< given up: `held_out` is a lower bound
  };
  std::vector<Candidate> candidates;  ///< from the smallest penalty to the largest
  std::string chosen_by;              ///< "cross-validation", "leave-one-out", "validation rows"; empty: given

  // The model
  struct Weight {
    Index feature = 0, class_id = 0;
    double weight = 0, standardized = kNone;
    double low = kNone, high = kNone;  ///< its 95 % interval, in the unit of `standardized`, or of `weight` without it
  };
  std::vector<Weight> largest_weights;     ///< softmax layer: at most 20
  std::string intervals_meaning;           ///< what their intervals mean
  std::string intervals_refused;           ///< why they have none
  std::vector<std::vector<float>> images;  ///< of images: the weights of the first layer, a unit each; at most 32
  Index units = 0;                         ///< how many there are of the first layer

  /// The value of an option; empty if it is not there.
  std::string option(std::string_view name) const;
};

/// Reads run.json, metrics.jsonl and, for weights, model.onnx. What metrics.jsonl or the model lack is left out: a run
/// that did not end has a record, too. `path`: the directory, or a file in it. Throws Error(kIo) without run.json, and
/// Error(kData) if it is not that of `poise train`.
RunRecord read_run(const std::string& path);

}  // namespace poise
