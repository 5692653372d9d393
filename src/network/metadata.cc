#include "network/metadata.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "poise/error.h"

namespace poise::inline network {

void refuse_recorded(const Metadata& metadata, const std::string& key, const std::string& expected) {
  throw Error(ErrorKind::kData, fmt::format("the model's '{}' is '{}'", key, recorded_text(metadata, key)), expected,
              "the file was changed after Poise wrote it");
}

std::optional<double> recorded_number(const Metadata& metadata, const Field& field) {
  const auto found = metadata.find(field.name);
  if (found == metadata.end()) return std::nullopt;
  const std::string& text = found->second;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool whole = !text.empty() && end == text.c_str() + text.size();
  if (!whole || !field.allows(value)) refuse_recorded(metadata, field.name, field.range.text(false));
  return value;
}

std::uint64_t recorded_seed(const Metadata& metadata, const Field& field) {
  const std::string& text = metadata.at(field.name);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, fault] = std::from_chars(text.data(), end, value);
  if (fault != std::errc() || at != end) refuse_recorded(metadata, field.name, "a whole number from 0");
  return value;
}

std::string recorded_text(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string() : found->second;
}

std::optional<Vector> recorded_units(const Metadata& metadata, Index features) {
  const std::string text = recorded_text(metadata, "feature_units");
  if (text.empty()) {
    const std::optional<double> unit = recorded_number(metadata, Group{}("unit", "").within(at_least(0)));
    if (!unit || recorded_text(metadata, "scale") != "none") return std::nullopt;
    return Vector::Constant(features, *unit);
  }
  Vector units(features);
  const char* at = text.c_str();
  for (Index j = 0; j < features; ++j) {
    char* end = nullptr;
    units[j] = std::strtod(at, &end);
    if (end == at || !std::isfinite(units[j])) {
      throw Error(ErrorKind::kData, "the model's 'feature_units' cannot be read", fmt::format("{} numbers", features),
                  "the file was changed after Poise wrote it");
    }
    at = end;
  }
  return units;
}

std::string units_as_text(const Vector& units) {
  std::string text;
  for (const double unit : units) text += fmt::format("{}{:.9g}", text.empty() ? "" : " ", unit);
  return text;
}

bool recorded_flag(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found != metadata.end() && found->second == "true";
}

}  // namespace poise::inline network
