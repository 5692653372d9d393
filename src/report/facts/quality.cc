#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/words.h"
#include "report/facts/interval.h"
#include "report/facts/sections.h"
#include "report/plot/png.h"
#include "report/words.h"

namespace poise::report {
namespace {

constexpr std::size_t kLargestMatrix = 20;  // classes; of more, those that are confused most
constexpr std::size_t kMostPairs = 20;      // of the list beside such a part
constexpr std::size_t kMostClasses = 1000;  // rows of the table of classes
constexpr std::size_t kLongestName = 40;

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

Series reliability_series(const std::vector<ReliabilityBin>& bins, const std::string& name, bool has_draws, int style) {
  Series series{.name = name, .points = {}, .mark = Mark::kDots, .style = style};
  for (const ReliabilityBin& bin : bins) {
    Point point{.x = bin.confidence, .y = bin.accuracy};
    if (has_draws) {
      const Bounds bounds = wilson_interval(bin.accuracy, static_cast<double>(bin.rows));
      point.low = bounds.low, point.high = bounds.high;
    }
    series.points.push_back(point);
  }
  return series;
}

Chart reliability_chart(const RunRecord& run, const RunRecord::Part& part) {
  const bool has_draws = draws_of(part.metrics) > 0;
  Chart chart{.title = "Confidence against accuracy",
              .caption =
                  "Each dot is the rows of one fifteenth of confidence. On the diagonal the model is right as often as "
                  "it says; below it, it is over-confident.",
              .x = {.name = "confidence", .low = 0, .high = 1},
              .y = {.name = "accuracy", .low = 0, .high = 1},
              .series = {},
              .guides = {},
              .diagonal = true,
              .can_zoom = false};
  if (has_draws) chart.caption += " Bars: Wilson's 95 % intervals.";
  const bool calibrated = !run.uncalibrated.empty() && run.calibration != 1;
  chart.series.push_back(
      reliability_series(part.metrics.reliability, calibrated ? "calibrated" : rows_of(part.name), has_draws, 0));
  if (calibrated) chart.series.push_back(reliability_series(run.uncalibrated, "as trained", false, 1));
  return chart;
}

Chart share_chart(const RunRecord::Part& part) {
  Chart chart{.title = "How sure it is",
              .caption = "The share of rows by confidence, their largest probability.",
              .x = {.name = "confidence", .low = 0, .high = 1},
              .y = {.name = "share of rows", .low = 0},
              .series = {{.name = "share of rows", .points = {}, .mark = Mark::kBars, .style = 0}},
              .guides = {},
              .can_zoom = false};
  constexpr int kBins = 15;
  std::vector<double> shares(kBins, 0);
  for (const ReliabilityBin& bin : part.metrics.reliability)
    shares[static_cast<std::size_t>(std::clamp(static_cast<int>(bin.confidence * kBins), 0, kBins - 1))] += bin.share;
  for (int bin = 0; bin < kBins; ++bin)
    chart.series[0].points.push_back({.x = (bin + 0.5) / kBins, .y = shares[static_cast<std::size_t>(bin)]});
  return chart;
}

std::string temperature_words(const RunRecord& run, const Metrics& metrics) {
  std::string text;
  if (!std::isnan(run.calibration) && run.calibration != 1)
    text =
        fmt::format("The scores were divided by {}, at which cross-entropy equalled output entropy on held-out rows. ",
                    number(run.calibration));
  if (metrics.temperature.at_limit) {
    return text +
           (metrics.temperature.temperature > 1
                ? "On these rows the scores are no better than chance, and no temperature is best."
                : "All these rows are classified correctly, and no temperature is best: sharper is always better.");
  }
  const double t = metrics.temperature.temperature;
  return text + fmt::format("On these rows the scores divided by {} would be as sure as they are right ({}).",
                            number(t), t > 1 ? "above 1: they are too sure" : "below 1: they could be surer");
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
  if (part.name == "train")
    section.blocks.emplace_back(
        Paragraph{"These are the rows it was trained on: on others it will do worse. --validation 0.2 or --test FILE "
                  "tells how it does there."});
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

Section calibration_section(const RunRecord& run) {
  Section section{"calibration", "Whether its probabilities can be believed", {}};
  if (run.parts.empty() || run.parts.front().metrics.reliability.empty()) return section;
  const RunRecord::Part& part = run.parts.front();
  section.blocks.emplace_back(Charts{{reliability_chart(run, part), share_chart(part)}});
  section.blocks.emplace_back(
      Paragraph{fmt::format("Expected calibration error {} on {}. ", number(part.metrics.expected_calibration_error, 3),
                            rows_of(part.name)) +
                temperature_words(run, part.metrics)});
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

Section errors_section(const RunRecord& run) {
  Section section{"errors", "Where it is surest and wrong", {}};
  if (!run.surest_errors || run.surest_errors->rows.empty()) return section;
  const SurestErrors& errors = *run.surest_errors;
  const std::vector<Index>& shape = run.schema.image_shape;
  Pictures pictures{
      "Surest errors",
      fmt::format("Rows are counted from 0 among the {}. These are where a label may be wrong, or a feature missing.",
                  rows_of(errors.part)),
      {}};
  Table table{.caption = pictures.caption,
              .columns = {{"row"}, {"class", false}, {"predicted as", false}, {"with probability"}},
              .rows = {},
              .row_heads = false};
  for (const SurestErrors::Row& row : errors.rows) {
    const std::string label = shortened(class_name(run, row.wrong.label), kLongestName),
                      predicted = shortened(class_name(run, row.wrong.predicted), kLongestName);
    table.rows.push_back({count(static_cast<double>(row.wrong.row)), label, predicted, percent(row.wrong.probability)});
    const bool is_image =
        shape.size() == 2 && shape[0] > 0 && shape[1] > 0 && std::ssize(row.pixels) == shape[0] * shape[1];
    if (is_image)
      pictures.all.push_back(
          {ink_url(row.pixels, shape[0], shape[1]), fmt::format("{}, not {}", label, predicted),
           fmt::format("row {}, {}", count(static_cast<double>(row.wrong.row)), percent(row.wrong.probability, 1))});
  }
  if (pictures.all.size() == errors.rows.size()) {
    section.blocks.emplace_back(std::move(pictures));
  } else {
    section.blocks.emplace_back(std::move(table));
  }
  return section;
}

}  // namespace poise::report
