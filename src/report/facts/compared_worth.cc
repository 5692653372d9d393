#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "poise/checks.h"
#include "report/facts/compared.h"
#include "report/facts/sections.h"
#include "report/words.h"

namespace poise::report {
namespace {

constexpr std::size_t kMostCompared = 20;  // classes of the table

/// Whether all were measured on rows of the same classes.
bool have_same_classes(std::span<const RunRecord> runs, const std::string& common) {
  return std::ranges::all_of(runs, [&](const RunRecord& run) {
    const RunRecord::Part* part = part_of(run, common);
    return part && run.schema.classes == runs.front().schema.classes &&
           part->metrics.by_class.size() == run.schema.classes.size();
  });
}

Mood color_of(Severity severity) {
  return severity == Severity::kWarning ? Mood::kBad : severity == Severity::kNote ? Mood::kPlain : Mood::kGood;
}

/// The best of the runs in something, as a figure at the top.
template <typename Value, typename Words>
void add_best(std::span<const RunRecord> runs, const std::vector<std::string>& names, const std::string& what,
              const Value& value, const Words& words, std::vector<Headline>& to) {
  std::size_t best = runs.size();
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const double here = value(runs[k]);
    if (!std::isnan(here) && (best == runs.size() || here < value(runs[best]))) best = k;
  }
  if (best < runs.size()) to.push_back({words(runs[best]), what, names[best]});
}

}  // namespace

std::vector<Headline> headlines_compared(std::span<const RunRecord> runs) {
  std::vector<Headline> all;
  const std::string common = common_part(runs);
  if (common.empty()) return all;
  const std::vector<std::string> names = names_of(runs);
  const auto metrics = [&](const RunRecord& run) -> const Metrics& { return part_of(run, common)->metrics; };
  add_best(
      runs, names, "best accuracy, " + rows_of(common), [&](const RunRecord& run) { return -metrics(run).accuracy; },
      [&](const RunRecord& run) { return percent(metrics(run).accuracy); }, all);
  add_best(
      runs, names, "smallest cross-entropy, nats", [&](const RunRecord& run) { return metrics(run).cross_entropy; },
      [&](const RunRecord& run) { return number(metrics(run).cross_entropy); }, all);
  add_best(
      runs, names, "smallest calibration error",
      [&](const RunRecord& run) { return metrics(run).expected_calibration_error; },
      [&](const RunRecord& run) { return fixed(metrics(run).expected_calibration_error, 4); }, all);
  add_best(
      runs, names, "shortest training", [](const RunRecord& run) { return run.seconds; },
      [](const RunRecord& run) { return time(run.seconds); }, all);
  return all;
}

Section calibration_compared(std::span<const RunRecord> runs) {
  Section section{"calibration", "Whether their probabilities can be believed", {}};
  const std::string common = common_part(runs);
  if (common.empty() || runs.size() > kMostSeries) return section;
  const std::vector<std::string> names = names_of(runs);
  Chart chart{.title = "Confidence against accuracy, " + rows_of(common),
              .caption =
                  "On the diagonal a model is right as often as it says; below it, it is over-confident. Bins of "
                  "fewer than 20 rows are left out.",
              .x = {.name = "confidence", .low = 0, .high = 1},
              .y = {.name = "accuracy", .low = 0, .high = 1},
              .series = {},
              .guides = {},
              .diagonal = true,
              .can_zoom = false};
  Chart shares{.title = "How sure they are",
               .caption = "The share of rows whose confidence, the largest probability, is in the bin.",
               .x = {.name = "confidence", .low = 0, .high = 1},
               .y = {.name = "share of rows", .log = true},
               .series = {},
               .guides = {},
               .can_zoom = false};
  for (std::size_t k = 0; k < runs.size(); ++k) {
    Series accuracy{.name = names[k], .points = {}, .mark = Mark::kLine, .style = static_cast<int>(k)},
        share = accuracy;
    for (const ReliabilityBin& bin : part_of(runs[k], common)->metrics.reliability) {
      if (bin.rows >= 20) accuracy.points.push_back({.x = bin.confidence, .y = bin.accuracy});
      share.points.push_back({.x = bin.confidence, .y = bin.share});
    }
    chart.series.push_back(std::move(accuracy)), shares.series.push_back(std::move(share));
  }
  if (has_points(chart)) section.blocks.emplace_back(Charts{{chart, shares}});
  return section;
}

Section classes_compared(std::span<const RunRecord> runs) {
  Section section{"classes", "Class by class", {}};
  const std::string common = common_part(runs);
  const std::vector<std::string>& classes = runs.front().schema.classes;
  if (common.empty() || classes.size() > kMostCompared || !have_same_classes(runs, common)) return section;
  Table table{.caption = "Recall: the share of a class's rows that are found, of the " + rows_of(common),
              .columns = {{"class", false}, {"rows"}},
              .rows = {},
              .can_sort = true};
  for (const std::string& name : names_of(runs)) table.columns.push_back({name});
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const double rows = part_of(runs.front(), common)->metrics.by_class[c].weight;
    std::vector<Cell>& row = table.rows.emplace_back();
    row = {shortened(classes[c], kLongestName), {count(rows), rows}};
    for (const RunRecord& run : runs) {
      const double recall = part_of(run, common)->metrics.by_class[c].recall;
      row.emplace_back(percent(recall, 1), recall);
    }
    std::vector<Cell*> cells;
    for (std::size_t k = 2; k < row.size(); ++k) cells.push_back(&row[k]);
    mark_best(cells, true);
  }
  section.blocks.emplace_back(std::move(table));
  return section;
}

Section checks_compared(std::span<const RunRecord> runs) {
  Section section{"checks", "Checks", {}};
  const std::vector<std::string> names = names_of(runs);
  std::map<std::string, std::pair<std::string, std::vector<Cell>>> by_code;  // name, and a cell a run
  for (std::size_t k = 0; k < runs.size(); ++k) {
    for (const Check& check : checks_of(runs[k])) {
      auto& [name, cells] = by_code[check.code];
      name = check.name;
      cells.resize(runs.size(), Cell("–"));
      cells[k] =
          Cell(check.severity == Severity::kOk ? "ok" : std::string(to_string(check.severity)) + ": " + check.found);
      cells[k].mood = color_of(check.severity);
    }
  }
  Table table{.caption = "What was found that is not as it should be",
              .columns = {{"code", false}, {"check", false}},
              .rows = {}};
  for (const std::string& name : names) table.columns.push_back({name, false});
  for (auto& [code, found] : by_code) {
    auto& [name, cells] = found;
    const auto is_fine = [](const Cell& cell) { return cell.mood != Mood::kBad && cell.mood != Mood::kPlain; };
    if (std::ranges::all_of(cells, is_fine)) continue;
    std::vector<Cell>& row = table.rows.emplace_back(std::vector<Cell>{code, name});
    row.insert(row.end(), cells.begin(), cells.end());
  }
  std::string fine;
  for (const auto& [code, found] : by_code) {
    if (std::ranges::none_of(table.rows, [&](const auto& row) { return row.front().text == code; }))
      fine += (fine.empty() ? "" : ", ") + code + " " + found.first;
  }
  if (!table.rows.empty()) section.blocks.emplace_back(std::move(table));
  if (!fine.empty()) section.blocks.emplace_back(Paragraph{"As it should be, in all of them: " + fine + "."});
  return section;
}

}  // namespace poise::report
