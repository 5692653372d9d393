// Checks of option values that say what was found and what was expected, in place of CLI11's own words.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/fields.h"

namespace poise::cli {

/// The name closest to a misspelt one, by edit distance; empty if none is near.
std::string closest(const std::string& word, const std::vector<std::string>& names);

/// A number that the range allows, up to `most`; `whole` without a fraction.
CLI::Validator in_range(const Range& range, bool whole, double most);
template <typename T>
CLI::Validator in_range(const Range& range) {
  constexpr double kExact = 0x1p53;  // whole numbers up to it are numbers in double precision
  constexpr double most = static_cast<double>(std::numeric_limits<T>::max());
  return in_range(range, std::is_integral_v<T>, std::is_integral_v<T> ? std::min(most, kExact) : most);
}
/// The same, or the word.
CLI::Validator in_range_or(const Range& range, const std::vector<std::string>& words);
inline CLI::Validator whole_number_from(double low) { return in_range<int>(at_least(low)); }
inline CLI::Validator positive() { return in_range<double>(above(0)); }

/// One of the names.
CLI::Validator one_of(const std::vector<std::string>& names);
/// Not the empty text, which would count as not given.
CLI::Validator not_empty(const std::string& expected = "a path");

/// A flag with its opposite, "--on,!--off", of which the last one given counts; `set` is called where one is.
CLI::Option* add_switch(CLI::App& verb, const std::string& names, const std::function<void(bool)>& set,
                        const std::string& help);

/// One of the names, turned into the number of its enumerator. A transform.
template <NamedEnum Enum>
CLI::Validator choice() {
  CLI::Validator valid = one_of(all_names<Enum>());
  return {[=](std::string& text) {
            const std::string fault = valid(text);
            if (fault.empty()) text = std::to_string(static_cast<int>(*value_named<Enum>(text)));
            return fault;
          },
          valid.get_description()};
}

}  // namespace poise::cli
