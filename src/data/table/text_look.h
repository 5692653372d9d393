// Text columns that are dates in disguise.
#pragma once

#include <string>
#include <string_view>

#include "data/table/missing_values.h"
#include "data/table/parse.h"

namespace poise::inline data {

/// "2024-02-29", "29.2.2024", "2/29/24", with or without a time behind it.
bool is_date(std::string_view cell);

/// The first date of a column in which nearly all cells are dates (those that are missing aside); empty for others.
std::string example_of_dates(const TextColumn& column, const MissingValues& missing);

}  // namespace poise::inline data
