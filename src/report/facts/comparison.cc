#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <set>

#include "report/facts/compared.h"
#include "report/facts/sections.h"
#include "report/words.h"

namespace poise::report {
namespace {

bool same(std::span<const RunRecord> runs, std::string RunRecord::*member) {
  return std::all_of(runs.begin(), runs.end(),
                     [&](const RunRecord& run) { return run.*member == runs.front().*member; });
}

void mark_best_of(Table& table, std::size_t column, bool largest) {
  std::vector<Cell*> cells;
  for (auto& row : table.rows) cells.push_back(&row[column]);
  mark_best(cells, largest);
}

std::vector<Cell> result_row(const RunRecord& run, const std::string& name, const std::string& common) {
  const RunRecord::Part* part = part_of(run, common);
  const Metrics none = [] {
    Metrics metrics;
    metrics.accuracy = metrics.cross_entropy = metrics.equilibrium_gap = metrics.expected_calibration_error = kNoValue;
    return metrics;
  }();
  const Metrics& m = part ? part->metrics : none;
  const std::string passes = run.is_network ? count(run.epochs) + " epochs" : brief(run.passes) + " passes";
  const auto weights = static_cast<double>(run.is_network ? run.parameters : run.classes * (run.features + 1));
  return {name,
          status_words(run),
          {percent(m.accuracy), m.accuracy},
          interval_of(m.accuracy, draws_of(m)),
          {number(m.cross_entropy), m.cross_entropy},
          {part ? imbalance(m) : std::string("–"), std::abs(m.equilibrium_gap)},
          {fixed(m.expected_calibration_error, 4), m.expected_calibration_error},
          {count(weights), weights},
          {passes, run.is_network ? run.epochs : run.passes},
          {time(run.seconds), run.seconds},
          part ? part->name : "–"};
}

/// Where all have the same rows measured, the caption says which these are, and no column does.
Table results_table(std::span<const RunRecord> runs) {
  const std::string common = common_part(runs);
  const std::vector<std::string> names = names_of(runs);
  Table table{
      .caption = common.empty() ? std::string("What came of the runs") : "What came of the runs, on " + rows_of(common),
      .columns = {{"run", false},
                  {"status", false},
                  {"accuracy"},
                  {"95 % interval"},
                  {"cross-entropy"},
                  {"CE − H"},
                  {"calibration error"},
                  {"parameters"},
                  {"passes"},
                  {"to train"},
                  {"rows of", false}},
      .rows = {},
      .can_sort = true};
  for (std::size_t k = 0; k < runs.size(); ++k) table.rows.push_back(result_row(runs[k], names[k], common));
  std::stable_sort(table.rows.begin(), table.rows.end(), [](const auto& a, const auto& b) {
    const double x = a[4].value, y = b[4].value;
    return std::isnan(y) ? !std::isnan(x) : x < y;
  });
  mark_best_of(table, 2, true);
  for (const std::size_t column : {4, 5, 6, 9}) mark_best_of(table, column, false);
  if (common.empty()) return table;
  table.columns.pop_back();
  for (auto& row : table.rows) row.pop_back();
  return table;
}

Table reconstructions_table(std::span<const RunRecord> runs) {
  const std::vector<std::string> names = names_of(runs);
  Table table{.caption = "What came of the runs",
              .columns = {{"run", false},
                          {"status", false},
                          {"rows of", false},
                          {"mean squared error"},
                          {"variance explained"},
                          {"parameters"},
                          {"epochs"},
                          {"to train"}},
              .rows = {},
              .can_sort = true};
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const RunRecord& run = runs[k];
    if (run.reconstructed.empty()) continue;
    const auto& [part, m] = run.reconstructed.front();
    table.rows.push_back({names[k],
                          status_words(run),
                          part,
                          {number(m.mean_squared_error), m.mean_squared_error},
                          {percent(m.explained_variance), m.explained_variance},
                          {count(static_cast<double>(run.parameters)), static_cast<double>(run.parameters)},
                          {count(run.epochs), static_cast<double>(run.epochs)},
                          {time(run.seconds), run.seconds}});
  }
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [](const auto& a, const auto& b) { return a[3].value < b[3].value; });
  mark_best_of(table, 3, false), mark_best_of(table, 4, true), mark_best_of(table, 7, false);
  return table;
}

