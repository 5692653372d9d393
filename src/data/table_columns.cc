#include "data/table_columns.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "data/classes.h"
#include "data/number.h"
#include "data/table_notes.h"
#include "data/text_look.h"

namespace poise {
namespace {

constexpr std::size_t kManyCategories = 1000;

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

[[noreturn]] void fail_cell(const TableHead& head, Index column, const char* place, const std::string& what,
                            const std::string& expected, const std::string& hint) {
  throw Error(ErrorKind::kData, fmt::format("{} holds {}", head.title(column), what), expected, hint,
              head.text.where(place, column + 1));
}

const char* missing_hint(Gaps gaps) {
  switch (gaps) {
    case Gaps::kTraining:
      return "--missing mean or --missing category goes on without it";
    case Gaps::kModel:
      return "the model was trained without --missing: fill the value in, or train again with --missing mean or "
             "category";
    case Gaps::kWeight:
      return "the weight 0 leaves a row out";
    case Gaps::kFilled:
      break;
  }
  return "";
}

/// What to do about a cell that is no finite number and may stand for a missing one.
const char* no_number_hint(Gaps gaps) {
  if (gaps == Gaps::kFilled) return "write ? or NA for a missing value";
  return gaps == Gaps::kTraining
             ? "if it stands for a missing value, write ? or NA and choose --missing mean or category"
             : "";
}

[[noreturn]] void fail_missing(const TableHead& head, Index column, const char* place, Gaps gaps) {
  const std::string cell = cell_at(head.text, place);
  fail_cell(head, column, place, cell.empty() ? "an empty cell" : fmt::format("the missing value '{}'", cell),
            "a value in every row", missing_hint(gaps));
}

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

/// Fills the categories of a text column and the map to them. A literal `?` is a category of its own unless missing
/// values are to be replaced by the most frequent category.
class CategoryFinder {
 public:
  CategoryFinder(const TableHead& head, Index position, const TextColumn& texts, const ReadOptions& options)
      : head_(head), position_(position), texts_(texts), policy_(options.missing), inspecting_(options.inspecting) {}

  void run(Column& column, ColumnSource& source, std::vector<std::string>& notices) {
    for (const Dictionary::Entry& entry : texts_.entries) {
      const bool own = policy_ == MissingPolicy::kError ? entry.text == kMissingCategory : false;
      if (is_missing(entry.text) && !own) {
        missing_ += entry.count;
        if (first_missing_ == nullptr) first_missing_ = entry.first;
      } else {
        counts_[std::string(entry.text)] += entry.count;
      }
    }
    settle_missing();
    for (const auto& [name, count] : counts_) column.categories.push_back(name);
    column.can_fill = policy_ != MissingPolicy::kError && !counts_.empty();
    if (column.can_fill) column.fill = static_cast<double>(position_of(column, fill_name()));
    map_entries(column, source);
    add_notices(column, notices);
  }

 private:
  void settle_missing() {
    if (missing_ == 0) return;
    if (policy_ == MissingPolicy::kError && !inspecting_)
      fail_missing(head_, position_, first_missing_, Gaps::kTraining);
    if (policy_ == MissingPolicy::kCategory) counts_[kMissingCategory] += missing_;
  }

  std::string fill_name() const {
    if (policy_ == MissingPolicy::kCategory && counts_.count(kMissingCategory) > 0) return kMissingCategory;
    const auto less = [](const auto& a, const auto& b) { return a.second < b.second; };
    return std::max_element(counts_.begin(), counts_.end(), less)->first;
  }

  static Index position_of(const Column& column, const std::string& name) {
    const auto found = std::lower_bound(column.categories.begin(), column.categories.end(), name);
    return found != column.categories.end() && *found == name ? found - column.categories.begin() : -1;
  }

