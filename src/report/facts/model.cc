#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/check_codes.h"
#include "base/words.h"
#include "poise/version.h"
#include "report/facts/sections.h"
#include "report/plot/png.h"
#include "report/words.h"

namespace poise::report {
namespace {

constexpr std::size_t kMostColumns = 100;  // of the table of a schema
Pictures weight_pictures(const RunRecord& run) {
  const std::vector<Index>& shape = run.schema.image_shape;
  const bool of_classes = !run.is_network;
  Pictures pictures{of_classes ? "What each class looks for" : "What the units of the first layer look for",
                    "Orange: brighter here counts for it; blue: against it. Each picture has its own scale.",
                    {}};
  for (std::size_t unit = 0; unit < run.images.size(); ++unit) {
    const std::string name = of_classes ? shortened(class_name(run, static_cast<Index>(unit)), kLongestName)
                                        : fmt::format("unit {}", unit + 1);
    pictures.all.push_back({weights_url(run.images[unit], shape[0], shape[1]), name, ""});
  }
  if (std::ssize(run.images) < run.units)
    pictures.caption += fmt::format(" The first {} of {}.", run.images.size(), count(static_cast<double>(run.units)));
  return pictures;
}

Table weights_table(const RunRecord& run) {
  const bool has_units = !std::isnan(run.largest_weights.front().standardized);
  Table table{
      .caption = fmt::format("The largest of {} weights{}", count(static_cast<double>(run.features * run.classes)),
                             has_units ? ", by what the penalty counts as 1 of a feature" : ""),
      .columns = {{"feature", false}, {"class", false}},
      .rows = {},
      .can_sort = true};
  const bool has_intervals =
      std::ranges::any_of(run.largest_weights, [](const auto& one) { return std::isfinite(one.low); });
  if (has_units) table.columns.push_back({"standardized"});
  if (has_intervals && has_units) table.columns.push_back({"95 % interval"});
  table.columns.push_back({"per original unit"});
  if (has_intervals && !has_units) table.columns.push_back({"95 % interval"});
  double largest = 0;
  for (const RunRecord::Weight& one : run.largest_weights)
    largest = std::max(largest, std::abs(has_units ? one.standardized : one.weight));
  for (const RunRecord::Weight& one : run.largest_weights) {
    std::vector<Cell>& row =
        table.rows.emplace_back(std::vector<Cell>{shortened(run.schema.feature_name(one.feature), kLongestName),
                                                  shortened(class_name(run, one.class_id), kLongestName)});
    Cell first(number(has_units ? one.standardized : one.weight), has_units ? one.standardized : one.weight);
    first.bar = first.value / largest;
    row.push_back(std::move(first));
    if (has_intervals) row.push_back(std::isfinite(one.low) ? number(one.low, 3) + " to " + number(one.high, 3) : "–");
    if (has_units) row.emplace_back(number(one.weight), one.weight);
  }
  return table;
}

std::string words_of(FileFormat format) {
  switch (format) {
    case FileFormat::kTable:
      return "table";
    case FileFormat::kLibsvm:
      return "LIBSVM";
    case FileFormat::kNpy:
      return "NPY";
    case FileFormat::kIdx:
      return "IDX";
  }
  return "";
}

Table columns_table(const Schema& schema) {
  Table table{.caption = "Columns",
              .columns = {{"column", false}, {"kind", false}, {"features"}, {"categories", false}},
              .rows = {}};
  for (std::size_t k = 0; k < std::min(kMostColumns, schema.columns.size()); ++k) {
    const poise::Column& column = schema.columns[k];
    std::string categories;
    for (std::size_t c = 0; c < std::min<std::size_t>(8, column.categories.size()); ++c)
      categories += (c == 0 ? "" : ", ") + shortened(column.categories[c], 24);
    if (column.categories.size() > 8) categories += fmt::format(" and {} more", column.categories.size() - 8);
    table.rows.push_back({shortened(column.name, kLongestName),
                          column.kind == ColumnKind::kNumeric ? "number" : "category",
                          count(static_cast<double>(column.feature_count())), categories});
  }
  if (schema.columns.size() > kMostColumns)
    table.caption +=
        fmt::format(", the first {} of {}", kMostColumns, count(static_cast<double>(schema.columns.size())));
  return table;
}

std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 20;
  std::string text;
  for (std::size_t k = 0; k < std::min(kMost, names.size()); ++k)
    text += (k == 0 ? "" : ", ") + shortened(names[k], kLongestName);
  return names.size() > kMost ? text + fmt::format(" and {} more", names.size() - kMost) : text;
}

}  // namespace