/// Between the runs that have it: a softmax layer and a network have other options.
bool differs(std::span<const RunRecord> runs, const std::string& option) {
  std::set<std::string> values;
  for (const RunRecord& run : runs) {
    const auto is_it = [&](const RunRecord::Named& one) { return one.first == option; };
    if (std::any_of(run.asked.begin(), run.asked.end(), is_it)) values.insert(run.option(option));
  }
  return values.size() > 1;
}

/// A number in few digits.
std::string setting_of(const RunRecord& run, const std::string& option) {
  const std::string value = run.option(option);
  if (value.empty()) return option == "l2" && !std::isnan(run.l2) ? brief(run.l2) : "–";  // the default
  char* end = nullptr;
  const double size = std::strtod(value.c_str(), &end);
  return *end == 0 && value.size() > 8 ? brief(size) : shortened(value, 40);
}

/// A chart with one curve a run.
template <typename Points>
Chart overlaid(std::span<const RunRecord> runs, Chart chart, const Points& points_of) {
  const std::vector<std::string> names = names_of(runs);
  for (std::size_t k = 0; k < std::min(kMostSeries, runs.size()); ++k) {
    std::vector<double> x, y;
    points_of(runs[k], x, y);
    for (Series& series : curves(x, {names[k]}, {y})) {
      series.style = static_cast<int>(k);
      chart.series.push_back(std::move(series));
    }
  }
  if (runs.size() > kMostSeries) chart.caption += fmt::format(" The first {} runs.", kMostSeries);
  return chart;
}

/// Of the rows that the network was validated by, else of those trained on.
double loss_of(const Epoch& epoch) { return epoch.validation ? epoch.validation->loss : epoch.train.loss; }
double accuracy_of(const Epoch& epoch) { return epoch.validation ? epoch.validation->accuracy : epoch.train.accuracy; }

template <typename Value>
auto by_epoch(const Value& value, bool seconds) {
  return [=](const RunRecord& run, std::vector<double>& x, std::vector<double>& y) {
    for (const Epoch& epoch : run.history) {
      x.push_back(seconds ? epoch.seconds : epoch.number);
      y.push_back(value(epoch));
    }
  };
}

/// What runs without epochs have come to, as lines across charts of epochs.
template <typename Value>
std::vector<Guide> levels_of(std::span<const RunRecord> runs, const Value& value) {
  std::vector<Guide> guides;
  const std::vector<std::string> names = names_of(runs);
  const bool validated = std::any_of(runs.begin(), runs.end(), [](const RunRecord& run) {
    return !run.history.empty() && run.history.front().validation;
  });
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const RunRecord::Part* part = part_of(runs[k], validated ? "validation" : "train");
    if (runs[k].history.empty() && part && part->name == (validated ? "validation" : "train"))
      guides.push_back({.at = value(part->metrics), .vertical = false, .name = names[k]});
  }
  return guides;
}

auto by_pass(bool seconds) {
  return [=](const RunRecord& run, std::vector<double>& x, std::vector<double>& y) {
    for (const Progress& progress : run.iterations_of_solve) {
      x.push_back(seconds ? progress.seconds : progress.passes);
      y.push_back(run.certificate ? progress.objective - run.certificate->dual_value + run.certificate->rounding
                                  : progress.gradient_norm);
    }
  };
}

}  // namespace

Section settings_differences(std::span<const RunRecord> runs) {
  Section section{"differences", "What differs", {}};
  std::set<std::string> options;
  for (const RunRecord& run : runs) {
    for (const auto& [name, value] : run.asked) options.insert(name);
  }
  Table table{.caption = "What the runs are, and the options that differ between them",
              .columns = {{"option", false}},
              .rows = {}};
  for (const std::string& name : names_of(runs)) table.columns.push_back({name, false});
  std::vector<Cell>& models = table.rows.emplace_back(std::vector<Cell>{"model"});
  for (const RunRecord& run : runs) models.emplace_back(name_of_model(run).substr(name_of_model(run).find(' ') + 1));
  for (const std::string& option : options) {
    if (!differs(runs, option)) continue;
    std::vector<Cell>& row = table.rows.emplace_back(std::vector<Cell>{option});
    for (const RunRecord& run : runs) row.emplace_back(setting_of(run, option));
  }
  if (!same(runs, &RunRecord::fingerprint))
    section.blocks.emplace_back(Paragraph{
        "The runs were trained on different rows, as their fingerprints tell: other data, or another split."});
  if (!same(runs, &RunRecord::version))
    section.blocks.emplace_back(Paragraph{"The runs are of different versions of Poise."});
  section.blocks.emplace_back(std::move(table));
  return section;
}

