#include "cli/lists.h"

namespace poise::cli {

CLI::Option* as_list(CLI::Option* option) {
  return option->delimiter(',')
      ->transform(CLI::Validator(
          [](std::string& item) -> std::string {
            CLI::detail::trim(item);
            return {};
          },
          ""))
      ->allow_extra_args(false);  // or it would take DATA, too
}

std::vector<std::string> with_lists_joined(const CLI::App& verb, const std::vector<std::string>& words) {
  const auto takes_list = [&](const std::string& word) {
    const std::size_t equals = word.find('=');
    const CLI::Option* option = word.starts_with("--") ? verb.get_option_no_throw(word.substr(0, equals)) : nullptr;
    return option != nullptr && option->get_delimiter() == ',';
  };
  std::vector<std::string> joined;
  for (std::size_t k = 0; k < words.size(); ++k) {
    joined.push_back(words[k]);
    if (!takes_list(words[k])) continue;
    const bool value_follows = words[k].find('=') == std::string::npos && k + 1 < words.size();
    if (value_follows) joined.push_back(words[++k]);
    const auto goes_on = [&](const std::string& next) {
      return !next.starts_with("--") && (joined.back().ends_with(',') || next.starts_with(','));
    };
    while (k + 1 < words.size() && goes_on(words[k + 1])) joined.back() += words[++k];
  }
  return joined;
}

std::vector<std::string> with_number_given(const std::string& option, const std::vector<std::string>& words) {
  const auto is_number = [](const std::string& word) {
    return !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
  };
  std::vector<std::string> given;
  for (std::size_t k = 0; k < words.size(); ++k) {
    const bool follows = k + 1 < words.size() && is_number(words[k + 1]);
    const bool lacks = (words[k] == option && !follows) || words[k] == option + "=true";
    given.push_back(lacks ? option + "=0" : words[k]);
  }
  return given;
}

}  // namespace poise::cli
