#include "cli/print_training.h"

#include <fmt/core.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "base/words.h"
#include "run/short_number.h"

namespace poise::cli {
namespace {

using nlohmann::json;

void print_part(const char* name, double accuracy, double cross_entropy, double calibration_error) {
  fmt::print("{:<11} accuracy {:.2f} %   cross-entropy {}   calibration error {:.4f}\n", name, 100 * accuracy,
             short_number(cross_entropy, 5), calibration_error);
}

/// Rows that are all the same have no variance to explain.
void print_reconstruction(const char* name, double error, double explained) {
  fmt::print("{:<11} mean squared error {}{}\n", name, short_number(error, 5),
             std::isfinite(explained) ? fmt::format("   variance explained {:.2f} %", 100 * explained) : "");
}

/// False where there is nothing to print.
bool print_part(const char* name, const Metrics* found) {
  if (found) print_part(name, found->accuracy, found->cross_entropy, found->expected_calibration_error);
  return found;
}

bool print_part(const char* name, const json& found) {
  const auto number = [&](const char* key) {  // what is not finite is null in JSON
    return found.at(key).is_null() ? std::numeric_limits<double>::quiet_NaN() : found.at(key).get<double>();
  };
  if (found.is_null()) return false;
  if (found.contains("explained_variance")) {
    print_reconstruction(name, number("mean_squared_error"), number("explained_variance"));
    return true;
  }
  print_part(name, number("accuracy"), number("cross_entropy"), number("expected_calibration_error"));
  return true;
}

bool print_part(const char* name, const ReconstructionMetrics* found) {
  if (found) print_reconstruction(name, found->mean_squared_error, found->explained_variance);
  return found;
}

/// What the parts are worth, a line each, and whether that is all there is to know.
template <typename Part>
void print_parts(const Part& train, const Part& validation, const Part& test, const Part& crossed,
                 const std::string& not_measured) {
  print_part("train", train);
  bool unseen = print_part("validation", validation);
  unseen |= print_part("test", test);
  unseen |= print_part("cross-val.", crossed);
  if (!not_measured.empty()) {
    fmt::print("measuring   not to the end: {}\n", not_measured == "time_limit" ? "out of time" : not_measured);
  } else if (!unseen) {
    fmt::print("            on the rows trained on: --validation 0.2 or --test FILE tells how it is on others\n");
  }
}

void print_telemetry(const TrainingResult& result) {
  if (!result.telemetry) return;
  const TelemetryReport& report = *result.telemetry;
  const std::string stopped = report.stopped.empty()            ? ""
                              : report.stopped == "interrupted" ? ", then interrupted"
                                                                : ", then out of time";
  fmt::print("telemetry   {}: {} on {}, {:.3f} s{}; in {}/metrics.jsonl\n", to_string(report.level),
             counted(report.earlier + std::ssize(report.measurements), "measurement"), counted(report.rows, "row"),
             report.seconds, stopped, result.directory);
}

void print_no_temperature(const CalibratedParts& calibration) {
  const bool flattest = calibration.temperature.temperature > 1;
  if (flattest) {
    fmt::print(
        "calibration none: the scores are no better than chance on the {} held-out rows, and flatter is always "
        "better there; the model is left as it is\n",
        calibration.rows);
  } else {
    fmt::print(
        "calibration none: all {} held-out rows are classified correctly, and sharper is always better there; "
        "the model is left as it is\n",
        calibration.rows);
  }
}

void print_calibration(const TrainingResult& result) {
  if (!result.calibration) return;
  const CalibratedParts& calibration = *result.calibration;
  if (calibration.temperature.at_limit) return print_no_temperature(calibration);
  const std::string rows = counted(calibration.rows, "held-out row");
  const double temperature = calibration.temperature.temperature;
  const auto& after = result.measured.validation;
  if (!after) {
    fmt::print("calibration scores divided by {:.4f}, found on {}\n", temperature, rows);
    return;
  }
  const Metrics& before = *calibration.before.validation;
  fmt::print("calibration scores divided by {:.4f}; {}: CE - H {}{} -> {}, cross-entropy {} -> {}\n", temperature, rows,
             before.equilibrium_gap < 0 ? "" : "+", short_number(before.equilibrium_gap, 5),
             short_number(std::abs(after->equilibrium_gap), 5), short_number(before.cross_entropy, 5),
             short_number(after->cross_entropy, 5));
}

void print_reconstructed(const TrainingResult& result) {
  const auto if_any = [](const auto& metrics) { return metrics ? &*metrics : nullptr; };
  const ReconstructedParts& measured = result.reconstructed;
  print_parts(if_any(measured.train), if_any(measured.validation), if_any(measured.test),
              static_cast<const ReconstructionMetrics*>(nullptr), result.not_measured);
  if (const auto& principal = result.network->principal) {
    fmt::print("PCA         mean squared error {} with {} on the {} rows\n",
               short_number(principal->mean_squared_error, 5), counted(principal->components, "principal component"),
               measured.validation ? "validation" : "same");
  }
}

void print_measured(const TrainingResult& result) {
  if (result.model.reconstructs()) {
    print_reconstructed(result);
    return print_telemetry(result);
  }
  print_calibration(result);
  const auto if_any = [](const std::optional<Metrics>& metrics) { return metrics ? &*metrics : nullptr; };
  const MeasuredParts& measured = result.measured;
  const bool is_crossed = result.softmax && result.softmax->cross_validation;
  print_parts(if_any(measured.train), if_any(measured.validation), if_any(measured.test),
              is_crossed ? &result.softmax->cross_validation->metrics : nullptr, result.not_measured);
  print_telemetry(result);
}

const char* units_of_penalty(const std::string& scale) {
  if (scale == "numbers") return "standardized numbers";
  return scale == "standard" ? "standardized features" : "features as given";
}

/// " (the default)" or how else the penalty came about; empty if it was given.
std::string origin_of_penalty(const SoftmaxTraining& softmax) {
  if (softmax.choice) {
    const bool is_best = softmax.choice->chosen == softmax.choice->best;
    return fmt::format(" ({} of {} by {})", is_best ? "the best" : "one standard error from the best",
                       softmax.choice->candidates.size(),
                       softmax.choice->leave_one_out ? "leave-one-out" : "cross-validation");
  }
  return softmax.l2_by_default ? " (the default)" : "";
}

void print_softmax(const SoftmaxTraining& softmax, const TrainingResult& result) {
  fmt::print("{}, {}, {}; penalty {:.6g}{} on {}\n", counted(result.rows, "row"),
             counted(result.model.feature_count(), "feature"), counted(result.model.class_count(), "class", "classes"),
             softmax.l2, origin_of_penalty(softmax), units_of_penalty(result.model.metadata.at("scale")));
  fmt::print("status      {}: {}\n", result.status, result.why);
  fmt::print("objective   {:.12g}", softmax.report.objective);
  if (softmax.report.gap) fmt::print("   proven within {:.2e} nats of the optimum", *softmax.report.gap);
  fmt::print("\n");
  for (const PathSolution& solution : softmax.path) {
    const SolveReport& report = solution.fit.report;
    fmt::print("  l2 {:<8.3g} {:<12} objective {:.8g}{}\n", solution.l2, to_string(report.status), report.objective,
               solution.validation
                   ? fmt::format("   validation cross-entropy {:.5f}", solution.validation->cross_entropy)
                   : "");
  }
  print_measured(result);
  fmt::print("{}, {:.1f} passes, {:.3f} s to train, {:.3f} s to read; run {}\n",
             counted(softmax.report.iterations, "iteration"), softmax.report.passes, softmax.report.seconds,
             result.seconds_read, result.directory);
}

void print_network(const NetworkTraining& network, const TrainingResult& result) {
  const TrainingReport& report = network.report;
  fmt::print("{}, network {} with {} parameters\n", counted(result.rows, "row"), result.model.architecture(),
             result.model.parameter_count());
  fmt::print("status      {}: {}\n", result.status, result.why);
  print_measured(result);
  const int best = report.best_epoch;
  fmt::print("{} of batches of {}, the weights {} kept; {:.2f} s to train, {:.3f} s to read; run {}\n",
             counted(report.epochs, "epoch"), report.batch,
             best > 0 ? fmt::format("of epoch {}", best) : "from before the end of epoch 1", report.seconds,
             result.seconds_read, result.directory);
}

}  // namespace

void print_training(const TrainingResult& result) {
  if (result.softmax) print_softmax(*result.softmax, result);
  if (result.network) print_network(*result.network, result);
}

void print_old_training(const json& result) {
  fmt::print("status      {}: {}\n", result.at("status").get<std::string>(), result.at("why").get<std::string>());
  if (!result.at("gap").is_null()) {
    fmt::print("objective   {:.12g}   proven within {:.2e} nats of the optimum\n", result.at("objective").get<double>(),
               result.at("gap").get<double>());
  }
  const json ended = result.value("not_measured", json());
  print_parts(result.at("train"), result.at("validation"), result.at("test"), result.value("cross_validation", json()),
              ended.is_null() ? "" : ended.get<std::string>());
}

}  // namespace poise::cli
