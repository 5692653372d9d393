#include "data/table/columns.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/index.h"
#include "data/bytes/number.h"
#include "data/bytes/written_number.h"
#include "data/fields.h"
#include "data/table/categories.h"
#include "data/table/cells.h"
#include "data/table/identifiers.h"
#include "data/table/notes.h"
#include "data/table/text_look.h"
#include "poise/error.h"

namespace poise::inline data {
namespace {

constexpr std::size_t kManyCategories = 1000;

/// Why a column is left out; `kind` is kCategories where it is not.
struct Reason {
  ColumnNote kind = ColumnNote::kCategories;
  std::string detail;

  bool leaves_out() const { return kind != ColumnNote::kCategories; }
  bool of_numbering() const { return kind == ColumnNote::kNumbering || kind == ColumnNote::kUnnamed; }
};

/// Makes the columns of a training file, one after the other.
class ColumnInference {
 public:
  ColumnInference(const TableHead& head, const ParsedTable& parsed, const TableReading& reading,
                  const TableRoles& roles, const ReadOptions& options)
      : head_(head), parsed_(parsed), reading_(reading), roles_(roles), options_(options), notes_(head) {}

  TableColumns run() {
    const std::vector<Reason> reasons = find_reasons();
    for (std::size_t k = 0; k < roles_.features.size(); ++k) {
      if (reasons[k].leaves_out()) {
        notes_.add(reasons[k].kind, roles_.features[k], reasons[k].detail);
      } else if (is_number(roles_.features[k])) {
        add_number(roles_.features[k]);
      } else {
        add_text(roles_.features[k]);
      }
    }
    notes_.set_fate(fate());
    result_.notices = notes_.sentences();
    if (result_.columns.empty()) fail_empty();
    return std::move(result_);
  }

 private:
  bool is_number(Index position) const { return parsed_.modes[position] == CellMode::kNumber; }
  MissingPolicy policy() const { return options_.missing.value_or(MissingPolicy::kCategory); }

  std::vector<Reason> find_reasons() const {
    std::vector<Index> free;
    for (const Index position : roles_.features) {
      if (!roles_.forced(position)) free.push_back(position);
    }
    const std::map<Index, std::string> numbering = numbering_columns(head_, parsed_, free);
    std::vector<Reason> reasons;
    for (const Index position : roles_.features) {
      const auto found = numbering.find(position);
      reasons.push_back(reason_for(position, found == numbering.end() ? "" : found->second));
    }
    // Where nothing else is there, row numbers may be what is meant.
    if (std::ranges::all_of(reasons, &Reason::leaves_out)) {
      for (Reason& reason : reasons) reason = reason.of_numbering() ? Reason{} : reason;
    }
    return reasons;
  }

  Reason reason_for(Index position, const std::string& numbering) const {
    const Index slot = parsed_.slots[position];
    if (is_number(position) && parsed_.odd[slot].missing == parsed_.rows()) return {ColumnNote::kEmpty, {}};
    if (roles_.forced(position)) return {};
    const bool first = position == 0 || head_.names[position].starts_with("Unnamed: 0");
    if (head_.unnamed[position] && first) return {ColumnNote::kUnnamed, {}};
    if (!numbering.empty()) return {ColumnNote::kNumbering, numbering};
    if (is_number(position)) return {};
    const std::string identifying = identifying_text(parsed_.texts[slot], parsed_.rows());
    if (identifying.empty()) return {};
    const std::string date = example_of_dates(parsed_.texts[slot], head_.missing);
    if (date.empty()) return {ColumnNote::kIdentifier, identifying};
    return {ColumnNote::kDifferentDates, fmt::format("such as '{}', {}", date, identifying)};
  }

  Column new_column(Index position) const {
    Column column;
    column.name = head_.names[position];
    column.position = position;
    return column;
  }

  void add_number(Index position) {
    Column column = new_column(position);
    const Index slot = parsed_.slots[position], missing = parsed_.odd[slot].missing;
    const bool refused = policy() == MissingPolicy::kError && !options_.inspecting;
    check_numbers(head_, parsed_, position, refused ? Gaps::kTraining : Gaps::kFilled);
    const ColumnReading& reading = reading_.columns[position];
    column.form = reading.form;
    column.can_fill = policy() != MissingPolicy::kError;  // by the mean, which is known later
    column.has_missing_feature = policy() == MissingPolicy::kCategory && missing > 0;
    note_number(position, reading);
    add(position, std::move(column), {slot, {}}, missing);
  }

  void note_number(Index position, const ColumnReading& reading) {
    double value = 0;
    if (!reading.example.empty() && parse_written(reading.example, reading.form, value) == NumberStatus::kNumber) {
      notes_.add(ColumnNote::kWritten, position, fmt::format("'{}' is {}", reading.example, number_text(value)));
    }
    const std::string& zeros = head_.looks[position].example_with_zeros();
    const bool forced = std::ranges::count(roles_.numeric, position) > 0;
    if (!zeros.empty() && !forced) notes_.add(ColumnNote::kLeadingZeros, position, fmt::format("'{}'", zeros));
  }

