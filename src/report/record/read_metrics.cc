#include "report/record/read_metrics.h"

#include <algorithm>

namespace poise::report {
namespace {

using nlohmann::json;

/// The number of a class; 0 of one that is not known, as no record of ours has.
Index class_in(const json& object, const char* key, const ClassNumbers& classes) {
  const auto found = classes.find(text_in(object, key));
  return found == classes.end() ? 0 : found->second;
}

ClassMetrics class_metrics_of(const json& one) {
  return {number_in(one, "weight"), number_in(one, "predicted"), number_in(one, "precision"),
          number_in(one, "recall"), number_in(one, "f1"),        number_in(one, "auc")};
}

Metrics metrics_of(const json& measured) {
  Metrics metrics;
  metrics.rows = whole_in<Index>(measured, "rows");
  const std::pair<const char*, double*> numbers[] = {
      {"accuracy", &metrics.accuracy},
      {"cross_entropy", &metrics.cross_entropy},
      {"cross_entropy_error", &metrics.cross_entropy_error},
      {"entropy", &metrics.entropy},
      {"equilibrium_gap", &metrics.equilibrium_gap},
      {"expected_calibration_error", &metrics.expected_calibration_error},
      {"temperature", &metrics.temperature.temperature},
      {"majority_share", &metrics.majority_share},
      {"frequencies_entropy", &metrics.frequencies_entropy},
      {"balanced_accuracy", &metrics.balanced_accuracy},
      {"macro_f1", &metrics.macro_f1},
      {"auc", &metrics.auc}};
  for (const auto& [key, value] : numbers) *value = number_in(measured, key);
  metrics.at_rest = flag_in(measured, "at_rest");
  metrics.temperature.at_limit = flag_in(measured, "temperature_at_limit");
  metrics.reliability = reliability_of(measured);
  for_each_in(measured, "by_class", [&](const json& one) { metrics.by_class.push_back(class_metrics_of(one)); });
  return metrics;
}

std::uint8_t hexadecimal_byte(char high, char low) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0; };
  return static_cast<std::uint8_t>(16 * digit(high) + digit(low));
}

Estimate estimate_of(const json& object, const char* key) {
  const json& found = member(object, key);
  Estimate estimate;
  estimate.value = number_in(found, "value");
  const double error = number_in(found, "error"), row_error = number_in(found, "row_error");
  // Null: infinite, as of a single row.
  estimate.error = error == error ? error : std::numeric_limits<double>::infinity();
  estimate.row_error = row_error == row_error ? row_error : std::numeric_limits<double>::infinity();
  estimate.degrees = found.contains("degrees") ? number_in(found, "degrees") : 0;
  return estimate;
}

std::optional<ClassThermodynamics> classes_of(const json& event) {
  if (member(event, "output_entropy").is_null()) return std::nullopt;
  ClassThermodynamics found;
  const std::pair<const char*, Estimate*> estimates[] = {{"output_entropy", &found.output_entropy},
                                                         {"equilibrium_gap", &found.equilibrium_gap},
                                                         {"score_variance", &found.score_variance},
                                                         {"marginal_entropy", &found.marginal_entropy},
                                                         {"mutual_information", &found.mutual_information}};
  for (const auto& [key, estimate] : estimates) *estimate = estimate_of(event, key);
  const json& temperature = member(event, "temperature");
  found.temperature.temperature = number_in(temperature, "temperature");
  found.temperature.at_limit = flag_in(temperature, "at_limit");
  return found;
}

}  // namespace

RunRecord::Part part_of(const json& measured, const std::string& name, const ClassNumbers& classes) {
  RunRecord::Part part{name, whole_in<int>(measured, "folds"), metrics_of(measured), {}, 0};
  part.confused_pairs = whole_in<Index>(measured, "confused_pairs");
  for_each_in(measured, "confused", [&](const json& pair) {
    part.confused.push_back(
        {class_in(pair, "class", classes), class_in(pair, "predicted", classes), number_in(pair, "weight")});
  });
  return part;
}

std::vector<ReliabilityBin> reliability_of(const json& measured) {
  std::vector<ReliabilityBin> bins;
  for_each_in(measured, "reliability", [&](const json& bin) {
    bins.push_back({whole_in<Index>(bin, "rows"), number_in(bin, "share"), number_in(bin, "confidence"),
                    number_in(bin, "accuracy")});
  });
  return bins;
}

SurestErrors surest_errors_of(const json& errors, const ClassNumbers& classes) {
  SurestErrors found{text_in(errors, "part"), {}};
  for_each_in(errors, "rows", [&](const json& row) {
    SurestErrors::Row error;
    error.wrong = {whole_in<Index>(row, "row"), static_cast<std::int32_t>(class_in(row, "class", classes)),
                   static_cast<std::int32_t>(class_in(row, "predicted", classes)), number_in(row, "probability")};
    const std::string pixels = text_in(row, "pixels");
    for (std::size_t k = 0; k + 1 < pixels.size(); k += 2)
      error.pixels.push_back(hexadecimal_byte(pixels[k], pixels[k + 1]));
    found.rows.push_back(std::move(error));
  });
  return found;
}

std::vector<RunRecord::Candidate> candidates_of(const json& result) {
  std::vector<RunRecord::Candidate> candidates;
  for_each_in(member(result, "l2_choice"), "candidates", [&](const json& one) {
    candidates.push_back({number_in(one, "l2"), RunRecord::kNone, number_in(one, "cross_entropy"),
                          number_in(one, "standard_error"), flag_in(one, "hopeless")});
  });
  for_each_in(result, "path", [&](const json& one) {
    candidates.push_back({number_in(one, "l2"), number_in(member(one, "train"), "cross_entropy"),
                          number_in(member(one, "validation"), "cross_entropy"),
                          number_in(member(one, "validation"), "cross_entropy_error"), false});
  });
  std::sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) { return a.l2 < b.l2; });
  return candidates;
}

Thermodynamics thermodynamics_of(const json& event) {
  Thermodynamics found;
  found.detail = text_in(event, "detail") == "full" ? Detail::kFull : Detail::kLight;
  found.rows = whole_in<Index>(event, "rows");
  found.parameters = whole_in<Index>(event, "parameters");
  const std::pair<const char*, Estimate*> estimates[] = {
      {"mean_loss", &found.mean_loss},         {"laplacian", &found.laplacian},
      {"gauss_newton", &found.gauss_newton},   {"gradient_noise", &found.gradient_noise},
      {"gradient_norm", &found.gradient_norm}, {"complexity", &found.complexity}};
  for (const auto& [key, estimate] : estimates) *estimate = estimate_of(event, key);
  if (!member(event, "divergence").is_null()) found.divergence = estimate_of(event, "divergence");
  found.classes = classes_of(event);
  found.largest_curvature = {number_in(member(event, "largest_curvature"), "value"),
                             number_in(member(event, "largest_curvature"), "residual")};
  return found;
}

}  // namespace poise::report
