#include "data/table_columns.h"

#include <fmt/core.h>

#include "data/number.h"
#include "data/table_categories.h"
#include "data/table_cells.h"
#include "data/table_notes.h"
#include "poise/error.h"

namespace poise {
namespace {

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

/// Text cells among those that are not missing.
double text_share(const ParsedTable& parsed, Index column) {
  const Index slot = parsed.slots[at(column)];
  Index numbers = 0, texts = 0;
  if (parsed.modes[at(column)] == CellMode::kNumber) {
    const OddCells& odd = parsed.odd[at(slot)];
    texts = odd.text;
    numbers = parsed.rows() - odd.missing - odd.text;
  } else {
    for (const Dictionary::Entry& entry : parsed.texts[at(slot)].entries) {
      double value = 0;
      const NumberStatus status = parse_number(entry.text, value);
      texts += status == NumberStatus::kText ? entry.count : 0;
      numbers += status == NumberStatus::kNumber || status == NumberStatus::kInfinite ? entry.count : 0;
    }
  }
  return texts == 0 ? 0 : static_cast<double>(texts) / static_cast<double>(texts + numbers);
}

void infer_number(const TableHead& head, const ParsedTable& parsed, Index position, const ReadOptions& options,
                  Column& column, std::vector<std::string>& notices) {
  const MissingPolicy policy = options.missing;
  const bool refused = policy == MissingPolicy::kError && !options.inspecting;
  check_numbers(head, parsed, position, refused ? Gaps::kTraining : Gaps::kFilled);
  column.can_fill = policy != MissingPolicy::kError;  // by the mean, which is known later
  const Index missing = parsed.odd[at(parsed.slots[at(position)])].missing;
  column.has_missing_feature = policy == MissingPolicy::kCategory && missing > 0;
  if (missing > 0 && column.can_fill) {
    notices.push_back(fmt::format("{}: {} missing values are replaced by the mean{}", head.title(position), missing,
                                  column.has_missing_feature ? " and marked by a feature of their own" : ""));
  }
}

const char* policy_name(MissingPolicy policy) {
  return policy == MissingPolicy::kError ? "error" : policy == MissingPolicy::kMean ? "mean" : "category";
}

void check_policy(MissingPolicy asked, const Schema& schema, const std::string& file) {
  if (asked == MissingPolicy::kError || asked == schema.missing) return;
  throw Error(ErrorKind::kUsage,
              fmt::format("--missing {}, and the model was trained with --missing {}", policy_name(asked),
                          policy_name(schema.missing)),
              "what the model was trained with", "leave it out, or train again with it", {file});
}

}  // namespace

bool correct_modes(const ParsedTable& parsed, const TableRoles& roles, std::vector<CellMode>& feature_modes) {
  bool held = true;
  for (const Index column : roles.features) {
    const CellMode right = text_share(parsed, column) > kTextShare ? CellMode::kText : CellMode::kNumber;
    if (right == feature_modes[at(column)]) continue;
    feature_modes[at(column)] = right;
    held = false;
  }
  return held;
}

TableColumns infer_columns(const TableHead& head, const ParsedTable& parsed, const TableRoles& roles,
                           const ReadOptions& options) {
  TableColumns result;
  std::vector<std::string> categorical;
  for (const Index position : roles.features) {
    Column column;
    column.name = head.names[at(position)];
    column.position = position;
    const std::string reason = reason_to_leave_out(parsed, position, head.title(position));
    if (!reason.empty()) {
      result.notices.push_back(reason);
      continue;
    }
    ColumnSource source{parsed.slots[at(position)], {}};
    if (parsed.modes[at(position)] == CellMode::kNumber) {
      infer_number(head, parsed, position, options, column, result.notices);
    } else {
      column.kind = ColumnKind::kCategorical;
      find_categories(head, position, parsed.texts[at(source.slot)], options, column, source, result.notices);
      const std::size_t count = column.categories.size();
      if (!note_look(head.title(position), parsed.texts[at(source.slot)], count, result.notices)) {
        categorical.push_back(fmt::format("{} ({})", head.title(position), count));
      }
    }
    result.missing.push_back(count_missing(parsed, position));
    result.columns.push_back(std::move(column));
    result.sources.push_back(std::move(source));
  }
  if (result.columns.empty()) {
    std::string why;
    for (const std::string& notice : result.notices) why += (why.empty() ? ": " : "; ") + notice;
    throw Error(ErrorKind::kData, "no column is left for features" + why, "at least one", {}, {head.text.file});
  }
  note_categories(categorical, result.notices);
  for (const Index position : counting_columns(parsed, roles.features)) {
    const std::string& name = head.names[at(position)];
    result.notices.push_back(fmt::format("{} counts the rows; --ignore {}?", head.title(position),
                                         head.has_header ? name : std::to_string(position)));
  }
  if (options.inspecting && options.missing == MissingPolicy::kError) note_missing(result);
  return result;
}

TableColumns match_columns(const TableHead& head, const ParsedTable& parsed, const TableRoles& roles,
                           const ReadOptions& options, const Schema& schema) {
  check_policy(options.missing, schema, head.text.file);
  TableColumns result;
  result.columns = schema.columns;
  for (std::size_t k = 0; k < schema.columns.size(); ++k) {
    const Column& column = schema.columns[k];
    const Index position = roles.features[k];
    ColumnSource source{parsed.slots[at(position)], {}};
    if (column.kind == ColumnKind::kNumeric) {
      check_numbers(head, parsed, position, column.can_fill ? Gaps::kFilled : Gaps::kModel);
    } else {
      match_categories(head, parsed.texts[at(source.slot)], position, column, options.unknown_category_is_zero, source,
                       result.notices);
    }
    result.sources.push_back(std::move(source));
  }
  return result;
}

}  // namespace poise
