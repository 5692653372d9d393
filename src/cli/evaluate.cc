// poise evaluate: a model against labeled data, or against the data that it is to reconstruct.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <vector>

#include "base/words.h"
#include "cli/arguments.h"
#include "network/provenance.h"
#include "poise/error.h"
#include "poise/metrics.h"
#include "poise/network.h"
#include "run/json_text.h"
#include "run/measured_words.h"
#include "run/short_number.h"
#include "run/summary.h"
#include "run/training/trained_rows.h"

namespace poise::cli {
namespace {

constexpr Index kLargestTable = 30;  // classes
constexpr std::size_t kWidestName = 16, kWidestFeature = 32;

std::size_t width_of_names(const Schema& schema, std::size_t least) {
  std::size_t width = least;
  for (const std::string& name : schema.classes) width = std::max(width, std::min(width_of(name), kWidestName));
  return width;
}

/// A number with this many decimals, or a dash for none.
std::string number_or_dash(double value, int decimals) {
  return std::isnan(value) ? std::string("-") : fmt::format("{:.{}f}", value, decimals);
}

void print_classes(const Metrics& metrics, const Schema& schema) {
  const std::size_t width = width_of_names(schema, 11);
  fmt::print("{:<{}} {:>9} {:>9}  precision  recall      F1     AUC\n", "class", width, "rows", "predicted");
  for (std::size_t c = 0; c < metrics.by_class.size(); ++c) {
    const ClassMetrics& one = metrics.by_class[c];
    const std::string name(first_characters(schema.classes[c], kWidestName));
    fmt::print("{}{} {:>9.6g} {:>9.6g}  {:>9}  {:>6}  {:>6}  {:>6}\n", name, std::string(width - width_of(name), ' '),
               one.weight, one.predicted, number_or_dash(one.precision, 4), number_or_dash(one.recall, 4),
               number_or_dash(one.f1, 4), number_or_dash(one.auc, 4));
  }
}

void print_confusion(const Metrics& metrics, const Schema& schema, bool soft_targets) {
  const Index classes = metrics.confusion.rows();
  const std::size_t width = width_of_names(schema, 6);
  fmt::print("confusion   rows: {}, columns: predicted\n{:>{}}", soft_targets ? "largest target" : "true class", "",
             width);
  for (const std::string& name : schema.classes) fmt::print(" {:>{}}", first_characters(name, kWidestName), width);
  fmt::print("\n");
  for (Index r = 0; r < classes; ++r) {
    fmt::print("{:>{}}", first_characters(schema.classes[r], kWidestName), width);
    for (Index c = 0; c < classes; ++c) fmt::print(" {:>{}g}", metrics.confusion(r, c), width);
    fmt::print("\n");
  }
}

/// What CE − H is at the penalized optimum, on the rows that a model was trained on: −Σ_j λ_j‖W_j‖².
std::optional<double> imbalance_of_penalty(const Network& model, const Dataset& data) {
  if (count_rows_trained_on(model.metadata, data) < data.rows()) return std::nullopt;
  return recorded<Provenance>(model.metadata).imbalance_at_rest;
}

std::string confidence(const Metrics& metrics, std::optional<double> by_penalty) {
  if (metrics.at_rest) return fmt::format("at rest (within {:g} % of the cross-entropy)", 100 * kRestShare);
  if (by_penalty && std::abs(metrics.equilibrium_gap - *by_penalty) <= kRestShare * metrics.cross_entropy)
    return fmt::format("at rest with its penalty, which holds it at {}", short_number(*by_penalty, 6));
  return metrics.equilibrium_gap > 0 ? "over-confident here" : "under-confident here";
}

void print_metrics(const Metrics& metrics, const Schema& schema, bool soft_targets, std::optional<double> by_penalty) {
  const Temperature& t = metrics.temperature;
  fmt::print("rows        {}{}\n", metrics.rows, soft_targets ? ", with soft targets" : "");
  fmt::print("accuracy    {:.4f} %{}; the most frequent class alone: {:.4f} %\n", 100 * metrics.accuracy,
             soft_targets ? " (most probable class against the target's largest entry)" : "",
             100 * metrics.majority_share);
  fmt::print("balanced    accuracy {:.4f} %, F1 {}, AUC {} (means over classes, one against the rest)\n",
             100 * metrics.balanced_accuracy, number_or_dash(metrics.macro_f1, 5), number_or_dash(metrics.auc, 5));
  fmt::print("cross-entropy {} nats{}; the class frequencies alone: {}\n", short_number(metrics.cross_entropy, 6),
             soft_targets ? " (of which the targets' own entropy is no error)" : "",
             short_number(metrics.frequencies_entropy, 6));
  fmt::print("calibration error {:.5f} (expected, 15 bins{})\n", metrics.expected_calibration_error,
             soft_targets ? "; confidence against the target's share of the predicted class" : "");
  fmt::print("equilibrium CE - H = {}{} nats: {}\n", metrics.equilibrium_gap < 0 ? "" : "+",
             short_number(metrics.equilibrium_gap, 6), confidence(metrics, by_penalty));
  if (t.at_limit) {
    fmt::print("temperature none: {}\n", t.temperature > 1
                                             ? "the scores are no better than chance, flatter is always better"
                                             : "every row is classified correctly, sharper is always better");
  } else {
    fmt::print("temperature {:.4f} would bring it to rest, with cross-entropy {:.6f}\n", t.temperature,
               t.cross_entropy);
  }
  if (const std::string never = never_predicted(metrics, schema); !never.empty()) fmt::print("note        {}\n", never);
  if (metrics.confusion.rows() > kLargestTable) {
    fmt::print("classes     {}: see --json\n", metrics.confusion.rows());
    return;
  }
  print_classes(metrics, schema);
  print_confusion(metrics, schema, soft_targets);
}

std::string explained(double error, double variance) {
  const double share = 1 - error / variance;
  return std::isfinite(share) ? fmt::format("{:.4f} %", 100 * share) : std::string("-");
}

/// The features that are furthest from their reconstruction.
void print_features(const ReconstructionMetrics& metrics, const Schema& schema) {
  constexpr Index kMost = 10;
  const Index d = metrics.feature_errors.size(), shown = std::min(kMost, d);
  std::vector<Index> order(d);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](Index a, Index b) { return metrics.feature_errors[a] > metrics.feature_errors[b]; });
  order.resize(shown);
  std::size_t width = 7;
  for (const Index j : order) width = std::max(width, std::min(width_of(schema.feature_name(j)), kWidestFeature));
  fmt::print("{:<{}} {:>12} {:>12}  explained{}\n", "feature", width, "error", "variance",
             shown < d ? fmt::format("   (the {} with the largest errors; --json has all {})", shown, d) : "");
  for (const Index j : order) {
    const std::string name = schema.feature_name(j);
    const std::string shown_name(first_characters(name, kWidestFeature));
    const double error = metrics.feature_errors[j], variance = metrics.feature_variances[j];
    fmt::print("{}{} {:>12.6g} {:>12.6g}  {:>9}\n", shown_name, std::string(width - width_of(shown_name), ' '), error,
               variance, explained(error, variance));
  }
}