Section results_compared(std::span<const RunRecord> runs) {
  Section section{"results", "What came of it", {}};
  const bool any_classifier =
      std::any_of(runs.begin(), runs.end(), [](const RunRecord& run) { return !run.reconstructs; });
  const bool any_other = std::any_of(runs.begin(), runs.end(), [](const RunRecord& run) { return run.reconstructs; });
  if (any_classifier) {
    section.blocks.emplace_back(results_table(runs));
    section.blocks.emplace_back(
        Paragraph{"By cross-entropy, the smallest first; the best of a column is marked. Intervals are Wilson's, at 95 "
                  "%, each of one run by itself: two runs on the same rows differ less by luck than these suggest."});
  }
  if (any_other) section.blocks.emplace_back(reconstructions_table(runs));
  return section;
}

Section curves_compared(std::span<const RunRecord> runs) {
  Section section{"course", "How they got there", {}};
  const std::string rows = "Rows held out, where there are some; else those trained on.";
  Charts charts;
  for (const bool seconds : {false, true}) {
    const Axis x{.name = seconds ? "seconds" : "epoch"};
    charts.all.push_back(overlaid(runs,
                                  {.title = "Loss by " + x.name,
                                   .caption = rows,
                                   .x = x,
                                   .y = {.name = "loss", .log = true},
                                   .series = {},
                                   .guides = {}},
                                  by_epoch(loss_of, seconds)));
    charts.all.back().guides = levels_of(runs, [](const Metrics& m) { return m.cross_entropy; });
    charts.all.push_back(overlaid(runs,
                                  {.title = "Accuracy by " + x.name,
                                   .caption = rows,
                                   .x = x,
                                   .y = {.name = "accuracy"},
                                   .series = {},
                                   .guides = {}},
                                  by_epoch(accuracy_of, seconds)));
    charts.all.back().guides = levels_of(runs, [](const Metrics& m) { return m.accuracy; });
  }
  charts.all.push_back(overlaid(runs,
                                {.title = "CE − H by epoch",
                                 .caption = rows,
                                 .x = {.name = "epoch"},
                                 .y = {.name = "CE − H, nats"},
                                 .series = {},
                                 .guides = {{.at = 0, .vertical = false, .name = "at rest"}}},
                                by_epoch(
                                    [](const Epoch& epoch) {
                                      return epoch.validation ? epoch.validation->equilibrium_gap
                                                              : epoch.train.equilibrium_gap;
                                    },
                                    false)));
  for (const bool seconds : {false, true}) {
    const Axis x{.name = seconds ? "seconds" : "passes over all rows"};
    charts.all.push_back(overlaid(runs,
                                  {.title = "Softmax layers: above the lower bound, by " + x.name,
                                   .caption = "Objective less the lower bound on the optimum that was proven at the "
                                              "end; without one, the gradient norm.",
                                   .x = x,
                                   .y = {.name = "nats", .log = true},
                                   .series = {},
                                   .guides = {}},
                                  by_pass(seconds)));
  }
  std::erase_if(charts.all, [](const Chart& chart) { return !has_points(chart); });
  if (!charts.all.empty()) section.blocks.emplace_back(std::move(charts));
  return section;
}

Section runs_one_by_one(std::span<const RunRecord> runs) {
  Section section{"runs", "Run by run", {}};
  const std::vector<std::string> names = names_of(runs);
  for (std::size_t k = 0; k < runs.size(); ++k) {
    section.blocks.emplace_back(Paragraph{names[k] + " (" + status_words(runs[k]) + "): " + verdict_of(runs[k])});
    if (!runs[k].command.empty())
      section.blocks.emplace_back(Command{runs[k].command, fmt::format("command of run {}, {}", k + 1, names[k])});
  }
  return section;
}

}  // namespace poise::report
