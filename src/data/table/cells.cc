#include "data/table/cells.h"

#include <fmt/core.h>

#include "data/bytes/written_number.h"
#include "poise/error.h"

namespace poise::inline data {
namespace {

bool is_filled(Gaps gaps) { return gaps == Gaps::kFilled || gaps == Gaps::kFilledByModel; }

const char* missing_hint(Gaps gaps) {
  switch (gaps) {
    case Gaps::kTraining:
      return "leave out --missing error: missing values are then marked and filled in";
    case Gaps::kModel:
      return "the model was trained with --missing error: fill the value in, or train again without it";
    case Gaps::kWeight:
      return "the weight 0 leaves a row out";
    case Gaps::kFilled:
    case Gaps::kFilledByModel:
      break;
  }
  return "";
}

/// What to do about a cell that is no number, and may stand for a missing one.
std::string no_number_hint(const TableHead& head, Index column, Gaps gaps) {
  if (gaps == Gaps::kFilledByModel) return "write ? or NA for a missing value";
  if (gaps != Gaps::kFilled && gaps != Gaps::kTraining) return "";
  return fmt::format(
      "--categorical {} takes the column for text; if the cell stands for a missing value, name all such "
      "texts with --missing-values",
      head.option_word(column));
}

/// Decimal commas where a model reads points, or the other way round.
std::string decimal_hint(const std::string& cell) {
  const std::optional<NumberParts> parts = take_apart(cell);
  std::string plain;
  bool grouped = false;
  if (!parts) return {};
  if (plain_digits(parts->digits, ',', plain, grouped) && cell.find(',') != std::string::npos) {
    return "if the comma is the decimal mark here: --decimal ,";
  }
  if (plain_digits(parts->digits, '.', plain, grouped)) {
    const bool plain_number = parts->before.empty() && parts->after.empty();
    return std::string("the model reads the column's numbers as they were written in training: write it that way") +
           (plain_number ? ", or say --decimal ." : "");
  }
  return {};
}

}  // namespace

void fail_cell(const TableHead& head, Index column, const char* place, const std::string& what,
               const std::string& expected, const std::string& hint) {
  throw Error(ErrorKind::kData, fmt::format("{} holds {}", head.title(column), what), expected, hint,
              head.text.where(place, column + 1));
}

void fail_missing(const TableHead& head, Index column, const char* place, Gaps gaps) {
  const std::string cell = cell_at(head.text, place);
  fail_cell(head, column, place, cell.empty() ? "an empty cell" : fmt::format("the missing value '{}'", cell),
            "a value in every row", missing_hint(gaps));
}

void check_numbers(const TableHead& head, const ParsedTable& parsed, Index column, Gaps gaps) {
  const Index slot = parsed.slots[column];
  const OddCells& odd = parsed.odd[slot];
  if (odd.first_infinite != nullptr) {
    const std::string cell = cell_at(head.text, odd.first_infinite);
    const bool digits = cell.find_first_of("0123456789") != std::string::npos;
    fail_cell(head, column, odd.first_infinite, fmt::format("'{}'", cell),
              digits ? "finite numbers; this one is too large for float64, which ends at 1.8e308" : "finite numbers",
              digits                  ? ""
              : gaps == Gaps::kFilled ? fmt::format("--missing-values {} takes it for a missing value", cell)
                                      : no_number_hint(head, column, gaps));
  }
  if (odd.first_text != nullptr) {
    const std::string cell = cell_at(head.text, odd.first_text);
    const bool model = gaps == Gaps::kFilledByModel || gaps == Gaps::kModel;
    const std::string by_decimal = model ? decimal_hint(cell) : "";
    fail_cell(head, column, odd.first_text, fmt::format("'{}'", cell), "a number, as in the other rows",
              by_decimal.empty() ? no_number_hint(head, column, gaps) : by_decimal);
  }
  if (!is_filled(gaps) && odd.first_missing != nullptr) fail_missing(head, column, odd.first_missing, gaps);
}

}  // namespace poise::inline data
