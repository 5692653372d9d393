// A fingerprint of rows that does not depend on their order.
#pragma once

#include <cstdint>
#include <string>

#include "poise/dataset.h"

namespace poise::inline data {

/// 32 hexadecimal digits: the sum of the hashes of all rows, each with its numbers, label or target, and weight, and of
/// the class names. Rows in another order give the same, for any number of threads and whatever type holds the numbers;
/// rows that are sparse and rows that are dense do not. Not meant to withstand an adversary.
std::string fingerprint_of_row_set(const Dataset& data);

/// The same of rows that were split into two, with one schema.
std::string fingerprint_of_row_set(const Dataset& part, const Dataset& rest);

/// Hashes of the features of rows [first, first + rows), whatever type holds their numbers; −0 is 0.
void hash_features(const Features& x, Index first, Index rows, std::uint64_t* to);

}  // namespace poise::inline data
