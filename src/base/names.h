// Names of enumerators. They stand once: what prints them and what reads them have the same table.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace poise::inline base {

template <typename Enum>
struct Named {
  Enum value;
  const char* name;
};

/// An enum with a table beside it: `names_of(Enum)` gives one entry an enumerator.
template <typename T>
concept NamedEnum = std::is_enum_v<T> && requires(T value) { names_of(value); };

/// Empty for a number that is no enumerator.
template <NamedEnum Enum>
const char* name_of(Enum value) {
  for (const Named<Enum>& each : names_of(value)) {
    if (each.value == value) return each.name;
  }
  return "";
}

template <NamedEnum Enum>
std::optional<Enum> value_named(std::string_view name) {
  for (const Named<Enum>& each : names_of(Enum{})) {
    if (each.name == name) return each.value;
  }
  return std::nullopt;
}

template <NamedEnum Enum>
std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const Named<Enum>& each : names_of(Enum{})) names.emplace_back(each.name);
  return names;
}

/// "'a', 'b' or 'c'"
std::string alternatives(const std::vector<std::string>& names);

}  // namespace poise::inline base
