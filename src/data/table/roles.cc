#include "data/table/roles.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "data/classes.h"
#include "data/table/header.h"

namespace poise::inline data {
namespace {

Index find_name(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<Index>(found - names.begin());
}

Index need_column(const TableHead& head, const std::string& name, const char* option, const char* hint = "") {
  const Index found = find_column(head, name);
  if (found >= 0) return found;
  throw Error(ErrorKind::kUsage, fmt::format("{} names the column '{}', which is not there", option, name),
              head.has_header
                  ? fmt::format("one of {}, or an index from 0 to {}", list_names(head.names), head.columns() - 1)
                  : fmt::format("an index from 0 to {} (the file has no header)", head.columns() - 1),
              head.has_header ? hint : "if line 1 names the columns: --header", {head.text.file});
}

constexpr const char* kByName = "by its name";

Index default_label(const TableHead& head, std::string& how) {
  Index best = head.columns() - 1;
  while (best > 0 && head.unnamed[best] && head.looks[best].empty()) {
    --best;
  }
  std::size_t best_rank = std::numeric_limits<std::size_t>::max();
  how = head.has_header ? "the last" : "the last, from 0";
  for (Index j = 0; head.has_header && j < head.columns(); ++j) {
    std::size_t rank = 0;
    if (!is_label_name(head.names[j], rank) || rank >= best_rank) continue;
    best = j;
    best_rank = rank;
    how = kByName;
  }
  return best;
}

void check_apart(const TableHead& head, Index a, Index b, const char* what_a, const char* what_b) {
  if (a < 0 || a != b) return;
  throw Error(ErrorKind::kUsage, fmt::format("{} and {} are both {}", what_a, what_b, head.title(a)),
              "different columns", {}, {head.text.file});
}

/// The features that an option names, which says what they are.
std::vector<Index> forced_columns(const TableHead& head, const std::vector<std::string>& names, const char* option,
                                  const TableRoles& roles) {
  std::vector<Index> columns;
  for (const std::string& name : names) {
    const Index column = need_column(head, name, option);
    check_apart(head, column, roles.label, option, "the label");
    check_apart(head, column, roles.weight, option, "--sample-weight");
    if (std::ranges::count(roles.features, column) == 0) {
      throw Error(ErrorKind::kUsage, fmt::format("{} and --ignore are both {}", option, head.title(column)),
                  "different columns", {}, {head.text.file});
    }
    columns.push_back(column);
  }
  return columns;
}

void force_kinds(const TableHead& head, const ReadOptions& options, TableRoles& roles) {
  roles.categorical = forced_columns(head, options.categorical, "--categorical", roles);
  roles.numeric = forced_columns(head, options.numeric, "--numeric", roles);
  for (const Index column : roles.numeric) {
    const bool both = std::ranges::count(roles.categorical, column) > 0;
    check_apart(head, column, both ? column : -1, "--numeric", "--categorical");
  }
}

std::vector<bool> ignored_columns(const TableHead& head, const ReadOptions& options, const TableRoles& roles) {
  std::vector<bool> ignored(head.names.size(), false);
  for (const std::string& name : options.ignore) {
    const Index column = need_column(head, name, "--ignore");
    check_apart(head, column, roles.label, "--ignore", "the label");
    check_apart(head, column, roles.weight, "--ignore", "--sample-weight");
    ignored[column] = true;
  }
  return ignored;
}

/// Perhaps columns were renamed: the hint lists those that the model does not know.
[[noreturn]] void fail_missing_columns(const TableHead& head, const ReadOptions& options, const Schema& schema,
                                       const std::vector<std::string>& missing) {
  std::vector<std::string> unknown;
  for (const std::string& name : head.names) {
    const bool known = name == schema.label_name || name == options.label || name == options.sample_weight ||
                       std::ranges::find(schema.columns, name, &Column::name) != schema.columns.end();
    if (!known) unknown.push_back(name);
  }
  const std::string hint =
      unknown.empty() ? ""
                      : fmt::format("the file has {}, which the model does not know: renamed?", list_names(unknown));
  throw Error(ErrorKind::kData, fmt::format("the header lacks {}", list_names(missing)),
              "the columns that the model was trained on", hint, head.text.where(head.text.begin));
}

TableRoles match_by_name(const TableHead& head, const ReadOptions& options, const Schema& schema) {
  TableRoles roles;
  std::vector<std::string> missing;
  for (const Column& column : schema.columns) {
    roles.features.push_back(find_name(head.names, column.name));
    if (roles.features.back() < 0) missing.push_back(column.name);
  }
  if (!missing.empty()) fail_missing_columns(head, options, schema, missing);
  roles.label = options.label                ? need_column(head, *options.label, "--label")
                : schema.label_position >= 0 ? find_name(head.names, schema.label_name)
                                             : -1;
  return roles;
}

/// Columns that the training file had, as far as the schema knows: those at its end that were left out are unknown.
Index known_width(const Schema& schema) {
  Index width = schema.label_position + 1;
  for (const Column& column : schema.columns) width = std::max(width, column.position + 1);
  return width;
}

/// The position of the weights in the training file, where there was no header; -1: none. A name is none.
Index trained_weight(const ReadOptions& options, const Schema& schema) {
  Index index = 0;
  if (!options.weight_as_trained || !options.sample_weight || !read_index(*options.sample_weight, index)) return -1;
  if (index >= 0) return index;
  const Index position = known_width(schema) + index;
  const bool taken = position == schema.label_position ||
                     std::ranges::find(schema.columns, position, &Column::position) != schema.columns.end();
  return std::max<Index>(-1, taken ? position + 1 : position);
}

/// The label may be absent, and so may weights; where the number of columns leaves it open which, labels that are
/// needed are there.
TableRoles match_by_position(const TableHead& head, const ReadOptions& options, const Schema& schema) {
  const Index weight = trained_weight(options, schema), width = std::max(known_width(schema), weight + 1);
  const Index absent = std::max<Index>(0, width - head.columns());
  const bool labeled = schema.label_position >= 0;
  const bool lacks_weight = weight >= 0 && (absent == 2 || (absent == 1 && (options.labels || !labeled)));
  const bool has_label = labeled && absent - (lacks_weight ? 1 : 0) == 0;
  if (absent > (labeled ? 1 : 0) + (lacks_weight ? 1 : 0)) {
    throw Error(ErrorKind::kData, fmt::format("the table has {} columns", head.columns()),
                fmt::format("at least {}, as in the file that the model was trained on", width), {},
                head.text.where(head.text.rows));
  }
  const auto here = [&](Index position) {
    return position - (labeled && !has_label && position > schema.label_position ? 1 : 0) -
           (lacks_weight && position > weight ? 1 : 0);
  };
  TableRoles roles;
  for (const Column& column : schema.columns) roles.features.push_back(here(column.position));
  roles.label = options.label ? need_column(head, *options.label, "--label")
                : has_label   ? here(schema.label_position)
                              : -1;
  if (weight >= 0 && !lacks_weight) roles.weight = here(weight);
  return roles;
}

/// The weights where training had them, unless they are not here.
void match_trained_weight(const TableHead& head, const ReadOptions& options, const Schema& schema, TableRoles& roles) {
  if (!options.sample_weight) return;
  if (schema.has_header && head.has_header) roles.weight = find_column(head, *options.sample_weight);
  const bool other = roles.weight == roles.label || std::ranges::count(roles.features, roles.weight) > 0;
  if (other) roles.weight = -1;  // an index in a file without that column
  if (roles.weight >= 0 || !options.labels) return;
  roles.notices.push_back(
      fmt::format("the model was trained with the row weights in the column '{}', which is not "
                  "here: every row weighs 1; --sample-weight names another",
                  *options.sample_weight));
}

/// What an option says of a column must be what the model knows of it.
void check_kinds(const TableHead& head, const std::vector<std::string>& names, const char* option, ColumnKind kind,
                 const Schema& schema, const TableRoles& roles) {
  for (const std::string& name : names) {
    const Index column = need_column(head, name, option);
    for (std::size_t k = 0; k < roles.features.size(); ++k) {
      if (roles.features[k] != column || schema.columns[k].kind == kind) continue;
      throw Error(ErrorKind::kUsage, fmt::format("{} {}, which the model was trained on otherwise", option, name),
                  "what the model was trained with", "leave it out, or train again with it", {head.text.file});
    }
  }
}

void note_extra_columns(const TableHead& head, const ReadOptions& options, const Schema& schema, TableRoles& roles) {
  std::vector<bool> used = ignored_columns(head, options, roles);
  for (const Index column : roles.features) used[column] = true;
  for (const Index column : {roles.label, roles.weight}) {
    if (column >= 0) used[column] = true;
  }
  std::vector<std::string> extra;
  const Index width = known_width(schema);
  for (Index j = 0; j < head.columns(); ++j) {
    if (!used[j] && (head.has_header || j >= width)) {
      extra.push_back(head.names[j]);
    }
  }
  if (!extra.empty()) roles.notices.push_back("columns that the model does not use: " + list_names(extra));
}

}  // namespace

bool TableRoles::forced(Index column) const {
  return std::ranges::count(categorical, column) > 0 || std::ranges::count(numeric, column) > 0;
}

TableRoles choose_roles(const TableHead& head, const ReadOptions& options) {
  TableRoles roles;
  if (options.label) {
    roles.label = need_column(head, *options.label, "--label");
  } else if (!options.labels) {
    const Index named = default_label(head, roles.label_by);
    if (roles.label_by == kByName) {
      roles.label = named;
      roles.notices.push_back(fmt::format(
          "{} is left out, as its name is that of a label; under another name it is a feature", head.title(named)));
    }
  } else {
    roles.label = default_label(head, roles.label_by);
    roles.label_was_chosen = true;
    roles.notices.push_back(
        fmt::format("the label is {} ({}); --label names another", head.short_title(roles.label), roles.label_by));
  }
  if (options.sample_weight) roles.weight = need_column(head, *options.sample_weight, "--sample-weight");
  check_apart(head, roles.weight, roles.label, "--sample-weight", "the label");
  const std::vector<bool> ignored = ignored_columns(head, options, roles);
  for (Index j = 0; j < head.columns(); ++j) {
    if (j != roles.label && j != roles.weight && !ignored[j]) roles.features.push_back(j);
  }
  if (roles.features.empty()) {
    const std::string label = roles.label < 0 ? "" : fmt::format(": {} is the label", head.title(roles.label));
    const std::string weight = roles.weight < 0 ? "" : fmt::format(", {} holds the weights", head.title(roles.weight));
    const std::string left_out =
        options.ignore.empty() ? "" : fmt::format(", --ignore leaves out {}", list_names(options.ignore));
    throw Error(ErrorKind::kData,
                fmt::format("the table has {} column{} and none is left for features{}{}{}", head.columns(),
                            head.columns() == 1 ? "" : "s", label, weight, left_out),
                "a label and at least one feature",
                head.columns() == 1 ? "if the delimiter was not recognized, name it with --delimiter" : "",
                {head.text.file});
  }
  force_kinds(head, options, roles);
  return roles;
}

TableRoles match_roles(const TableHead& head, const ReadOptions& options, const Schema& schema) {
  TableRoles roles = schema.has_header && head.has_header ? match_by_name(head, options, schema)
                                                          : match_by_position(head, options, schema);
  if (options.weight_as_trained) {
    match_trained_weight(head, options, schema, roles);
  } else if (options.sample_weight) {
    roles.weight = need_column(head, *options.sample_weight, "--sample-weight",
                               "every file needs the column of weights: 1 in every row is no weight");
  }
  check_apart(head, roles.weight, roles.label, "--sample-weight", "the label");
  for (const Index column : roles.features) {
    check_apart(head, column, roles.label, "the label", "a feature of the model");
    check_apart(head, column, roles.weight, "--sample-weight", "a feature of the model");
  }
  check_kinds(head, options.categorical, "--categorical", ColumnKind::kCategorical, schema, roles);
  check_kinds(head, options.numeric, "--numeric", ColumnKind::kNumeric, schema, roles);
  note_extra_columns(head, options, schema, roles);
  return roles;
}

}  // namespace poise::inline data