  void add_text(Index position) {
    Column column = new_column(position);
    column.kind = ColumnKind::kCategorical;
    ColumnSource source{parsed_.slots[position], {}};
    const TextColumn& texts = parsed_.texts[source.slot];
    const FoundCategories found = find_categories(head_, position, texts, options_, column, source);
    const std::size_t count = column.categories.size();
    if (count == 0) {
      const bool empty = found.rare == 0;
      notes_.add(empty ? ColumnNote::kEmpty : ColumnNote::kIdentifier, position,
                 empty ? "" : fmt::format("{} different strings, each in few rows", found.rare));
      return;
    }
    if (found.rare > 0) {
      notes_.add(ColumnNote::kRare, position, fmt::format("{} of {}", found.rare, found.rare + count));
    }
    note_text(position, texts, count);
    add(position, std::move(column), std::move(source), found.missing);
  }

  void note_text(Index position, const TextColumn& texts, std::size_t categories) {
    const std::string date = example_of_dates(texts, head_.missing);
    if (!date.empty()) {
      notes_.add(ColumnNote::kDates, position, fmt::format("such as '{}', {} categories", date, categories));
    } else if (categories > kManyCategories) {
      notes_.add(ColumnNote::kMany, position, fmt::format("{} categories", categories));
    } else {
      notes_.add(ColumnNote::kCategories, position, std::to_string(categories));
    }
  }

  void add(Index position, Column column, ColumnSource source, Index missing) {
    const bool refused =
        policy() == MissingPolicy::kError && std::ranges::count(column.categories, kMissingCategory) == 0;
    if (missing > 0) {
      (column.kind == ColumnKind::kCategorical ? filled_categories_ : filled_numbers_) = true;
      notes_.add(refused ? ColumnNote::kRefused : ColumnNote::kFilled, position, std::to_string(missing), missing);
    }
    result_.missing.push_back(missing);
    result_.columns.push_back(std::move(column));
    result_.sources.push_back(std::move(source));
  }

  /// What becomes of missing values.
  std::string fate() const {
    switch (policy()) {
      case MissingPolicy::kError:
        return "the text ? is a category of its own";
      case MissingPolicy::kMean:
        return of_filled("numbers take the mean of their column", "categories take the most frequent of their column");
      case MissingPolicy::kCategory:
        break;
    }
    return of_filled("numbers take the mean of their column and a feature that marks them",
                     "categories are the category '?'") +
           "; --missing error refuses them";
  }

  /// What is true of the kinds of columns that have missing values.
  std::string of_filled(const char* numbers, const char* categories) const {
    if (!filled_categories_) return numbers;
    return filled_numbers_ ? fmt::format("{}, {}", numbers, categories) : categories;
  }

  [[noreturn]] void fail_empty() const {
    std::string why;
    for (const std::string& notice : result_.notices) why += (why.empty() ? ": " : "; ") + notice;
    throw Error(ErrorKind::kData, "no column is left for features" + why, "at least one", {}, {head_.text.file});
  }

  const TableHead& head_;
  const ParsedTable& parsed_;
  const TableReading& reading_;
  const TableRoles& roles_;
  const ReadOptions& options_;
  ColumnNotes notes_;
  bool filled_numbers_ = false, filled_categories_ = false;
  TableColumns result_;
};

void check_policy(const std::optional<MissingPolicy>& asked, const Schema& schema, const std::string& file) {
  if (!asked || *asked == schema.missing) return;
  throw Error(ErrorKind::kUsage,
              fmt::format("--missing {}, and the model was trained with --missing {}", name_of(*asked),
                          name_of(schema.missing)),
              "what the model was trained with", "leave it out, or train again with it", {file});
}

}  // namespace

TableColumns infer_columns(const TableHead& head, const ParsedTable& parsed, const TableReading& reading,
                           const TableRoles& roles, const ReadOptions& options) {
  return ColumnInference(head, parsed, reading, roles, options).run();
}

TableColumns match_columns(const TableHead& head, const ParsedTable& parsed, const TableRoles& roles,
                           const ReadOptions& options, const Schema& schema) {
  check_policy(options.missing, schema, head.text.file);
  TableColumns result;
  ColumnNotes notes(head);
  result.columns = schema.columns;
  for (std::size_t k = 0; k < schema.columns.size(); ++k) {
    const Column& column = schema.columns[k];
    const Index position = roles.features[k];
    ColumnSource source{parsed.slots[position], {}};
    Index missing = 0;
    if (column.kind == ColumnKind::kNumeric) {
      check_numbers(head, parsed, position, column.can_fill ? Gaps::kFilledByModel : Gaps::kModel);
      missing = parsed.odd[source.slot].missing;
    } else {
      missing = match_categories(head, parsed.texts[source.slot], position, column,
                                 options.unknown_category == UnknownCategory::kNone, source, notes);
    }
    if (missing > 0) notes.add(ColumnNote::kFilled, position, std::to_string(missing), missing);
    result.sources.push_back(std::move(source));
  }
  notes.set_fate("filled in as in training");
  result.notices = notes.sentences();
  return result;
}

}  // namespace poise::inline data