Section weights_section(const RunRecord& run) {
  Section section{"weights", "The weights", {}};
  const std::vector<Index>& shape = run.schema.image_shape;
  const auto fits = [&](const std::vector<float>& image) {
    return shape.size() == 2 && std::ssize(image) == shape[0] * shape[1];
  };
  if (!run.images.empty() && std::all_of(run.images.begin(), run.images.end(), fits))
    section.blocks.emplace_back(weight_pictures(run));
  if (run.largest_weights.empty()) return section;
  section.blocks.emplace_back(weights_table(run));
  if (!run.intervals_refused.empty())
    section.blocks.emplace_back(Paragraph{"They have no intervals: " + run.intervals_refused + "."});
  if (!run.intervals_meaning.empty())
    section.blocks.emplace_back(
        Paragraph{"Intervals are Wald's, of each weight by itself, as if it had not been picked for its size: " +
                  run.intervals_meaning + "."});
  return section;
}

Section data_section(const RunRecord& run) {
  Section section{"data", "The data", {}};
  const Schema& schema = run.schema;
  Facts facts{"Data",
              {{"data", run.option("data").empty() ? "rows in memory" : run.option("data")},
               {"format", words_of(schema.format)},
               {"rows trained on", count(static_cast<double>(run.rows))},
               {"features", count(static_cast<double>(run.features))}}};
  if (schema.image_shape.size() == 2)
    facts.all.emplace_back("images", fmt::format("{} × {} pixels", schema.image_shape[0], schema.image_shape[1]));
  if (!schema.classes.empty())
    facts.all.emplace_back("classes", fmt::format("{}: {}", schema.classes.size(), list_of(schema.classes)));
  if (!schema.label_name.empty()) facts.all.emplace_back("label column", schema.label_name);
  facts.all.emplace_back("fingerprint of those rows", run.fingerprint);
  section.blocks.emplace_back(std::move(facts));
  List noted;  // what a check says is said there
  std::ranges::copy_if(run.notices, std::back_inserter(noted.items),
                       [](const auto& text) { return code_of(text).empty(); });
  if (!noted.items.empty()) {
    section.blocks.emplace_back(Paragraph{"What else was noted about data, options and result:"});
    section.blocks.emplace_back(std::move(noted));
  }
  if (!schema.columns.empty()) section.blocks.emplace_back(columns_table(schema));
  return section;
}

Section repeat_section(const RunRecord& run) {
  Section section{"repeat", "To repeat it", {}};
  if (run.command.empty()) {
    section.blocks.emplace_back(
        Paragraph{"The rows were in memory, so no command line repeats this run; its options are below."});
  } else {
    section.blocks.emplace_back(Command{run.command, "command"});
    section.blocks.emplace_back(
        Paragraph{"The same version gives the same model, for any number of threads. A run that a time limit or a "
                  "signal ended stops elsewhere."});
  }
  return section;
}

Section environment_section(const RunRecord& run) {
  Section section{"environment", "Options and machine", {}};
  Facts machine{"Machine", {{"Poise", run.version}}};
  for (const auto& [name, value] : run.environment) machine.all.emplace_back(name, value);
  machine.all.emplace_back("to read the data", time(run.seconds_read));
  machine.all.emplace_back("to train", time(run.seconds));
  machine.all.emplace_back("to measure", time(run.seconds_measure));
  section.blocks.emplace_back(std::move(machine));
  Facts options{"Options, with what the data decided", {}};
  for (const auto& [name, value] : run.asked) {
    if (!name.starts_with("read.") && !value.empty()) options.all.emplace_back(name, shortened(value, 200));
  }
  section.blocks.emplace_back(std::move(options));
  return section;
}

}  // namespace poise::report
