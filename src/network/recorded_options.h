// Structs with described fields in a model's metadata: the options that it was trained with, those that their
// description says it keeps, and where it comes from (provenance.h).
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "network/metadata.h"
#include "poise/class_weight.h"

namespace poise::inline network {

/// An option's value as text; empty for one that is unset.
template <typename T>
std::string recorded_as(const Field& field, const T& value) {
  if constexpr (NamedEnum<T>) {
    return name_of(value);
  } else if constexpr (std::same_as<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (Number<T>) {
    return *field.unset != 0 && value == 0 ? "" : fmt::format("{}", value);
  } else if constexpr (std::same_as<T, std::string>) {
    return value;
  } else if constexpr (requires { value.has_value(); }) {
    return value ? recorded_as(field.if_unset(""), *value) : "";  // a 0 that was given is no less a value
  } else if constexpr (std::same_as<T, std::vector<ClassWeight>>) {
    return to_text(value);
  } else {
    return {};  // no model keeps such an option
  }
}

template <typename T>
void read_recorded(const Metadata& metadata, const Field& field, T& value) {
  const std::string text = recorded_text(metadata, field.name);
  if constexpr (NamedEnum<T>) {
    const std::optional<T> named = value_named<T>(text);
    if (!named) refuse_recorded(metadata, field.name, alternatives(all_names<T>()));
    value = *named;
  } else if constexpr (std::same_as<T, bool>) {
    value = recorded_flag(metadata, field.name);
  } else if constexpr (std::same_as<T, std::uint64_t>) {  // a seed: more digits than float64 has
    value = recorded_seed(metadata, field);
  } else if constexpr (Number<T>) {
    value = static_cast<T>(recorded_number(metadata, field).value());
  } else if constexpr (std::same_as<T, std::string>) {
    value = text;
  } else if constexpr (requires { value.has_value(); }) {
    read_recorded(metadata, field, value.emplace());
  } else if constexpr (std::same_as<T, std::vector<ClassWeight>>) {
    try {
      value = parse_class_weights(text);
    } catch (const Error&) {
      refuse_recorded(metadata, field.name, "weights of classes");
    }
  }
}

/// What has no value is taken out.
template <typename Options>
void record(const Options& options, Metadata& metadata) {
  fields(options, [&](const Field& field, const auto& value) {
    if (!field.recorded) return;
    std::string text = recorded_as(field, value);
    if (text.empty()) {
      metadata.erase(field.name);
    } else {
      metadata[field.name] = std::move(text);
    }
  });
}

/// Into `options`; what is not there stays. Throws Error(kData) for what cannot be read or is out of range.
template <typename Options>
void read_recorded(const Metadata& metadata, Options& options) {
  fields(options, [&](const Field& field, auto& value) {
    if (field.recorded && metadata.contains(field.name)) read_recorded(metadata, field, value);
  });
}

}  // namespace poise::inline network
