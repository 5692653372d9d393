// Data → network.
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check_codes.h"
#include "base/require.h"
#include "convex/problem.h"
#include "learning/architecture.h"
#include "learning/loss/loss.h"
#include "learning/options.h"
#include "learning/pace.h"
#include "learning/state.h"
#include "poise/error.h"
#include "run/baseline.h"
#include "run/principal_components.h"
#include "run/short_number.h"
#include "run/telemetry.h"
#include "run/training/read_parts.h"
#include "run/training/training_run.h"

namespace poise::inline run {
namespace {

/// Options that a network has no use for, or only with others.
void check_network_request(const TrainingRequest& request) {
  require(request.solve.workers == nullptr, "several processes for a network",
          "one: its steps are too short to be shared, the softmax layer's passes are not");
  if (request.network.patience > 0 && request.validation_share == 0.0) {
    throw Error(ErrorKind::kUsage, "--patience without validation rows", "--validation above 0",
                "without them there is no best epoch to wait for");
  }
  if (request.choose_l2) {
    throw Error(ErrorKind::kUsage, "a penalty to be chosen for a network (--l2 auto or loo)", "a number",
                "it is for the softmax layer alone");
  }
  if (request.telemetry != Telemetry::kOff && learning::takes_images(request.network))
    throw Error(ErrorKind::kUsage, "telemetry of a network with convolutions", "dense layers alone",
                "leave --telemetry or --layers out");
  if (learning::loss_of(request.network) == Loss::kCrossEntropy)
    return;  // a temperature, and telemetry of classifiers, are about the softmax head
  const bool measured = request.telemetry != Telemetry::kOff && request.network.target == Target::kClasses;
  const char* option = request.calibrate ? "--calibrate" : measured ? "--telemetry" : nullptr;
  if (!option) return;
  throw Error(ErrorKind::kUsage,
              fmt::format("{} with the loss '{}', whose head is not softmax", option,
                          to_string(learning::loss_of(request.network))),
              "the cross-entropy loss", fmt::format("leave {} out", option));
}

/// What the softmax layer has, too, is taken from there.
NetworkOptions network_options_of(const TrainingRequest& request, const Dataset& train) {
  constexpr Index kCode = 32;
  NetworkOptions options = request.network;
  if (options.hidden.empty() && options.layers.empty())
    options.hidden = {std::clamp<Index>(train.features.cols() / 2, 1, kCode)};
  options.objective = request.objective;
  options.threads = request.solve.threads;
  options.seed = request.seed;
  return options;
}

/// Such as are to be trained, all weights 0.
std::vector<Layer> layers_of(const NetworkOptions& options, const Dataset& train) {
  const learning::ParameterLayout layout = learning::layout_of(options, train);
  return learning::to_layers(layout, learning::Floats(layout.size()), options.activation);
}

/// --scale standard is about columns of tables; networks scale other inputs in ways of their own.
void check_scale(const TrainingRun& run) {
  const Scale scale = run.request().objective.scale;
  const bool asked = scale == Scale::kStandard || scale == Scale::kNumbers;
  if (!asked || resolve_scale(run.train(), Scale::kAuto) != Scale::kNone) return;
  throw Error(ErrorKind::kUsage, fmt::format("--scale {} for a network on images or sparse data", to_string(scale)),
              "--scale none, or no --scale: images are then scaled as a whole, sparse features about 0",
              "columns are scaled one by one in tables and NPY arrays", {run.request().data.path});
}

/// The golden step is in units in which the loss has the largest curvature that it can take: what is above is no more.
void note_capped_rate(TrainingRun& run) {
  const NetworkOptions& asked = run.request().network;
  if (asked.step != Step::kGolden || asked.learning_rate == 0) return;
  const NetworkOptions o = learning::resolve(asked, run.train().rows());
  const auto last = [&](double rate) { return learning::kappa_range(rate, *o.momentum, o.momentum_phase).last; };
  const double most = o.learning_rate * last(o.learning_rate) / last(0x1p-40);
  if (most >= o.learning_rate * (1 - 1e-9)) return;
  run.note(fmt::format(
      "--learning-rate {:g} does what {:.3g} does: with --step golden a smaller one slows, and a larger one "
      "is capped where the step is still stable",
      o.learning_rate, most));
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
/// Finding out may take a tenth of the time that the network took, or half a second.
void note_baseline(TrainingRun& run, const TrainingReport& report) {
  constexpr double kShare = 0.1, kShortest = 0.5;
  const bool finished = report.status != TrainingStatus::kInterrupted && report.status != TrainingStatus::kTimeLimit &&
                        report.status != TrainingStatus::kDiverged;
  const auto& held_out = run.parts().validation;
  if (!finished || !held_out || learning::loss_of(run.request().network) != Loss::kCrossEntropy) return;
  std::optional<SolveOptions> solve = run.solve_in_time_left();
  if (!solve) return;
  const double most = std::max(kShare * report.train_seconds, kShortest);
  solve->time_limit = solve->time_limit > 0 ? std::min(solve->time_limit, most) : most;
  Unseen unseen(run);
  ObjectiveOptions objective = run.request().objective;  // units, label smoothing and class weights are the network's
  objective.l2 = std::nullopt;
  const auto baseline =
      compare_with_softmax_layer(run.result().model, run.train(), *held_out, objective, *solve, &unseen);
  if (baseline && !baseline->network_is_better())
    run.note(coded(note_of(*baseline, held_out->rows()), codes::kSoftmaxEnough));
}

/// Of the hidden layers.
Index narrowest(const Network& network) {
  Index width = network.layers.front().outputs();
  for (std::size_t l = 1; l + 1 < network.layers.size(); ++l) width = std::min(width, network.layers[l].outputs());
  return width;
}

/// The best that a linear network of these widths could do; said where this one is no better.
std::optional<PrincipalComponents> compare_with_principal_components(TrainingRun& run) {
  const auto& held_out = run.parts().validation;
  const ReconstructedParts& measured = run.result().reconstructed;
  const auto& own = held_out ? measured.validation : measured.train;
  if (!own || !run.reason_to_end().empty()) return std::nullopt;
  const auto found = principal_components(run.train(), held_out ? *held_out : run.train(), run.result().model,
                                          narrowest(run.result().model));
  constexpr double kWorse = 1.005, kLeast = 1e-3;  // the latter of the variance: less is rounding
  const double worse = found ? own->mean_squared_error - kWorse * found->mean_squared_error : 0;
  if (worse > kLeast * own->variance) {
    run.note(fmt::format(
        "{} principal component{} alone reconstruct{} better: a mean squared error of {} on the {} rows, against {}",
        found->components, found->components == 1 ? "" : "s", found->components == 1 ? "s" : "",
        short_number(found->mean_squared_error, 4), held_out ? "held-out" : "same",
        short_number(own->mean_squared_error, 4)));
  }
  return found;
}

/// What makes probabilities better.
std::string hint_on_probabilities(const TrainingRun& run, const NetworkTraining& trained) {
  const TrainingRequest& request = run.request();
  if (trained.report.status == TrainingStatus::kDiverged) return "a smaller --learning-rate";
  const double penalty = default_network_l2(run.train());
  const std::optional<double> given = request.objective.l2;
  std::string hint;
  if (!request.calibrate && learning::loss_of(request.network) == Loss::kCrossEntropy) hint += "--calibrate, ";
  if (given && *given < penalty) hint += fmt::format("--l2 {:.1g}, ", penalty);
  return hint + (trained.report.best_epoch > 1 ? "fewer --epochs" : "more --epochs");
}

/// From the beginning, or from where a run was stopped.
NetworkFit fit_network(TrainingRun& run, const NetworkOptions& options, TelemetryWatcher& telemetry) {
  Keeping<learning::TrainingState> keeping;
  if (const Checkpoint* from = run.resumed()) {
    require(from->network.has_value(), "a checkpoint without a network", "one of a network");
    keeping.from = &*from->network;
    telemetry.restore(from->telemetry);
    run.note(fmt::format("resumed after epoch {}", from->network->epoch));
  }
  keeping.is_due = [&] { return run.checkpoint_is_due(); };
  keeping.keep = [&](learning::TrainingState state) {
    Checkpoint now;
    now.telemetry = telemetry.so_far();
    now.network = std::move(state);
    run.keep(std::move(now));
  };
  const auto& held_out = run.parts().validation;
  return learning::train_network(run.train(), options, held_out ? &*held_out : nullptr, &telemetry, keeping);
}

}  // namespace

TrainingResult train_hidden_layers(const TrainingRequest& request, Watcher& watcher) {
  check_network_request(request);
  TrainingRun run(request, watcher, kHeldOut);
  check_scale(run);
  note_capped_rate(run);
  NetworkOptions options = network_options_of(request, run.train());
  learning::check_memory(run.train(), options, false);  // before weights are made to know how long they take
  options.time_limit = run.time_to_train(layers_of(options, run.train()));
  NetworkTraining& network = run.result().network.emplace();
  network.options = learning::resolve(options, run.train());
  if (auto ended = run.ended_before()) return std::move(*ended);
  run.begin();

  TelemetryWatcher telemetry(request.telemetry, run.train(), options, run);
  NetworkFit fit = fit_network(run, options, telemetry);
  run.save(std::move(fit.network));

  network.report = std::move(fit.report);
  network.report.seconds -= telemetry.seconds_of_training();
  run.result().status = to_string(network.report.status);
  run.result().why = network.report.why;
  if (request.telemetry != Telemetry::kOff) run.result().telemetry = telemetry.report();
  run.write_first();
  run.measure();
  if (request.measure && request.network.target == Target::kFeatures) {
    network.principal = compare_with_principal_components(run);
  } else if (request.measure) {
    note_baseline(run, network.report);
  }
  return run.finish(hint_on_probabilities(run, network));
}

}  // namespace poise::inline run
