// The experiments of the source papers: what one is, what it is given, and what comes of it (docs/reproduce.md).
#pragma once

#include <atomic>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/stopwatch.h"
#include "experiments/statistics.h"
#include "poise/dataset.h"
#include "poise/training.h"
#include "run/run_directory.h"
#include "run/terminal_line.h"

namespace poise::experiments {

/// A named set, read.
struct ExperimentData {
  std::string name;
  Dataset train, test;
};

struct ExperimentOptions {
  std::vector<ExperimentData> data;
  int epochs = 0, seeds = 0;            ///< of experiments that train networks; seeds are 1, 2, …
  int threads = 0;                      ///< 0: as many as the machine has
  std::vector<std::string> parts = {};  ///< of thermodynamics; empty: all of parts_of_thermodynamics
  // Of double-bayesian
  double train_share = 1;        ///< of the training rows, class by class
  bool centered_inputs = false;  ///< inputs in [−1, 1] in place of [0, 1]
  bool companion = false;        ///< the published network, and its inputs in [−1, 1]
  // Of f-adjoint, instead of the paper's
  double learning_rate = 0;        ///< 0: the paper's
  std::vector<Index> hidden = {};  ///< empty: the paper's
  std::optional<Loss> loss = {};
};

/// What is given as the paper of f-adjoint has it counts as not given: a run that named it and one that did not are the
/// same.
ExperimentOptions without_the_papers(ExperimentOptions options);

/// One line of the table.
struct Finding {
  std::string data;
  std::string claim;
  std::string figure;  ///< what was measured, mean ± standard deviation over seeds
  Verdict verdict = Verdict::kUndecidable;
};

struct Outcome {
  std::vector<Finding> findings;
  nlohmann::json runs = nlohmann::json::array();  ///< every training or solve with its figures
};

/// Where an experiment leaves its events, and what tells it to stop.
class Events {
 public:
  /// `stream` null keeps silent; `time_limit` is in seconds for the whole experiment, 0: none. `trained`: the figures
  /// of the trainings of a run that is gone on with.
  Events(RunDirectory& run, std::FILE* stream, const std::atomic<bool>& interrupted, double time_limit,
         std::vector<nlohmann::json> trained = {});

  void append(const nlohmann::json& event) { run_.append_event(event); }
  /// So many trainings are to come in all: how much time is left follows from those that have ended.
  void expect(std::size_t trainings) { expected_ = static_cast<double>(trainings); }
  void training_ended() { ended_ += 1; }
  /// The figures of a training that had ended in the run that is gone on with: those that have all of `labels`.
  std::optional<nlohmann::json> take_earlier(const nlohmann::json& labels);
  /// For a run that will go on with this one.
  void append_trained(const nlohmann::json& figures);
  /// Shows a line, but not too often; `share` of the training at hand is done.
  void show(const std::string& line, double share = 0);
  void clear() { shown_.clear(); }

  bool interrupted() const { return interrupted_.load(); }
  bool should_stop();
  void ran_out_of_time() { cut_short_ = true; }
  double seconds() const { return stopwatch_.seconds(); }
  /// What is left of the time, dealt out evenly to so many jobs to come; 0: no limit.
  double time_for_one_of(int jobs) const;
  const char* status() const;  ///< "finished", "interrupted" or "time_limit"

 private:
  double seconds_left(double share) const;  // negative: unknown

  RunDirectory& run_;
  TerminalLine shown_;
  const std::atomic<bool>& interrupted_;
  double time_limit_, expected_ = 0, ended_ = 0;
  std::vector<nlohmann::json> trained_;
  bool cut_short_ = false;
  Stopwatch stopwatch_;
};

struct Experiment {
  const char* name;
  const char* paper;
  std::vector<std::string> data;  ///< unless asked for others
  int epochs, seeds;              ///< likewise; 0: has none
  double time_limit;              ///< likewise, seconds; 0: none
  Outcome (*run)(const ExperimentOptions& options, Events& events);
};

/// All of them, by name.
const std::vector<Experiment>& all_experiments();

Outcome run_f_adjoint(const ExperimentOptions& options, Events& events);
Outcome run_double_bayesian(const ExperimentOptions& options, Events& events);
Outcome run_softmax(const ExperimentOptions& options, Events& events);
Outcome run_thermodynamics(const ExperimentOptions& options, Events& events);

/// What run_thermodynamics consists of.
std::vector<std::string> parts_of_thermodynamics();

/// "; steps halved because a loss blew up: 3" of so many setbacks; empty of none.
std::string halved_steps(int setbacks);

/// Gives the verdict, unless steps of the trainings judged were halved: then they are not those that the claim is
/// about, nothing is decided, and the figure says why.
void settle(Finding& finding, Verdict verdict, int setbacks);

nlohmann::json to_json(const Finding& finding);
/// As Markdown.
std::string table_of(const std::vector<Finding>& findings);

/// {data: "mnist", rule: "local", seed: 2} in words: "mnist, local, seed 2".
std::string in_words(const nlohmann::json& labels);

/// One training of an experiment.
struct Trained {
  NetworkFit fit;
  bool complete = false;  ///< all epochs were done, without stop
  int setbacks = 0;  ///< times the trainer went back and halved a step that had led up: then not the step asked for
};

/// Epochs, ascending, after which a training shows its network.
struct Checkpoints {
  std::vector<int> epochs;
  std::function<void(int epoch, const Network&)> visit;
};

/// Trains; every epoch is an event that carries the entries of `labels`, too. Accuracy on `test` (may be null) is in
/// each `Epoch::validation`; with it the network is that of the best epoch, which no experiment uses, else of the last.
/// `called`: what the events call those rows.
Trained train_observed(const Dataset& train, const NetworkOptions& options, const Dataset* test,
                       const nlohmann::json& labels, Events& events, const Checkpoints& checkpoints = {},
                       const char* called = "test");

}  // namespace poise::experiments
