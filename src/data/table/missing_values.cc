#include "data/table/missing_values.h"

#include "data/bytes/number.h"

namespace poise::inline data {

// The most frequent ones first: a list is searched from its beginning.
MissingValues::MissingValues(const std::optional<std::vector<std::string>>& given) {
  if (given) {
    everywhere_ = *given;
    for (const std::string& text : everywhere_) {
      double value = 0;
      if (parse_number(text, value) == NumberStatus::kNumber) numbers_.push_back(value);
    }
    return;
  }
  // "-nan" is what printf makes of some NaNs, "\N" what MySQL writes.
  everywhere_ = {"NA",   "?",    "NaN", "nan",  "NULL", "null", "N/A",  "n/a",
                 "<NA>", "#N/A", "na",  "Null", "\\N",  "NAN",  "-nan", "-NaN"};
  beside_numbers_ = {"-", ".", "None", "none", "unknown", "Unknown"};
}

}  // namespace poise::inline data
