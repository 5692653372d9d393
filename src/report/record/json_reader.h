// JSON that may lack anything: what is not there, or of another type, is NaN, 0 or empty.
#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "poise/estimate.h"

namespace poise::report {

/// Null if it is not there, or if `object` is none.
inline const nlohmann::json& member(const nlohmann::json& object, const char* key) {
  static const nlohmann::json null;
  if (!object.is_object()) return null;
  const auto found = object.find(key);
  return found == object.end() ? null : *found;
}

inline double number_in(const nlohmann::json& object, const char* key) {
  const nlohmann::json& found = member(object, key);
  return found.is_number() ? found.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

template <typename Whole>
Whole whole_in(const nlohmann::json& object, const char* key) {
  const nlohmann::json& found = member(object, key);
  return found.is_number_integer() ? found.get<Whole>() : Whole{0};
}

inline std::string text_in(const nlohmann::json& object, const char* key) {
  const nlohmann::json& found = member(object, key);
  return found.is_string() ? found.get<std::string>() : std::string();
}

inline bool flag_in(const nlohmann::json& object, const char* key) {
  const nlohmann::json& found = member(object, key);
  return found.is_boolean() && found.get<bool>();
}

/// Calls visit(each) for the members of an array.
template <typename Visit>
void for_each_in(const nlohmann::json& object, const char* key, const Visit& visit) {
  const nlohmann::json& found = member(object, key);
  if (!found.is_array()) return;
  for (const nlohmann::json& each : found) visit(each);
}

}  // namespace poise::report
