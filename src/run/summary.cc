#include "run/summary.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace poise::inline run {

using nlohmann::json;

namespace {

json to_json(const Measured& measured, Target target) {
  if (target == Target::kFeatures) return {{"loss", measured.loss}, {"explained_variance", measured.accuracy}};
  return {{"loss", measured.loss}, {"accuracy", measured.accuracy}, {"equilibrium_gap", measured.equilibrium_gap}};
}

}  // namespace

json to_json(const SolveReport& report) {
  return {{"status", to_string(report.status)}, {"why", report.why},
          {"objective", report.objective},      {"gap", report.gap ? json(*report.gap) : json()},
          {"iterations", report.iterations},    {"passes", report.passes},
          {"seconds", report.seconds}};
}

json to_json(const Epoch& epoch) {
  json event = {{"event", "epoch"},
                {"epoch", epoch.number},
                {"seconds", epoch.seconds},
                {"train", to_json(epoch.train, epoch.target)},
                {"learning_rate", epoch.learning_rate},
                {"validation", nullptr}};
  if (epoch.validation) {
    event["validation"] = to_json(static_cast<const Measured&>(*epoch.validation), epoch.target);
    event["validation"][epoch.target == Target::kFeatures ? "smoothed" : "smoothed_accuracy"] =
        epoch.validation->smoothed_accuracy;
  }
  if (epoch.imbalance_at_rest != 0) event["imbalance_at_rest"] = epoch.imbalance_at_rest;
  if (epoch.curvature > 0) event["curvature"] = epoch.curvature;
  if (epoch.bulk_energy > 0) event["bulk_energy"] = epoch.bulk_energy, event["energy"] = epoch.energy;
  if (epoch.temperature > 0) event["temperature"] = epoch.temperature;
  return event;
}

json to_json(const TrainingReport& report) {
  return {{"status", to_string(report.status)},
          {"why", report.why},
          {"epochs", report.epochs},
          {"iterations", report.epochs},
          {"best_epoch", report.best_epoch},
          {"batch", report.batch},
          {"seconds", report.seconds},
          {"train_seconds", report.train_seconds}};
}

json to_json(const Certificate& certificate) {
  return {{"objective", certificate.objective},
          {"dual_value", certificate.dual_value},
          {"gap", certificate.gap},
          {"rounding", certificate.rounding},
          {"proves_existence", certificate.proves_existence},
          {"proves_absence", certificate.proves_absence}};
}

json to_json(const SeparatingDirection& direction, const Schema& schema) {
  constexpr std::size_t kMostEntries = 1000;
  json entries = json::array(), proving = json::array();
  for (std::size_t k = 0; k < std::min(direction.entries.size(), kMostEntries); ++k) {
    const auto& entry = direction.entries[k];
    const bool bias = entry.feature == schema.feature_count();
    entries.push_back({{"feature", bias ? "bias" : schema.feature_name(entry.feature)},
                       {"class", schema.classes[entry.class_id]},
                       {"value", entry.value}});
  }
  for (Index feature : direction.proving_features) proving.push_back(schema.feature_name(feature));
  return {{"sentence", direction.sentence},
          {"rows_helped", direction.rows_helped},
          {"entries", entries},
          {"entries_total", direction.entries.size()},
          {"proving_features", proving}};
}

json to_json(const ReconstructionMetrics& metrics) {
  return {{"rows", metrics.rows},
          {"mean_squared_error", metrics.mean_squared_error},
          {"variance", metrics.variance},
          {"explained_variance", metrics.explained_variance}};
}

json to_json(const Metrics& metrics) {
  return {{"rows", metrics.rows},
          {"cross_entropy", metrics.cross_entropy},
          {"cross_entropy_error", metrics.cross_entropy_error},
          {"accuracy", metrics.accuracy},
          {"balanced_accuracy", metrics.balanced_accuracy},
          {"macro_f1", metrics.macro_f1},
          {"auc", metrics.auc},
          {"majority_share", metrics.majority_share},
          {"frequencies_entropy", metrics.frequencies_entropy},
          {"expected_calibration_error", metrics.expected_calibration_error},
          {"entropy", metrics.entropy},
          {"equilibrium_gap", metrics.equilibrium_gap},
          {"at_rest", metrics.at_rest},
          {"temperature", metrics.temperature.temperature},
          {"temperature_at_limit", metrics.temperature.at_limit}};
}

json to_json_by_class(const Metrics& metrics, const Schema& schema) {
  json out = to_json(metrics);
  out["by_class"] = json::array();
  for (std::size_t c = 0; c < metrics.by_class.size(); ++c) {
    const ClassMetrics& one = metrics.by_class[c];
    out["by_class"].push_back({{"class", schema.classes[c]},
                               {"weight", one.weight},
                               {"predicted", one.predicted},
                               {"precision", one.precision},
                               {"recall", one.recall},
                               {"f1", one.f1},
                               {"auc", one.auc}});
  }
  out["reliability"] = json::array();
  for (const ReliabilityBin& bin : metrics.reliability) {
    out["reliability"].push_back(
        {{"rows", bin.rows}, {"share", bin.share}, {"confidence", bin.confidence}, {"accuracy", bin.accuracy}});
  }
  return out;
}

json to_json_with_confused(const Metrics& metrics, const Schema& schema) {
  std::vector<std::tuple<double, Index, Index>> pairs;  // −weight, so that ties are in the order of classes
  for (Index r = 0; r < metrics.confusion.rows(); ++r) {
    for (Index c = 0; c < metrics.confusion.cols(); ++c) {
      if (c != r && metrics.confusion(r, c) > 0) pairs.emplace_back(-metrics.confusion(r, c), r, c);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  json out = to_json_by_class(metrics, schema);
  out["confused_pairs"] = pairs.size();
  pairs.resize(std::min(pairs.size(), kMostConfused));
  out["confused"] = json::array();
  for (const auto& [negative, label, predicted] : pairs) {
    out["confused"].push_back(
        {{"class", schema.classes[label]}, {"predicted", schema.classes[predicted]}, {"weight", -negative}});
  }
  return out;
}

json to_json_with_confusion(const Metrics& metrics, const Schema& schema) {
  json out = to_json_by_class(metrics, schema);
  out["classes"] = schema.classes;
  out["confusion"] = json::array();
  for (Index r = 0; r < metrics.confusion.rows(); ++r) {
    json row = json::array();
    for (Index c = 0; c < metrics.confusion.cols(); ++c) row.push_back(metrics.confusion(r, c));
    out["confusion"].push_back(row);
  }
  return out;
}

json to_json(const ReconstructionMetrics& metrics, const Schema& schema) {
  json features = json::array();
  for (Index j = 0; j < metrics.feature_errors.size(); ++j) {
    const double error = metrics.feature_errors[j], variance = metrics.feature_variances[j];
    features.push_back({{"feature", schema.feature_name(j)},
                        {"mean_squared_error", error},
                        {"variance", variance},
                        {"explained_variance", 1 - error / variance}});
  }
  json out = to_json(metrics);
  out["features"] = std::move(features);
  return out;
}

}  // namespace poise::inline run
