// Options of the command line, made from the description of the library's (base/fields.h): name, value, range, help.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "cli/checks.h"
#include "cli/lists.h"

namespace poise::cli {

inline constexpr const char* kForExperiments = "For experiments";  ///< the heading that plain --help leaves out
inline constexpr const char* kRunning = "Running and writing";

/// "--label-smoothing" for "label_smoothing".
std::string option_name(std::string_view field);
std::string heading_of(const Field& field);
/// The field's help with `names` as --names, its unit, and its default: "wanted gap (nats; default 1e-08)".
std::string help_of(const Field& field, const std::string& value);

/// A value as it is typed; empty for what is not given.
template <typename T>
std::string typed(const T& value) {
  if constexpr (NamedEnum<T>) {
    return name_of(value);
  } else if constexpr (Number<T>) {
    return std::is_integral_v<T> ? fmt::format("{}", value) : fmt::format("{:g}", static_cast<double>(value));
  } else if constexpr (std::same_as<T, char>) {
    return value == 0 ? "" : std::string(1, value);
  } else if constexpr (std::same_as<T, std::string>) {
    return value;
  } else if constexpr (requires { value.has_value(); }) {
    return value ? typed(*value) : "";
  } else if constexpr (requires { value.begin(); }) {
    std::string list;
    for (const auto& each : value) {
      if (!list.empty()) list += ',';
      list += typed(each);
    }
    return list;
  } else {
    return {};
  }
}

// Kinds of values that CLI11 does not know by itself.
/// "2G", "1.5T", "500MiB" or a number: turned into bytes, of which there are at least range.low. K is 1024.
CLI::Validator size_in_bytes(const Range& range);
CLI::Option* add_character(CLI::App& verb, const Field& field, const std::string& help, bool or_none,
                           const std::function<void(char)>& set);
CLI::Option* add_list_or_none(CLI::App& verb, const Field& field, const std::string& help,
                              const std::function<void(std::vector<std::string>)>& set);

template <typename T>
struct OneOf {
  using Type = T;
};
template <typename T>
  requires requires { typename T::value_type; } && (!std::same_as<T, std::string>)
struct OneOf<T> {
  using Type = typename T::value_type;
};

/// Declares the option for one field; the value it has is the default in --help.
template <typename T>
CLI::Option* add_field(CLI::App& verb, const Field& field, T& value) {
  using Each = typename OneOf<T>::Type;
  const std::string name = option_name(field.name), help = help_of(field, typed(value));
  CLI::Option* option = nullptr;
  if constexpr (std::same_as<T, bool>) {
    option = verb.add_flag(name, value, help);
  } else if constexpr (std::same_as<Each, bool>) {
    option = add_switch(
        verb, name + ",!--no-" + name.substr(2), [&value](bool on) { value = on; }, help);
  } else if constexpr (std::same_as<Each, char>) {
    const bool or_none = !std::same_as<T, char> || *field.unset == 0;
    option = add_character(verb, field, help, or_none, [&value](char c) { value = c; });
  } else if constexpr (std::same_as<T, std::optional<std::vector<std::string>>>) {
    option = add_list_or_none(verb, field, help, [&value](std::vector<std::string> texts) { value = texts; });
  } else {
    option = verb.add_option(name, value, help);
    if constexpr (requires { value.push_back({}); } && !std::same_as<T, std::string>) as_list(option);
    if constexpr (NamedEnum<Each>) option->transform(choice<Each>());
    if constexpr (Number<Each>) {
      const bool is_size = std::same_as<T, std::uint64_t> && field.unit == std::string_view(kBytes);
      is_size ? option->transform(size_in_bytes(field.range))->type_name("SIZE")
              : option->check(in_range<Each>(field.range));
    }
  }
  return option->group(heading_of(field));
}

/// In place of add_field, by the field's name; null: no option.
using Special = std::map<std::string_view, std::function<CLI::Option*(const Field&)>>;

/// Declares an option for every field; returns those.
template <typename Options>
std::vector<CLI::Option*> add_fields(CLI::App& verb, Options& options, const Special& special = {}) {
  std::vector<CLI::Option*> all;
  fields(options, [&](const Field& field, auto& value) {
    const auto own = special.find(field.name);
    if (own == special.end()) {
      if constexpr (!requires { value.front().factor; }) all.push_back(add_field(verb, field, value));  // class weights
    } else if (own->second) {
      all.push_back(own->second(field)->group(heading_of(field)));
    }
  });
  return all;
}

/// The same of these fields alone.
template <typename Options>
std::vector<CLI::Option*> add_only(CLI::App& verb, Options& options, std::initializer_list<std::string_view> names) {
  Special others;
  fields(options, [&](const Field& field, const auto&) {
    if (std::find(names.begin(), names.end(), field.name) == names.end()) others[field.name] = nullptr;
  });
  return add_fields(verb, options, others);
}

}  // namespace poise::cli
