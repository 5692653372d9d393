// poise train --hidden: data → network → run directory.
#include <fmt/core.h>

#include <algorithm>

#include "base/stopwatch.h"
#include "base/words.h"
#include "cli/run_summary.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "cli/train_parts.h"
#include "cli/training_end.h"
#include "convex/problem.h"
#include "learning/options.h"
#include "learning/pace.h"
#include "poise/error.h"
#include "poise/network.h"
#include "run/baseline.h"
#include "run/options_json.h"
#include "run/short_number.h"
#include "run/summary.h"
#include "run/training_progress.h"

namespace poise::cli {
namespace {

using nlohmann::json;

/// A temperature, and whatever telemetry measures, is about the softmax head.
void require_softmax_head(const Arguments& a) {
  if (a.network.loss == Loss::kCrossEntropy) return;
  const char* option = a.calibrate ? "--calibrate" : a.telemetry != Telemetry::kOff ? "--telemetry" : nullptr;
  if (!option) return;
  throw Error(ErrorKind::kUsage,
              fmt::format("{} with the loss '{}', whose head is not softmax", option, to_string(a.network.loss)),
              "the cross-entropy loss", fmt::format("leave {} out", option));
}

/// Options that the softmax layer has, too, are declared once and taken over.
NetworkOptions network_options(const Arguments& a) {
  NetworkOptions options = a.network;
  options.label_smoothing = a.objective.label_smoothing;
  options.balanced_classes = a.objective.balanced_classes;
  options.class_weights = a.objective.class_weights;
  options.standardize = a.objective.scale != Scale::kNone;
  options.time_limit = a.solve.time_limit;
  options.threads = a.solve.threads;
  options.seed = a.seed;
  return options;
}

/// With what the data decided.
json asked_json(const Arguments& a, const NetworkOptions& options, const Dataset& train) {
  json asked = poise::to_json(learning::resolve(options, train));
  asked.update(asked_of_training(a, held_out_share(a, kHeldOut)));
  return asked;
}

/// The golden step is in units in which the loss has the largest curvature that it can take: what is above is no more.
void note_capped_rate(const NetworkOptions& asked, Dataset& train) {
  if (asked.step != Step::kGolden || asked.learning_rate == 0) return;
  const NetworkOptions o = learning::resolve(asked, train.rows());
  const auto last = [&](double rate) { return learning::kappa_range(rate, *o.momentum, o.momentum_phase).last; };
  const double most = o.learning_rate * last(o.learning_rate) / last(0x1p-40);
  if (most >= o.learning_rate * (1 - 1e-9)) return;
  train.notices.push_back(fmt::format(
      "--learning-rate {:g} does what {:.3g} does: with --step golden a smaller one slows, and a larger one "
      "is capped where the step is still stable",
      o.learning_rate, most));
}

/// --scale standard is about columns of tables; networks scale other inputs in ways of their own.
void check_scale(const Arguments& a, const Dataset& train) {
  const bool asked = a.objective.scale == Scale::kStandard || a.objective.scale == Scale::kNumbers;
  if (!asked || resolve_scale(train, Scale::kAuto) != Scale::kNone) return;
  throw Error(ErrorKind::kUsage,
              fmt::format("--scale {} for a network on images or sparse data", to_string(a.objective.scale)),
              "--scale none, or no --scale: images are then scaled as a whole, sparse features about 0",
              "columns are scaled one by one in tables and NPY arrays", {a.data});
}

void print_training(const json& result) {
  fmt::print("{}, network {} with {} parameters\n", counted(result["rows"].get<Index>(), "row"),
             result["architecture"].get<std::string>(), result["parameters"].get<Index>());
  fmt::print("status      {}: {}\n", result["status"].get<std::string>(), result["why"].get<std::string>());
  print_calibration(result);
  print_parts(result);
  print_telemetry(result);
  const int epochs = result["epochs"].get<int>(), best = result["best_epoch"].get<int>();
  fmt::print("{} of batches of {}, the weights {} kept; {:.2f} s to train, {:.3f} s to read; run {}\n",
             counted(epochs, "epoch"), result["batch"].get<Index>(),
             best > 0 ? fmt::format("of epoch {}", best) : "from before the end of epoch 1",
             result["seconds"].get<double>(), result["seconds_read"].get<double>(), result["run"].get<std::string>());
}

json result_json(const NetworkFit& fit, const Parts& parts) {
  json result = to_json(fit.report);
  const double trained = static_cast<double>(parts.train.rows()) * fit.report.epochs;
  result.update({{"rows", parts.train.rows()},
                 {"features", parts.train.features.cols()},
                 {"classes", parts.train.schema.class_count()},
                 {"architecture", fit.network.architecture()},
                 {"parameters", fit.network.parameter_count()},
                 {"objective", nullptr},
                 {"gap", nullptr},
                 {"samples_per_second", fit.report.train_seconds > 0 ? trained / fit.report.train_seconds : 0}});
  return result;
}

std::string note_of(const Baseline& baseline, Index rows) {
  const std::string losses = fmt::format("cross-entropy {} against {}", short_number(baseline.softmax_loss, 4),
                                         short_number(baseline.network_loss, 4));
  if (baseline.softmax_is_better()) {
    return fmt::format(
        "without --hidden, the softmax layer alone is better on the held-out rows: {}, accuracy {:.1f} % against "
        "{:.1f} %",
        losses, 100 * baseline.softmax_accuracy, 100 * baseline.network_accuracy);
  }
  return fmt::format(
      "{} held-out rows do not show that the hidden layers help: the softmax layer alone has {}, a difference of {} ± "
      "{} nats",
      rows, losses, short_number(baseline.network_loss - baseline.softmax_loss, 4), short_number(baseline.error, 4));
}

/// On tables with few rows or little to find the softmax layer alone may be as good or better, which is to be said.
/// Finding out may take a tenth of the time that the network took.
void note_baseline(const Arguments& a, const Inputs& inputs, const NetworkFit& fit, Parts& parts) {
  constexpr double kShare = 0.1, kShortest = 0.05;
  const bool finished = fit.report.status != TrainingStatus::kInterrupted &&
                        fit.report.status != TrainingStatus::kTimeLimit &&
                        fit.report.status != TrainingStatus::kDiverged;
  if (!finished || !parts.validation || a.network.loss != Loss::kCrossEntropy) return;
  std::optional<SolveOptions> solve = inputs.solve_in_time_left(a);
  if (!solve) return;
  const double most = std::max(kShare * fit.report.train_seconds, kShortest);
  solve->time_limit = solve->time_limit > 0 ? std::min(solve->time_limit, most) : most;
  Interrupts interrupts;
  ObjectiveOptions objective = a.objective;  // units, label smoothing and class weights are the network's
  objective.l2 = std::nullopt;
  const auto baseline =
      compare_with_softmax_layer(fit.network, parts.train, *parts.validation, objective, *solve, &interrupts);
  if (!baseline || baseline->network_is_better()) return;
  parts.train.notices.push_back(note_of(*baseline, parts.validation->rows()));
  if (!a.quiet) say("note: {}\n", parts.train.notices.back());
}

}  // namespace

int train_network(const Arguments& a) {
  if (a.network.patience > 0 && a.validation && *a.validation == 0) {
    throw Error(ErrorKind::kUsage, "--patience without validation rows", "--validation above 0",
                "without them there is no best epoch to wait for");
  }
  if (a.l2_auto) {
    throw Error(ErrorKind::kUsage, "--l2 auto with --hidden", "a number", "it is for the softmax layer alone");
  }
  require_softmax_head(a);
  end_at_interrupts(a.quiet);
  const Stopwatch started;
  const double held_out = held_out_share(a, kHeldOut);
  Parts parts = read_parts(a, held_out);
  check_scale(a, parts.train);
  note_capped_rate(a.network, parts.train);
  print_notices(a, parts.train);
  const double seconds_read = started.seconds();

  const Stopwatch running;
  NetworkOptions options = network_options(a);
  std::vector<Index> widths{parts.train.features.cols()};
  widths.insert(widths.end(), options.hidden.begin(), options.hidden.end());
  widths.push_back(parts.train.schema.class_count());
  options.time_limit = time_to_train(a, parts, widths);
  things_stand("no model was written");
  watch_for_interrupts(a.quiet);
  RunDirectory run(a.out, a.data);
  run.announce({{"event", "start"}, {"rows", parts.train.rows()}, {"features", parts.train.features.cols()}});
  const Inputs inputs{parts, held_out, seconds_read, running};
  TrainingEnd end(a, inputs, run);
  TrainingProgress progress(run, a.quiet ? nullptr : stderr, interrupted,
                            learning::resolve(options, parts.train.rows()));
  TelemetryObserver telemetry(a.telemetry, parts.train, options, run, progress);
  NetworkFit fit =
      poise::train_network(parts.train, options, parts.validation ? &*parts.validation : nullptr, &telemetry);
  end.save(fit.network);

  fit.report.seconds -= telemetry.seconds_of_training();
  json result = result_json(fit, parts);
  if (a.telemetry != Telemetry::kOff) result["telemetry"] = telemetry.summary();
  const json asked = asked_json(a, options, parts.train);
  end.write_first(result, asked);
  end.measure(result);
  note_baseline(a, inputs, fit, parts);
  return end.finish(std::move(result), asked, {{"best_epoch", fit.report.best_epoch}}, print_training);
}

}  // namespace poise::cli
