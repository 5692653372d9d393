#include "cli/reference.h"

namespace poise::cli {
namespace {

std::vector<std::string> split(const std::string& list, char between) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (std::size_t end; (end = list.find(between, start)) != std::string::npos; start = end + 1) {
    parts.push_back(list.substr(start, end - start));
  }
  parts.push_back(list.substr(start));
  return parts;
}

}  // namespace

OptionWords words_of(const CLI::Option& option) {
  OptionWords words;
  for (const std::string& name : option.get_snames()) words.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) words.names.push_back("--" + name);
  if (option.get_items_expected_max() == 0) return words;
  words.value = option.get_type_name();  // "TEXT", or "ENUM:error|mean" where a check says what it takes
  if (const std::size_t colon = words.value.find(':'); colon != std::string::npos) {
    words.value.erase(0, colon + 1);
    words.choices = split(words.value, '|');
  }
  return words;
}

std::string operands(const CLI::App& verb) {
  std::string text = "[OPTIONS]";
  for (const CLI::Option* option : verb.get_options({})) {
    if (option->nonpositional()) continue;
    const std::string name = option->get_name(true);
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  return text;
}

std::vector<const CLI::Option*> dashed_options(const CLI::App& verb) {
  std::vector<const CLI::Option*> options;
  for (const CLI::Option* option : verb.get_options({})) {
    const bool hidden = option->get_group().empty();
    if (option->nonpositional() && !hidden) options.push_back(option);
  }
  return options;
}

}  // namespace poise::cli
