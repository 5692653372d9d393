// Options as JSON, under the names and in the words of the command line.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "poise/class_weight.h"

namespace poise::inline run {

/// Null for what is not given.
template <typename T>
nlohmann::json option_json(const T& value) {
  if constexpr (NamedEnum<T>) {
    return name_of(value);
  } else if constexpr (std::same_as<T, char>) {
    return value == 0 ? nlohmann::json() : nlohmann::json(std::string(1, value));
  } else if constexpr (requires { value.has_value(); }) {
    return value ? option_json(*value) : nlohmann::json();
  } else if constexpr (std::same_as<T, std::vector<ClassWeight>>) {
    return to_text(value);
  } else if constexpr (requires(typename T::value_type each) { requires NamedEnum<decltype(each)>; }) {
    nlohmann::json names = nlohmann::json::array();
    for (const auto each : value) names.push_back(name_of(each));
    return names;
  } else {
    return value;
  }
}

template <typename Options>
nlohmann::json options_json(const Options& options) {
  nlohmann::json all;
  fields(options, [&](const Field& field, const auto& value) { all[field.name] = option_json(value); });
  return all;
}

}  // namespace poise::inline run
