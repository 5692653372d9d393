// Numbers as people write them: "$1,234.50", "45.3%", "€ 40", "3,14", "41 kg", "1'234".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "data/bytes/number.h"
#include "poise/schema.h"

namespace poise::inline data {

/// A cell taken apart: sign, currency, digits (with marks among them, and perhaps an exponent), unit.
struct NumberParts {
  bool negative = false;
  std::string_view before, digits, after;
};

/// Nothing if the cell is no number of any such form. (The marks among the digits may still make no sense.)
std::optional<NumberParts> take_apart(std::string_view cell);

/// Digits and marks as plain digits with at most one point. False if they make no number with this decimal mark:
/// groups have three digits ("12,34,567", as in India, is understood), and there is one kind of mark between them.
/// `grouped` becomes whether there are groups.
bool plain_digits(std::string_view digits, char decimal, std::string& plain, bool& grouped);

/// Whether a unit is a factor ("k", "M"): then a number without it is of another size.
bool is_factor(std::string_view unit);

/// What a whole cell is in a column of this form; `value` is set for kNumber, to the nearest double.
NumberStatus parse_written(std::string_view cell, const NumberForm& form, double& value);

}  // namespace poise::inline data
