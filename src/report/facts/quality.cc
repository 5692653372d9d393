#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/words.h"
#include "report/facts/sections.h"
#include "report/words.h"

namespace poise::report {
namespace {

constexpr std::size_t kLargestMatrix = 20;  // classes; of more, those that are confused most
constexpr std::size_t kMostPairs = 20;      // of the list beside such a part
constexpr std::size_t kMostClasses = 1000;  // rows of the table of classes
Table metrics_table(const RunRecord& run) {
  Table table{.caption = "What the model is worth, on all rows that were measured",
              .columns = {{"rows of", false},
                          {"rows"},
                          {"accuracy"},
                          {"95 % interval"},
                          {"cross-entropy", true, "mean −ln p of the right class, nats; ± is its 95 % interval"},
                          {"balanced accuracy", true, "mean recall of the classes"},
                          {"macro F1", true, "mean F1 of the classes"},
                          {"AUC", true, "mean area under the ROC curve, one class against the rest"},
                          {"calibration error", true, "expected: confidence against accuracy in 15 bins"},
                          {"CE − H", true, "0 at rest, above 0 over-confident, below under-confident; nats"}},
              .rows = {}};
  for (const RunRecord::Part& part : run.parts) {
    const Metrics& m = part.metrics;
    table.rows.push_back({part.name, count(static_cast<double>(m.rows)), percent(m.accuracy),
                          interval_of(m.accuracy, draws_of(m)), with_interval(m.cross_entropy, m.cross_entropy_error),
                          percent(m.balanced_accuracy), fixed(m.macro_f1, 4), fixed(m.auc, 4),
                          fixed(m.expected_calibration_error, 4), imbalance(m)});
  }
  return table;
}

Table reconstruction_table(const RunRecord& run) {
  Table table{.caption = "How near the reconstruction is",
              .columns = {{"rows of", false},
                          {"rows"},
                          {"mean squared error", true, "mean over the features, each in the unit of training"},
                          {"variance", true, "the error of always answering the mean"},
                          {"variance explained"}},
              .rows = {}};
  for (const auto& [name, m] : run.reconstructed)
    table.rows.push_back({name, count(static_cast<double>(m.rows)), number(m.mean_squared_error), number(m.variance),
                          percent(m.explained_variance)});
  if (run.principal) {
    table.rows.push_back({counted(run.principal->components, "principal component"), "",
                          number(run.principal->mean_squared_error), "", ""});
  }
  return table;
}

std::string how_intervals_are_made(const RunRecord& run) {
  const bool has_draws = draws_of(run.parts.front().metrics) > 0;
  return has_draws ? "Intervals of shares are Wilson's, at 95 %; that of the cross-entropy is 1.96 standard errors of "
                     "its mean. They take the rows for independent draws from one source."
                   : "Rows have weights here, so the intervals of shares are not known. That of the cross-entropy is "
                     "1.96 standard errors of its mean.";
}

/// The classes in which most goes wrong, in their own order.
std::vector<Index> most_confused(const RunRecord::Part& part, std::size_t classes, std::size_t most) {
  std::vector<double> wrong(classes, 0);
  for (const RunRecord::Confused& pair : part.confused) {
    for (const Index c : {pair.label, pair.predicted}) wrong[static_cast<std::size_t>(c)] += pair.weight;
  }
  std::vector<Index> order(classes);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
    return wrong[static_cast<std::size_t>(a)] > wrong[static_cast<std::size_t>(b)];
  });
  order.resize(std::min(most, classes));
  std::sort(order.begin(), order.end());
  return order;
}

/// The diagonal follows from recall: weight · recall are right.
Confusion confusion_of(const RunRecord& run, const RunRecord::Part& part) {
  const std::vector<Index> shown = most_confused(part, part.metrics.by_class.size(), kLargestMatrix);
  std::vector<std::ptrdiff_t> place(part.metrics.by_class.size(), -1);
  Confusion matrix;
  for (std::size_t k = 0; k < shown.size(); ++k) {
    const ClassMetrics& one = part.metrics.by_class[static_cast<std::size_t>(shown[k])];
    place[static_cast<std::size_t>(shown[k])] = static_cast<std::ptrdiff_t>(k);
    matrix.classes.push_back(shortened(class_name(run, shown[k]), kLongestName));
    matrix.totals.push_back(one.weight);
    matrix.weights.emplace_back(shown.size(), 0);
    matrix.weights.back()[k] = std::isnan(one.recall) ? 0 : one.weight * one.recall;
  }
  for (const RunRecord::Confused& pair : part.confused) {
    const auto r = place[static_cast<std::size_t>(pair.label)], c = place[static_cast<std::size_t>(pair.predicted)];
    if (r >= 0 && c >= 0) matrix.weights[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] = pair.weight;
  }
  const bool all = shown.size() == part.metrics.by_class.size();
  matrix.caption = fmt::format(
      "{}: true class down, predicted class across{}", rows_of(part.name),
      all ? "" : fmt::format("; the {} of {} classes in which most goes wrong", shown.size(), place.size()));
  matrix.caption[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(matrix.caption[0])));
  return matrix;
}

