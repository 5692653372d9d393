#include <fmt/core.h>

#include "cli/reference.h"

namespace poise::cli {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '*') out += '\\';
    out += c == '<' ? "&lt;" : std::string(1, c);
  }
  return out;
}

std::string option_item(const CLI::Option& option) {
  const OptionWords words = words_of(option);
  std::string names;
  for (const std::string& name : words.names) names += (names.empty() ? "" : ", ") + name;
  const std::string value = words.value.empty() ? "" : " " + words.value;
  return fmt::format("- `{}{}`: {}\n", names, value, escaped(option.get_description()));
}

std::string section_of(const CLI::App& verb) {
  std::string text = fmt::format("## poise {0}\n\n`poise {0} {1}`: {2}\n\n", verb.get_name(), operands(verb),
                                 escaped(verb.get_description()));
  for (const CLI::Option* option : verb.get_options({})) {
    if (option->nonpositional()) continue;
    text += fmt::format("- `{}`: {}\n", option->get_name(true), escaped(option->get_description()));
  }
  for (const std::string& group : verb.get_groups()) {
    std::string items;
    for (const CLI::Option* option : dashed_options(verb)) {
      if (option->get_group() == group) items += option_item(*option);
    }
    if (!items.empty()) text += fmt::format("\n**{}**\n\n{}", group, items);
  }
  return text + fmt::format("\n```\n{}\n```\n\n", verb.get_footer());
}

constexpr const char* kTitle = R"(# The command line

Made from the options by `poise help markdown`. `poise VERB --help` says the same, without the options for experiments;
`poise VERB --help-all` has them, too.

)";

constexpr const char* kExitCodes = R"(## Exit status

0 done · 1 not certified, with `--require-certificate` · 2 an error in usage · 3 in the data · 4 with files · 5 in the
numbers · 6 out of memory · 70 a bug in poise itself · 130 interrupted
)";

}  // namespace

std::string markdown(const CLI::App& app) {
  std::string page = kTitle;
  for (const CLI::App* verb : app.get_subcommands({})) page += section_of(*verb);
  return page + kExitCodes;
}

}  // namespace poise::cli
