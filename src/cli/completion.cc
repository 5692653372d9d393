#include <fmt/core.h>

#include "cli/reference.h"

namespace poise::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

std::string names_of_verbs(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands({})) names.push_back(verb->get_name());
  return joined(names);
}

std::string names_of_options(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : dashed_options(verb)) {
    for (const std::string& name : words_of(*option).names) names.push_back(name);
  }
  return joined(names);
}

/// Branches of a `case` over "VERB OPTION" for options whose values are known, and for those with any other value.
std::string branches_of_values(const CLI::App& verb) {
  std::string branches;
  for (const CLI::Option* option : dashed_options(verb)) {
    const OptionWords words = words_of(*option);
    if (words.value.empty()) continue;
    std::string patterns;
    for (const std::string& name : words.names) {
      patterns += fmt::format("{}\"{} {}\"", patterns.empty() ? "" : " | ", verb.get_name(), name);
    }
    branches += words.choices.empty()
                    ? fmt::format("    {}) return ;;\n", patterns)
                    : fmt::format("    {}) known=\"{}\" free=\"\" ;;\n", patterns, joined(words.choices));
  }
  return branches;
}

// A word that is cut at '=' comes as three. Where nothing is proposed, bash completes the name of a file.
constexpr const char* kHead = R"(# Completion of poise for bash, made from its options by `poise help bash-completion`.
_poise() {
  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" verb="${COMP_WORDS[1]}" known="" free=1
  COMPREPLY=()
  if [ "$word" = "=" ]; then word=""; elif [ "$before" = "=" ]; then before="${COMP_WORDS[COMP_CWORD-2]}"; fi
)";

constexpr const char* kTail = R"(  # Names of files are asked for without a dash, names of options with one.
  if [ -n "$free" ] && [ "${word#-}" = "$word" ] && [ "$verb" != help ] && [ "$COMP_CWORD" -gt 1 ]; then return; fi
  COMPREPLY=($(compgen -W "$known" -- "$word"))
}
complete -o bashdefault -o default -F _poise poise
)";

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const std::string verbs = names_of_verbs(app);
  std::string script = kHead;
  script += "  case \"$verb $before\" in\n";
  for (const CLI::App* verb : app.get_subcommands({})) script += branches_of_values(*verb);
  script += "  esac\n";
  script += "  if [ -n \"$free\" ]; then\n    case \"$verb\" in\n";
  for (const CLI::App* verb : app.get_subcommands({})) {
    script += fmt::format("      {}) known=\"{}\" ;;\n", verb->get_name(), names_of_options(*verb));
  }
  script += fmt::format("      help) known=\"{} man-page bash-completion markdown\" ;;\n    esac\n  fi\n", verbs);
  script +=
      fmt::format("  if [ \"$COMP_CWORD\" -eq 1 ]; then known=\"{} help {}\"; fi\n", verbs, names_of_options(app));
  return script + kTail;
}

}  // namespace poise::cli
