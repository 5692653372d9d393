// Checks of option values that say what was found and what was expected, in place of CLI11's own words.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace poise::cli {

/// "'a', 'b' or 'c'"
std::string alternatives(const std::vector<std::string>& names);
/// The name closest to a misspelt one, by edit distance; empty if none is near.
std::string closest(const std::string& word, const std::vector<std::string>& names);

CLI::Validator number_in(double low, bool low_allowed, double high, const std::string& expected);
CLI::Validator whole_number_from(double low);
inline CLI::Validator not_negative() { return number_in(0, true, 1e300, "a number, 0 or more"); }
/// A number, 0 or more, or the word.
CLI::Validator not_negative_or(const std::string& word);
inline CLI::Validator positive() { return number_in(0, false, 1e300, "a number above 0"); }

/// One of the names.
CLI::Validator one_of(const std::vector<std::string>& names);
/// One character, or the word `tab`. A transform.
CLI::Validator one_character();

/// Not the empty text, which would count as not given.
CLI::Validator not_empty();

/// A flag with its opposite, "--on,!--off", of which the last one given counts; `set` is called where one is.
CLI::Option* add_switch(CLI::App& verb, const std::string& names, const std::function<void(bool)>& set,
                        const std::string& help);

/// One of the names, turned into the number of its enumerator. A transform.
template <typename Enum>
CLI::Validator choice(const std::map<std::string, Enum>& choices) {
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) names.push_back(name);
  CLI::Validator valid = one_of(names);
  return {[=](std::string& text) {
            const std::string fault = valid(text);
            if (fault.empty()) text = std::to_string(static_cast<int>(choices.at(text)));
            return fault;
          },
          valid.get_description()};
}

}  // namespace poise::cli
