// What training has left in a model's metadata, read back with care: the file may have been changed since.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/fields.h"
#include "poise/dataset.h"

namespace poise::inline network {

using Metadata = std::map<std::string, std::string>;

/// The finite number recorded under the name of `field`; empty if there is none. Throws Error(kData) if it is no such
/// number or not one that `field` allows.
std::optional<double> recorded_number(const Metadata& metadata, const Field& field);

/// The whole number from 0 under the name of `field`, which is there. Throws Error(kData) if it is no such number.
std::uint64_t recorded_seed(const Metadata& metadata, const Field& field);

/// What is recorded under `key`; empty if nothing is.
std::string recorded_text(const Metadata& metadata, const std::string& key);

/// What the penalty counts as 1 of each of `features` features, in original units: standard deviations, or one unit for
/// all. Nothing of models that do not say. Throws Error(kData) if it cannot be read.
std::optional<Vector> recorded_units(const Metadata& metadata, Index features);
/// The text that reads back as these numbers, to nine digits.
std::string units_as_text(const Vector& units);

/// Whether `key` says "true"; false if it is not there.
bool recorded_flag(const Metadata& metadata, const std::string& key);

/// Throws Error(kData): what stands under `key` is not what was expected.
[[noreturn]] void refuse_recorded(const Metadata& metadata, const std::string& key, const std::string& expected);

}  // namespace poise::inline network
