#include "data/table_cells.h"

#include <fmt/core.h>

#include "data/text_look.h"
#include "poise/error.h"

namespace poise {
namespace {

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
  const Index slot = parsed.slots[static_cast<std::size_t>(column)];
  const OddCells& odd = parsed.odd[static_cast<std::size_t>(slot)];
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

}  // namespace poise
