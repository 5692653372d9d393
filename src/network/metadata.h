// What training has left in a model's metadata, read back with care: the file may have been changed since.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace poise {

using Metadata = std::map<std::string, std::string>;

/// The finite number recorded under `key`; empty if there is none. Throws Error(kData) if it is no such number or not
/// in [low, high].
std::optional<double> recorded_number(const Metadata& metadata, const std::string& key, double low, double high);

/// What is recorded under `key`; empty if nothing is.
std::string recorded_text(const Metadata& metadata, const std::string& key);

/// Whether `key` says "true"; false if it is not there.
bool recorded_flag(const Metadata& metadata, const std::string& key);

}  // namespace poise
