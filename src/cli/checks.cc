#include "cli/checks.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace poise::cli {

std::string closest(const std::string& word, const std::vector<std::string>& names) {
  std::string best;
  std::size_t best_distance = std::min<std::size_t>(3, word.size());  // a word of one letter resembles everything
  for (const std::string& name : names) {
    std::vector<std::size_t> row(name.size() + 1);
    for (std::size_t j = 0; j <= name.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= name.size(); ++j) {
        const std::size_t substituted = diagonal + (word[i - 1] != name[j - 1]);
        diagonal = row[j];
        row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row[name.size()] < best_distance) best_distance = row[name.size()], best = name;
  }
  return best;
}

/// A text that float64 takes for 0, and is not: 1e-400.
static bool vanishes(const std::string& text, double value) {
  return value == 0 && text.substr(0, text.find_first_of("eEpP")).find_first_of("123456789") != std::string::npos;
}

CLI::Validator in_range(const Range& range, bool whole, double most) {
  const std::string expected = "; expected " + range.text(whole);
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        double value = 0;
        if (!CLI::detail::lexical_cast(text, value)) return "'" + text + "' is not a number" + expected;
        if (vanishes(text, value)) return text + " is too small for float64, which ends at 5e-324" + expected;
        if (range.allows(value) && value > most)
          return fmt::format("{} is out of range{}, {:.0f} or less", text, expected, most);
        if (!range.allows(value))
          return text + (std::isfinite(value) ? " is out of range" : " is not finite") + expected;
        const bool fits = !whole || text.find_first_not_of("+0123456789") == std::string::npos;
        return fits ? std::string() : "'" + text + "' is no whole number" + expected;
      },
      "");
}

CLI::Validator in_range_or(const Range& range, const std::vector<std::string>& words) {
  const CLI::Validator number = in_range<double>(range);
  std::string list;
  for (const std::string& word : words) list += ", or " + word;
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        const bool is_word = std::find(words.begin(), words.end(), text) != words.end();
        const std::string fault = is_word ? std::string() : number(text);
        return fault.empty() ? fault : fault + list;
      },
      "");
}

CLI::Validator one_of(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : "|") + name;
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        if (std::find(names.begin(), names.end(), text) != names.end()) return {};
        const std::string near = closest(text, names);
        return "'" + text + "' is unknown; expected " + alternatives(names) +
               (near.empty() ? "" : "; hint: did you mean '" + near + "'?");
      },
      list);
}

CLI::Option* add_switch(CLI::App& verb, const std::string& names, const std::function<void(bool)>& set,
                        const std::string& help) {
  // A function, because CLI11 2.1 sets a flag's variable to 0 first: an optional would never be empty again. And of
  // several words it would take the sum, so that one and its opposite were none.
  return verb
      .add_flag_function(
          names, [set](std::int64_t count) { set(count > 0); }, help)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

CLI::Validator not_empty(const std::string& expected) {
  return CLI::Validator(
      [expected](std::string& text) { return text.empty() ? "an empty name; expected " + expected : std::string(); },
      "");
}

}  // namespace poise::cli