void print_reconstruction(const ReconstructionMetrics& metrics, const Network& model) {
  const bool has_units = recorded_units(model.metadata, model.feature_count()).has_value();
  fmt::print(
      "rows        {}\nerror       {:.6g} squared, mean over the features{}; the mean of the rows alone: {:.6g}\n",
      metrics.rows, metrics.mean_squared_error, has_units ? ", each in the unit of training" : "", metrics.variance);
  fmt::print("explained   {} of the variance\n", explained(metrics.mean_squared_error, metrics.variance));
  print_features(metrics, model.schema);
}

int evaluate_features(const Arguments& a, const Network& model, const Dataset& data) {
  note_rows_trained_on(a, model.metadata, data);
  const ReconstructionMetrics metrics = evaluate_reconstruction(
      model, data, {.threads = a.solve.threads, .memory = a.solve.memory, .watcher = a.watcher});
  if (a.json) {
    fmt::print("{}\n", to_text(to_json(metrics, model.schema), 2));
  } else {
    print_reconstruction(metrics, model);
  }
  return 0;
}

}  // namespace

int evaluate(const Arguments& a) {
  const Network model = load_model(a.run);
  const Dataset data = read_for_model(a, model.schema, model.metadata);
  if (model.reconstructs()) return evaluate_features(a, model, data);
  if (!data.has_targets()) {
    throw Error(ErrorKind::kData, "the data has no labels",
                "the label column '" + model.schema.label_name + "' or a labels file",
                "use 'poise predict' for data without labels", {a.data});
  }
  note_rows_trained_on(a, model.metadata, data);
  const Metrics metrics =
      evaluate_network(model, data, {.threads = a.solve.threads, .memory = a.solve.memory, .watcher = a.watcher});
  if (a.json) {
    fmt::print("{}\n", to_text(to_json_with_confusion(metrics, model.schema), 2));
  } else {
    print_metrics(metrics, model.schema, data.targets.size() > 0, imbalance_of_penalty(model, data));
  }
  return 0;
}

}  // namespace poise::cli
