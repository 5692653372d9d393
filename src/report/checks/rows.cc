#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/check_codes.h"
#include "base/words.h"
#include "report/checks/list.h"
#include "report/facts/sections.h"
#include "report/words.h"

namespace poise::report {
namespace {

// Thresholds (docs/report.md#checks)
constexpr double kFewOfAClass = 20, kVeryFewOfAClass = 5;  // rows trained on
constexpr double kMissing = 0, kMostlyMissing = 0.5;       // of a column
constexpr double kRepeated = 0.01;                         // of the rows trained on
constexpr double kSeen = 0.01, kOftenSeen = 0.1;           // of the rows not trained on
constexpr double kImbalance = 10, kStrongImbalance = 100;  // largest class to smallest

std::string share_of(Index some, Index all) {
  return fmt::format("{} ({})", count(static_cast<double>(some)),
                     percent(all > 0 ? static_cast<double>(some) / static_cast<double>(all) : 0, 1));
}

/// A share of rows that counts from 1 % on.
OneCheck share_check(std::string_view code, const std::string& name, Index some, Index all, const std::string& advice) {
  Check check{.code = std::string(code), .name = name, .threshold = "at most 1\u00a0%", .advice = advice};
  check.value = all > 0 ? static_cast<double>(some) / static_cast<double>(all) : 0;
  check.found = some == 0 ? "none" : share_of(some, all);
  check.severity = above(check.value, kRepeated);
  return check;
}

struct Extremes {
  Index rarest = -1, largest = -1;
  double fewest = 0, most = 0;
};

/// Of the classes of the rows trained on.
Extremes extremes_of(const std::vector<ClassMetrics>& classes) {
  Extremes found;
  if (classes.empty()) return found;
  const auto [low, high] = std::ranges::minmax_element(classes, {}, &ClassMetrics::weight);
  return {low - classes.begin(), high - classes.begin(), low->weight, high->weight};
}

bool is_balanced(const RunRecord& run) {
  return run.option("balanced_classes") == "true" || !run.option("class_weights").empty();
}

std::string quoted_class(const RunRecord& run, Index class_id) {
  return fmt::format("'{}'", shortened(class_name(run, class_id), kLongestName));
}

}  // namespace

OneCheck rare_class(const RunRecord& run) {
  const RunRecord::Part* part = rows_trained_on(run);
  if (!part || part->metrics.by_class.empty() || !(draws_of(part->metrics) > 0)) return std::nullopt;
  const Extremes found = extremes_of(part->metrics.by_class);
  Check check{.code = std::string(codes::kRareClass), .name = "rows of the rarest class", .threshold = "at least 20"};
  check.value = found.fewest;
  check.found = count(found.fewest) + ", of " + quoted_class(run, found.rarest);
  check.severity = above(-found.fewest, -kFewOfAClass, -kVeryFewOfAClass);
  check.advice =
      "Get more rows of it, or join it with another class: what is learned and measured of so few is mostly luck.";
  return check;
}

OneCheck imbalance_of_classes(const RunRecord& run) {
  const RunRecord::Part* part = rows_trained_on(run);
  if (!part || part->metrics.by_class.size() < 2) return std::nullopt;
  const Extremes found = extremes_of(part->metrics.by_class);
  if (!(found.fewest > 0)) return std::nullopt;  // P103 says it
  Check check{
      .code = std::string(codes::kImbalance), .name = "largest class to smallest", .threshold = "at most 10 : 1"};
  check.value = found.most / found.fewest;
  check.found = fmt::format("{} : 1, {} to {}", number(check.value, 3), quoted_class(run, found.largest),
                            quoted_class(run, found.rarest));
  if (is_balanced(run)) {
    check.found += "; weighed";
    return check;
  }
  check.severity = above(check.value, kImbalance, kStrongImbalance);
  check.advice =
      "Go by recall class by class and balanced accuracy; --class-weight balanced makes every class count the same.";
  return check;
}

OneCheck idle_columns(const RunRecord& run) {
  if (!run.data_figures) return std::nullopt;
  const auto& [constant, duplicate] =
      std::pair(run.data_figures->constant_features, run.data_figures->duplicate_features);
  const bool natural = !run.schema.image_shape.empty() || run.schema.format == FileFormat::kLibsvm;
  Check check{.code = std::string(codes::kIdleColumns), .name = "constant or repeated features"};
  check.threshold = natural ? "any, of images and sparse data" : "none";
  check.value = static_cast<double>(constant + duplicate);
  check.found = fmt::format("{} constant, {} as another, of {}", count(static_cast<double>(constant)),
                            count(static_cast<double>(duplicate)), count(static_cast<double>(run.features)));
  check.severity = natural ? Severity::kOk : above(check.value, 0);
  check.advice =
      "They tell nothing that others do not: leave their columns out with --ignore, or find out why they are so.";
  return check;
}

OneCheck missing_values(const RunRecord& run) {
  if (!run.data_figures || run.schema.columns.empty()) return std::nullopt;
  const DataFigures& figures = *run.data_figures;
  Check check{.code = std::string(codes::kMissing), .name = "missing values", .found = "none", .threshold = "none"};
  check.value = static_cast<double>(figures.missing_values);
  if (figures.missing_values == 0) return check;
  check.found = fmt::format("{} in {}, up to {} of one", count(check.value),
                            counted(figures.columns_with_missing, "column"), percent(figures.most_missing, 1));
  check.severity = above(figures.most_missing, kMissing, kMostlyMissing);
  check.advice = "See that what replaced them makes sense; --ignore leaves a column out that hardly has values.";
  return check;
}

OneCheck repeated_rows(const RunRecord& run) {
  if (!run.data_figures) return std::nullopt;
  return share_check(codes::kRepeated, "repeated rows", run.data_figures->repeated_rows, run.rows,
                     "If they are one thing written down twice, leave them out: they count twice, and a random share "
                     "of rows to measure on has been seen.");
}

OneCheck contradicted_rows(const RunRecord& run) {
  if (!run.data_figures || run.reconstructs) return std::nullopt;
  return share_check(codes::kContradicted, "rows with the features of another class",
                     run.data_figures->contradicted_rows, run.rows,
                     "No model can be right about all of them: a feature is missing, or labels are wrong.");
}

OneCheck seen_before(const RunRecord& run) {
  if (!run.data_figures) return std::nullopt;
  const DataFigures& figures = *run.data_figures;
  const std::optional<Index> rows =
      figures.test_rows_trained_on ? figures.test_rows_trained_on : figures.validation_rows_trained_on;
  const char* name = figures.test_rows_trained_on ? "test" : "validation";
  const auto part = std::ranges::find(run.parts, name, &RunRecord::Part::name);
  if (!rows || part == run.parts.end()) return std::nullopt;
  OneCheck check =
      share_check(codes::kSeenBefore, rows_of(name) + " that were trained on", *rows, part->metrics.rows,
                  "How right it is on these tells nothing of others: measure on rows that were not trained on.");
  check->severity = above(check->value, kSeen, kOftenSeen);
  return check;
}

/// As what training notes of it.
OneCheck few_rows(const RunRecord& run) {
  const bool chosen = !run.chosen_by.empty();
  if (run.is_network || chosen || run.features == 0 || run.schema.format == FileFormat::kLibsvm) return std::nullopt;
  Index features = run.features;
  for (const poise::Column& column : run.schema.columns) features -= column.kind == ColumnKind::kCategorical ? 1 : 0;
  Check check{.code = std::string(codes::kFewRows), .name = "rows to features"};
  check.value = static_cast<double>(run.rows);
  check.found = fmt::format("{} to {}", count(check.value), count(static_cast<double>(features)));
  check.threshold = "more than 2 (features + 1) rows";
  check.severity = run.rows <= 2 * (features + 1) ? Severity::kNote : Severity::kOk;
  check.advice = "Choose the penalty with --l2 auto, and measure on rows not trained on.";
  return check;
}

}  // namespace poise::report
