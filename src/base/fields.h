// The options of the library, described once. Beside every struct of options stands a function
//
//   template <AnyConst<SolveOptions> Options>
//   void fields(Options& o, auto&& visit) { visit(field("tolerance", "wanted gap").within(above(0)), o.tolerance); … }
//
// that tells a visitor of each: what it is, and where its value is. The defaults are those of the struct. Checks
// (here), the metadata of models (network/metadata.h), run.json (run/training/options_json.h), the command line
// (cli/field_options.h), its manual page and docs/cli.md are all made from that.
#pragma once

#include <fmt/core.h>

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/names.h"
#include "base/require.h"

namespace poise::inline base {

/// The finite numbers of an interval.
struct Range {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool without_low = false, without_high = false;  ///< whether the end itself is left out

  bool allows(double value) const;
  std::string text(bool whole) const;  ///< "a number in [0, 1)", "a whole number from 1"
};

constexpr Range at_least(double low) { return {.low = low}; }
constexpr Range at_most(double high) { return {.high = high}; }
constexpr Range above(double low) { return {.low = low, .without_low = true}; }
constexpr Range between(double low, double high) { return {low, high, true, true}; }
inline constexpr Range kShare{0, 1, false, true};  ///< [0, 1)

enum class Audience {
  kUser,
  kExperiment  ///< of use to who studies learning rules and solvers; `poise train --help` leaves it out
};

inline constexpr const char* kBytes = "bytes";

struct Field {
  const char* name;        ///< in Python, JSON and metadata, and in C++ but for a few; on the command line with - for _
  const char* help;        ///< names other options between backticks
  const char* group = "";  ///< heading in help
  Range range = {};        ///< of a number, or each of several
  const char* unit = "";   ///< "seconds", "nats", …
  const char* unset = "";  ///< what is done where nothing is given: if not empty, 0 (or an empty value) means that
  const char* among = "";  ///< of a character: those allowed; empty: any
  bool recorded = false;   ///< a model's metadata have it
  Audience audience = Audience::kUser;

  bool allows(double value) const { return range.allows(value) || (*unset != 0 && value == 0); }

  constexpr Field within(Range values) const { return with(&Field::range, values); }
  constexpr Field measured_in(const char* of) const { return with(&Field::unit, of); }
  constexpr Field if_unset(const char* then) const { return with(&Field::unset, then); }
  constexpr Field one_of(const char* characters) const { return with(&Field::among, characters); }
  constexpr Field kept_in_model() const { return with(&Field::recorded, true); }
  constexpr Field for_experiments() const { return with(&Field::audience, Audience::kExperiment); }

 private:
  template <typename T>
  constexpr Field with(T Field::*member, T value) const {
    Field changed = *this;
    changed.*member = value;
    return changed;
  }
};

/// The heading of options in help, and the options under it: Group{"Networks: step"}("momentum", "of the golden step").
struct Group {
  const char* heading = "";
  constexpr Field operator()(const char* name, const char* help) const { return {name, help, heading}; }
};

template <typename T, typename Options>
concept AnyConst = std::same_as<std::remove_const_t<T>, Options>;

template <typename T>
concept Number = std::is_arithmetic_v<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

/// Throws Error(kUsage), "dropout is 1; expected a number in [0, 1)", unless the value is one that `field` allows.
template <typename T>
void check(const Field& field, const T& value) {
  if constexpr (NamedEnum<T>) {
    require(*name_of(value) != 0, fmt::format("{} is {}", field.name, static_cast<long long>(value)),
            alternatives(all_names<T>()));
  } else if constexpr (Number<T>) {
    require(field.allows(static_cast<double>(value)), fmt::format("{} is {}", field.name, value),
            field.range.text(std::is_integral_v<T>));
  } else if constexpr (std::same_as<T, char>) {
    require(*field.among == 0 || value == 0 || std::string_view(field.among).find(value) != std::string_view::npos,
            fmt::format("{} is '{}'", field.name, value), fmt::format("one of {}", field.among));
  } else if constexpr (requires { value.has_value(); }) {
    Field given = field;
    given.unset = "";
    if (value) check(given, *value);
  } else if constexpr (requires(typename T::value_type each) { requires Number<decltype(each)>; }) {
    for (const auto& each : value) check(field, each);
  }
}

/// The same of all fields.
template <typename Options>
void check_fields(const Options& options) {
  fields(options, [](const Field& field, const auto& value) { check(field, value); });
}

}  // namespace poise::inline base
