// Run records made by hand.
#pragma once

#include <cmath>
#include <string>

#include "poise/run_record.h"

namespace poise {

/// A network for `classes` classes after `epochs` epochs, with everything a report can show, and `name` in all texts.
inline RunRecord sample_record(Index classes, int epochs, const std::string& name = "class") {
  RunRecord run;
  run.directory = "runs/" + name, run.version = "0.2.0", run.command = "poise train " + name;
  run.asked = {{"data", name}, {"loss", "cross-entropy"}, {"rule", "adjoint"}};
  run.environment = {{"processor", name}};
  run.schema.array_features = 64, run.schema.image_shape = {8, 8}, run.schema.label_name = name;
  for (Index c = 0; c < classes; ++c) run.schema.classes.push_back(name + " " + std::to_string(c));
  run.fingerprint = name, run.notices = {name}, run.messages = {name};
  run.status = "finished", run.why = "all epochs are done, " + name;
  run.rows = 1'000'000, run.features = 64, run.classes = classes;
  run.seconds = 12, run.seconds_read = 1, run.seconds_measure = 1;
  run.is_network = true, run.architecture = "64 -> 32 relu -> " + name, run.parameters = 4000;
  run.epochs = epochs, run.best_epoch = epochs / 2, run.units = 4;
  RunRecord::Part part{.name = "test", .folds = 0, .metrics = {}, .confused = {}, .confused_pairs = 0};
  Metrics& m = part.metrics;
  m.rows = 100 * classes, m.accuracy = 0.9, m.cross_entropy = 0.3, m.cross_entropy_error = 0.01, m.entropy = 0.28;
  m.equilibrium_gap = 0.02, m.temperature.temperature = 1.1, m.expected_calibration_error = 0.01;
  for (Index c = 0; c < classes; ++c) m.by_class.push_back({100, 100, 0.9, 0.9, 0.9, 0.99});
  for (int bin = 1; bin <= 15; ++bin) m.reliability.push_back({20, 1 / 15.0, bin / 15.5, bin / 16.0});
  for (Index c = 0; c + 1 < std::min<Index>(classes, 400); ++c) part.confused.push_back({c, c + 1, 10});
  part.confused_pairs = classes - 1;
  run.parts.push_back(part);
  for (int e = 1; e <= epochs; ++e) {
    Epoch epoch;
    epoch.number = e, epoch.seconds = 0.01 * e, epoch.learning_rate = 0.1;
    epoch.train = {1.0 / e + 0.01 * std::sin(e), 1 - 0.5 / e, 0.01 / e};
    epoch.validation = Validated{{1.1 / e + 0.01 * std::cos(e), 1 - 0.6 / e, 0.02 / e}, 1 - 0.6 / e};
    epoch.imbalance_at_rest = -0.01;
    run.history.push_back(epoch);
    if (e % 10 != 0) continue;
    TelemetryMeasurement measured;
    measured.epoch = e;
    measured.figures.mean_loss.value = 1.0 / e, measured.figures.classes.emplace().output_entropy.value = 0.9 / e;
    measured.figures.laplacian.value = 3.0 / e, measured.figures.gradient_noise.value = 0.1 / e;
    run.telemetry.push_back(measured);
  }
  SurestErrors errors{"test", {}};
  errors.rows.push_back({{7, 0, 1, 0.999}, std::vector<std::uint8_t>(64, 128)});
  run.surest_errors = errors;
  run.images.assign(4, std::vector<float>(64, 0.5F));
  return run;
}

}  // namespace poise
