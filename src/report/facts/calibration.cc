#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "report/facts/interval.h"
#include "report/facts/sections.h"
#include "report/plot/png.h"
#include "report/words.h"

namespace poise::report {
namespace {

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
