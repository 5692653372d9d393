// What the user asked for, after parsing: one struct for all verbs, so that an option is declared once.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "poise/compare.h"
#include "poise/efficiency.h"
#include "poise/generate.h"
#include "poise/inference.h"
#include "poise/read.h"
#include "poise/run.h"
#include "poise/softmax_regression.h"

namespace poise::cli {

inline constexpr const char *kDenseNetwork = "dense", *kCompanionNetwork = "companion";  // of reproduce double-bayesian

struct Arguments {
  std::string data;    ///< a path or the name of a known set
  std::string run;     ///< a run directory or a model file
  std::string target;  ///< of convert: the file to write
  std::string format;  ///< of convert: in which format, if its name does not tell
  ReadOptions read;
  ObjectiveOptions objective;
  SolveOptions solve;
  TrainingRequest training;                 ///< of train, but for data, read, objective, solve and out
  std::string config;                       ///< --config: replaced by what it holds before parsing
  bool print_config = false;                ///< --print-config
  std::string out;                          ///< --out: run directory or file
  bool probabilities = false;               ///< predict --proba
  bool write_header = false;                ///< predict --header
  Index hidden_layer = 0;                   ///< predict --hidden-layer; 0: not given
  bool show_weights = false;                ///< inspect --weights
  int top = 20;                             ///< inspect --top: how many of them; 0: all
  bool inference = false;                   ///< inspect --inference
  std::string trained_on;                   ///< with it: the data
  InferenceOptions inferring;               ///< with it, but for threads
  ThermodynamicsOptions thermo;             ///< of thermo
  SettingGrid grid;                         ///< of compare
  ComparisonOptions comparison;             ///< likewise, but for threads
  EfficiencyOptions efficiency;             ///< of compare with a budget: its rows
  Index neurons = 0, weights = 0;           ///< the budget, one of them
  std::string experiment;                   ///< of reproduce: its name
  std::vector<std::string> sets;            ///< --data of reproduce; empty: the experiment's own
  int epochs = 0, seeds = 0;                ///< of reproduce; 0: its own
  std::vector<std::string> runs;            ///< of report: run directories
  bool no_report = false;                   ///< train --no-report
  std::optional<int> serve;                 ///< train --serve: the port; 0: any
  std::string serve_address = "127.0.0.1";  ///< train --serve-address
  std::vector<std::string> parts;           ///< of reproduce thermodynamics; empty: all
  double train_share = 1;                   ///< of reproduce double-bayesian, as are the next two
  bool centered_inputs = false;
  std::string network = kDenseNetwork;
  double temperature = 0;            ///< of septuple
  Index samples = 1 << 16;           ///< septuple --samples
  Index starts = 64;                 ///< septuple --starts
  std::vector<std::string> classes;  ///< generate --class; empty: all
  GenerateOptions generating;        ///< of generate
  bool require_certificate = false;
  bool json = false, quiet = false;
  std::set<std::string> given;  ///< the names of the options that were, with their dashes
};

/// Each returns the exit code.
int train(const Arguments& arguments);
int evaluate(const Arguments& arguments);
int predict(const Arguments& arguments);
int certify(const Arguments& arguments);
int thermo(const Arguments& arguments);
int compare(const Arguments& arguments);
int compare_budget(const Arguments& arguments);  ///< compare --neurons or --weights
int septuple(const Arguments& arguments);
int generate(const Arguments& arguments);
int inspect(const Arguments& arguments);
int infer(const Arguments& arguments);  ///< inspect --inference
int convert(const Arguments& arguments);
int reproduce(const Arguments& arguments);
int report_runs(const Arguments& arguments);

/// Writes the report of a training into its run directory; what prevents it is said on stderr, unless quiet.
void write_report_of(const std::string& directory, bool quiet);

/// Prints the notices of a data set on stderr, unless quiet.
void print_notices(const Arguments& arguments, const Dataset& data);
/// Says on stderr, unless quiet, how many rows of `data` a model was trained on, if any.
void note_rows_trained_on(const Arguments& arguments, const std::map<std::string, std::string>& metadata,
                          const Dataset& data);
/// A model's data for evaluate, predict and certify, read with the model's schema and the options it was trained with,
/// which its metadata hold. Throws Error(kData) if weights are needed, as the model was trained with some, and not
/// there.
enum class Needs { kFeatures, kLabels, kLabelsAndWeights };
Dataset read_for_model(const Arguments& arguments, const Schema& schema,
                       const std::map<std::string, std::string>& metadata, Needs needs = Needs::kLabels);

}  // namespace poise::cli