Table pairs_table(const RunRecord& run, const RunRecord::Part& part) {
  Table table{.caption = "Classes that are taken for each other most often",
              .columns = {{"class", false}, {"predicted as", false}, {"rows"}, {"share of the class"}},
              .rows = {},
              .row_heads = false};
  for (std::size_t k = 0; k < std::min(kMostPairs, part.confused.size()); ++k) {
    const RunRecord::Confused& pair = part.confused[k];
    const double of = part.metrics.by_class[static_cast<std::size_t>(pair.label)].weight;
    table.rows.push_back({shortened(class_name(run, pair.label), kLongestName),
                          shortened(class_name(run, pair.predicted), kLongestName), count(pair.weight),
                          percent(pair.weight / of, 1)});
  }
  return table;
}

bool has_classes(const RunRecord& run) {
  return !run.parts.empty() && !run.parts.front().metrics.by_class.empty() &&
         run.parts.front().metrics.by_class.size() == run.schema.classes.size();
}

}  // namespace

Section quality_section(const RunRecord& run) {
  Section section{"quality", "How good it is", {}};
  if (!run.reconstructed.empty()) section.blocks.emplace_back(reconstruction_table(run));
  if (run.parts.empty()) return section;
  section.blocks.emplace_back(metrics_table(run));
  section.blocks.emplace_back(Paragraph{how_intervals_are_made(run)});
  const RunRecord::Part& part = run.parts.front();
  section.blocks.emplace_back(
      Paragraph{fmt::format("Always answering the most frequent class would be right in {} of the {}.",
                            percent(part.metrics.majority_share), rows_of(part.name))});
  return section;
}

Section confusion_section(const RunRecord& run) {
  Section section{"confusion", "What it confuses", {}};
  if (!has_classes(run)) return section;
  const RunRecord::Part& part = run.parts.front();
  if (part.confused.empty()) {
    section.blocks.emplace_back(Paragraph{part.metrics.accuracy == 1 ? "Nothing: all rows are classified correctly."
                                                                     : "The run holds no pairs of classes."});
    return section;
  }
  section.blocks.emplace_back(confusion_of(run, part));
  if (part.metrics.by_class.size() > kLargestMatrix) section.blocks.emplace_back(pairs_table(run, part));
  if (part.confused_pairs > std::ssize(part.confused))
    section.blocks.emplace_back(
        Paragraph{fmt::format("{} pairs of classes are confused; the run holds the {} heaviest.",
                              count(static_cast<double>(part.confused_pairs)), part.confused.size())});
  return section;
}

Section classes_section(const RunRecord& run) {
  Section section{"classes", "Class by class", {}};
  if (!has_classes(run)) return section;
  const RunRecord::Part& part = run.parts.front();
  const bool has_draws = draws_of(part.metrics) > 0;
  std::vector<std::size_t> order(part.metrics.by_class.size());
  std::iota(order.begin(), order.end(), 0);
  const bool is_cut = order.size() > kMostClasses, by_errors = order.size() > kLargestMatrix;
  const auto wrong = [&](std::size_t c) {
    const ClassMetrics& one = part.metrics.by_class[c];
    return std::isnan(one.recall) ? 0 : one.weight * (1 - one.recall);
  };
  if (by_errors)
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return wrong(a) > wrong(b); });
  order.resize(std::min(kMostClasses, order.size()));
  Table table{.caption = fmt::format("Each class against the rest, on {}{}", rows_of(part.name),
                                     is_cut      ? fmt::format("; the {} in which most goes wrong", kMostClasses)
                                     : by_errors ? ", most errors first"
                                                 : ""),
              .columns = {{"class", false},
                          {"rows"},
                          {"predicted", true, "rows predicted as it"},
                          {"recall", true, "share of its rows that are found"},
                          {"95 % interval"},
                          {"precision", true, "share of the rows predicted as it that are of it"},
                          {"F1"},
                          {"AUC"}},
              .rows = {},
              .can_sort = true};
  for (const std::size_t c : order) {
    const ClassMetrics& one = part.metrics.by_class[c];
    Cell recall(percent(one.recall, 1), one.recall);
    recall.bar = one.recall;
    table.rows.push_back({Cell(shortened(class_name(run, static_cast<Index>(c)), kLongestName)),
                          {count(one.weight), one.weight},
                          {count(one.predicted), one.predicted},
                          recall,
                          interval_of(one.recall, has_draws ? one.weight : 0),
                          {percent(one.precision, 1), one.precision},
                          {fixed(one.f1, 4), one.f1},
                          {fixed(one.auc, 4), one.auc}});
  }
  section.blocks.emplace_back(std::move(table));
  return section;
}

}  // namespace poise::report
