#include <fmt/core.h>

#include <optional>

#include "base/words.h"
#include "learning/fields.h"
#include "learning/options.h"
#include "learning/trainer.h"
#include "network/recorded_options.h"
#include "poise/error.h"
#include "poise/version.h"

namespace poise {

namespace {

/// The step that led to the weights kept, as it acts on the mean loss; nothing for steps that are not Δ ← α Δ − η ∇L.
void record_step(const NetworkOptions& options, const TrainingReport& report, Network& network) {
  if (options.step == Step::kAdam || options.momentum_phase != 0 || report.best_epoch == 0) return;
  const double rows = options.reduction == Reduction::kSum ? static_cast<double>(options.batch) : 1;
  const Epoch& kept = report.history[report.best_epoch - 1];
  network.metadata["learning_rate"] = fmt::format("{}", kept.learning_rate * rows);
  network.metadata["momentum"] = fmt::format("{}", *options.momentum);
}

/// Rows of other features or classes would be read and counted out of bounds.
void check_validation(const Dataset& train, const Dataset& validation) {
  const Index found = validation.features.cols(), expected = train.features.cols();
  if (found != expected) {
    throw Error(ErrorKind::kData,
                fmt::format("the validation data has {}, the training data {}", counted(found, "feature"), expected),
                "data with the columns of the training data", "read it with the schema of the training data");
  }
  if (validation.schema.classes != train.schema.classes) {
    throw Error(ErrorKind::kData,
                fmt::format("the classes of the validation data ({}) are not those of the training data ({})",
                            validation.schema.class_count(), train.schema.class_count()),
                "the same classes in the same order", "read it with the schema of the training data");
  }
}

/// What CE − H would be at rest, of the weights kept.
void record_rest(const TrainingReport& report, Network& network) {
  if (report.best_epoch == 0) return;
  const Epoch& kept = report.history[report.best_epoch - 1];
  if (kept.imbalance_at_rest != 0) network.metadata["imbalance_at_rest"] = fmt::format("{}", kept.imbalance_at_rest);
}

void record(const NetworkOptions& options, const TrainingReport& report, Network& network) {
  auto& metadata = network.metadata;
  record_options(options, metadata);
  ObjectiveOptions objective = options.objective;
  objective.scale = objective.scale == Scale::kNone ? Scale::kNone : Scale::kStandard;  // its older name in models
  record_options(objective, metadata);
  metadata["epochs"] = fmt::format("{}", report.epochs);
  metadata["trained_by"] = std::string("poise ") + kVersion;
  record_step(options, report, network);
  record_rest(report, network);
}

}  // namespace

NetworkFit train_network(const Dataset& train, const NetworkOptions& options, const Dataset* validation,
                         TrainingObserver* observer) {
  const NetworkOptions resolved = learning::resolve(options, train);
  if (validation) check_validation(train, *validation);
  const Dataset rows = learning::input_rows(train);
  const std::optional<Dataset> held_out = validation ? std::optional(learning::input_rows(*validation)) : std::nullopt;
  NetworkFit fit = learning::Trainer(rows, held_out ? &*held_out : nullptr, resolved, observer).run();
  record(resolved, fit.report, fit.network);
  return fit;
}

}  // namespace poise