  void map_entries(const Column& column, ColumnSource& source) const {
    for (const Dictionary::Entry& entry : texts_.entries) {
      Index category = position_of(column, std::string(entry.text));
      if (category < 0 && column.can_fill) category = static_cast<Index>(column.fill);  // it is a missing one
      source.category_of.push_back(static_cast<std::int32_t>(category));
    }
  }

  void add_notices(const Column& column, std::vector<std::string>& notices) const {
    const auto own = counts_.find(kMissingCategory);
    if (own != counts_.end()) {
      notices.push_back(fmt::format("{}: {} missing values are the category '?'", head_.title(position_), own->second));
    } else if (missing_ > 0 && column.can_fill) {
      notices.push_back(fmt::format("{}: {} missing values are replaced by the most frequent category '{}'",
                                    head_.title(position_), missing_,
                                    column.categories[at(static_cast<Index>(column.fill))]));
    }
    if (column.categories.size() > kManyCategories) {
      notices.push_back(
          fmt::format("{} has {} categories, a feature each; is it text or an identifier? "
                      "--ignore leaves it out",
                      head_.title(position_), column.categories.size()));
    }
  }

  const TableHead& head_;
  Index position_;
  const TextColumn& texts_;
  MissingPolicy policy_;
  bool inspecting_;
  std::map<std::string, Index> counts_;
  Index missing_ = 0;
  const char* first_missing_ = nullptr;
};

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

/// The categories of a text column by a trained model's; what is unknown is an error, or zeros.
void match_categories(const TableHead& head, const TextColumn& texts, Index position, const Column& column,
                      bool unknown_is_zero, ColumnSource& source, std::vector<std::string>& notices) {
  Index unknown = 0;
  for (const Dictionary::Entry& entry : texts.entries) {
    const auto found = std::lower_bound(column.categories.begin(), column.categories.end(), entry.text);
    Index category = -1;
    if (found != column.categories.end() && *found == entry.text) {
      category = found - column.categories.begin();
    } else if (is_missing(entry.text)) {
      if (!column.can_fill) fail_missing(head, position, entry.first, Gaps::kModel);
      category = static_cast<Index>(column.fill);
    } else if (unknown_is_zero) {
      unknown += entry.count;
    } else {
      fail_cell(head, position, entry.first, fmt::format("the category '{}', unseen in training", entry.text),
                "one of " + list_names(column.categories), "--unknown-category zero gives it the weight 0");
    }
    source.category_of.push_back(static_cast<std::int32_t>(category));
  }
  if (unknown > 0) {
    notices.push_back(
        fmt::format("{}: {} values of categories unseen in training count as none", head.title(position), unknown));
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

void check_numbers(const TableHead& head, const ParsedTable& parsed, Index column, Gaps gaps) {
  const OddCells& odd = parsed.odd[at(parsed.slots[at(column)])];
  if (odd.first_infinite != nullptr) {
    const std::string cell = cell_at(head.text, odd.first_infinite);
    const bool digits = cell.find_first_of("0123456789") != std::string::npos;
    fail_cell(head, column, odd.first_infinite, fmt::format("'{}'", cell),
              digits ? "finite numbers; this one is too large for float64, which ends at 1.8e308" : "finite numbers",
              digits ? "" : no_number_hint(gaps));
  }
  if (odd.first_text != nullptr) {
    const std::string cell = cell_at(head.text, odd.first_text);
    const bool comma =
        cell.find(',') != std::string::npos && cell.find_first_not_of("+-0123456789,") == std::string::npos;
    fail_cell(head, column, odd.first_text, fmt::format("'{}'", cell), "a number, as in the other rows",
              may_have_thousands(cell)
                  ? "if the commas set off thousands, remove them; decimal commas are not understood"
              : comma ? "decimal commas are not understood; write a point"
                      : no_number_hint(gaps));
  }
  if (gaps != Gaps::kFilled && odd.first_missing != nullptr) fail_missing(head, column, odd.first_missing, gaps);
}

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
      CategoryFinder(head, position, parsed.texts[at(source.slot)], options).run(column, source, result.notices);
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
