// Text columns that are numbers or dates in disguise.
#pragma once

#include <string>

#include "data/table_parse.h"

namespace poise {

/// What the cells of a text column look like, if it is nearly all of them (those that are missing aside).
enum class TextLook {
  kOther,
  kDecimalComma,  ///< "3,14", "-1.234,5": digits, at most one comma; points may set off thousands
  kThousands,     ///< "1,200", "1,234,567": exactly three digits behind every comma, in every cell with one
  kDate           ///< "2024-02-29", "29.2.2024", "2/29/24", with or without a time behind it
};

TextLook look_of(std::string_view cell);  ///< of one cell; "1,200" alone is a kDecimalComma
/// "1,200" or "-1,234,567.8": commas that may set off thousands.
bool may_have_thousands(std::string_view cell);
TextLook look_of(const TextColumn& column);

/// "numbers with decimal commas, such as '3,14'": the look, with the column's first cell that has it.
std::string describe(TextLook look, const TextColumn& column);

/// What to do about it.
const char* hint_at(TextLook look);

}  // namespace poise
