#include "run/weight_intervals.h"

#include <fmt/core.h>

#include "base/statistics.h"
#include "convex/inference.h"
#include "poise/error.h"
#include "run/weights.h"

namespace poise::inline run {
namespace {

constexpr double kLevel = 0.95;

/// Why there can be no intervals, or should be none here; empty if nothing is known against them.
std::string against(const SolveReport& report, Index parameters, Index rows) {
  if (report.status == Status::kSeparable || report.certificate.proves_absence)
    return "there is no optimum, and weights without one have no uncertainty";
  if (report.status != Status::kCertified && report.status != Status::kConverged)
    return "training ended before the optimum";
  const char* instead = "poise inspect RUN DATA --inference";
  if (parameters > WeightIntervals::kMostParameters) {
    return fmt::format(
        "their exact Hessian has {} parameters, more than the {} for which it is made with every "
        "training{}",
        parameters, WeightIntervals::kMostParameters,
        parameters > kMostInferredParameters ? "" : fmt::format("; {} makes it", instead));
  }
  const double n = static_cast<double>(rows), p = static_cast<double>(parameters);
  if (n * p * p + p * p * p / 3 > WeightIntervals::kMostWork)
    return fmt::format(
        "of so many rows they would take longer than is spent on them with every training; {} makes them", instead);
  return {};
}

}  // namespace

WeightIntervals weight_intervals(const Network& model, const SolveReport& report, const Dataset& data,
                                 const ObjectiveOptions& objective, int threads) {
  WeightIntervals found;
  const Index parameters = (model.class_count() - 1) * (model.feature_count() + 1);
  found.refused = against(report, parameters, data.rows());
  if (!found.refused.empty()) return found;
  const Weights largest = weights_of(model, WeightIntervals::kMost);
  std::vector<WeightErrors::Of> which;
  for (const WeightEntry& entry : largest.entries) which.push_back({entry.feature, entry.class_id});
  try {
    const WeightErrors errors = weight_errors(model, data, objective, which, threads);
    found.meaning = errors.meaning;
    const double q = normal_quantile(kLevel);
    for (std::size_t k = 0; k < which.size(); ++k) {
      const double weight = largest.entries[k].weight, error = errors.weights[k].standard_error;
      const double optimum = weight + errors.weights[k].to_optimum;
      found.largest.push_back(
          {which[k].feature, which[k].class_id, weight, error, optimum - q * error, optimum + q * error});
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNumeric) throw;
    found.refused = error.found();
  }
  return found;
}

nlohmann::json to_json(const WeightIntervals& intervals, const Schema& schema) {
  nlohmann::json weights = nlohmann::json::array();
  for (const WeightIntervals::One& one : intervals.largest) {
    weights.push_back({{"feature", schema.feature_name(one.feature)},
                       {"class", schema.classes[one.class_id]},
                       {"weight", one.weight},
                       {"standard_error", one.standard_error},
                       {"low", one.low},
                       {"high", one.high}});
  }
  const auto or_null = [](const std::string& text) { return text.empty() ? nlohmann::json() : nlohmann::json(text); };
  return {{"level", kLevel},
          {"meaning", or_null(intervals.meaning)},
          {"refused", or_null(intervals.refused)},
          {"weights", std::move(weights)}};
}

}  // namespace poise::inline run
