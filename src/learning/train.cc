#include <fmt/core.h>

#include <optional>

#include "base/memory.h"
#include "base/words.h"
#include "learning/architecture.h"
#include "learning/fields.h"
#include "learning/options.h"
#include "learning/state.h"
#include "learning/trainer.h"
#include "network/provenance.h"
#include "poise/error.h"
#include "poise/version.h"

namespace poise {

namespace {

/// With the step that led to the weights kept, as it acts on the mean loss, unless it is none of Δ ← α Δ − η ∇L; and
/// what CE − H would be at rest.
Provenance provenance_of(const NetworkOptions& options, const TrainingReport& report) {
  Provenance provenance{.trained_by = std::string("poise ") + kVersion, .epochs = static_cast<int>(report.epochs)};
  if (report.best_epoch == 0) return provenance;
  const Epoch& kept = report.history[report.best_epoch - 1];
  if (options.step != Step::kAdam && options.momentum_phase == 0) {
    const double rows = options.reduction == Reduction::kSum ? static_cast<double>(options.batch) : 1;
    provenance.learning_rate = kept.learning_rate * rows;
    provenance.momentum = options.momentum;
  }
  if (kept.imbalance_at_rest != 0 && options.entropy_weight == 0) provenance.imbalance_at_rest = kept.imbalance_at_rest;
  return provenance;
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

void record_training(const NetworkOptions& options, const TrainingReport& report, Metadata& metadata) {
  record(options, metadata);
  ObjectiveOptions objective = options.objective;
  objective.scale = objective.scale == Scale::kNone ? Scale::kNone : Scale::kStandard;  // its older name in models
  record(objective, metadata);
  record(provenance_of(options, report), metadata);
}

/// What counts as 1 of each feature.
void record_units(const Vector& units, Metadata& metadata) {
  auto provenance = recorded<Provenance>(metadata);
  provenance.feature_units = units_as_text(units);
  record(provenance, metadata);
}

}  // namespace

NetworkFit train_network(const Dataset& train, const NetworkOptions& options, const Dataset* validation,
                         Watcher* watcher) {
  return learning::train_network(train, options, validation, watcher, {});
}

}  // namespace poise

namespace poise::learning {

void check_memory(const Dataset& train, const NetworkOptions& options, bool keeps) {
  const double bytes = 5 * 4 + 2 * 8 + (keeps ? 7 * 4 : 0);
  const auto parameters = static_cast<double>(layout_of(options, train).size());
  const double have = memory_of_machine();
  if (bytes * parameters <= have) return;
  throw Error(ErrorKind::kResource,
              fmt::format("a network of {:.3g} weights needs about {:.0f} GB", parameters, bytes * parameters / 1e9),
              fmt::format("at most the {:.0f} GB of this machine", have / 1e9), "fewer units with --hidden");
}

NetworkFit train_network(const Dataset& train, const NetworkOptions& options, const Dataset* validation,
                         Watcher* watcher, const Keeping<TrainingState>& keeping) {
  const NetworkOptions resolved = learning::resolve(options, train);
  if (validation) check_validation(train, *validation);
  check_memory(train, resolved, keeping.keep != nullptr);
  const bool images = learning::takes_images(resolved);
  const Dataset rows = learning::input_rows(train, images);
  std::optional<Dataset> held_out;
  if (validation) held_out = learning::input_rows(*validation, images);
  learning::Trainer trainer(rows, held_out ? &*held_out : nullptr, resolved, watcher, keeping);
  NetworkFit fit = trainer.run();
  record_training(resolved, fit.report, fit.network.metadata);
  if (resolved.target == Target::kFeatures) {
    record_units(trainer.target_units(), fit.network.metadata);
  } else if (!rows.features.is_sparse()) {
    record_units(trainer.input_units(), fit.network.metadata);
  }
  return fit;
}

}  // namespace poise::learning
