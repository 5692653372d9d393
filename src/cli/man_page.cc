#include <fmt/core.h>

#include "cli/reference.h"

namespace poise::cli {
namespace {

/// Text as roff takes it literally, its lines never mistaken for requests.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += std::string("\\&") + c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string option_entry(const CLI::Option& option) {
  const OptionWords words = words_of(option);
  std::string names;
  for (const std::string& name : words.names) names += (names.empty() ? "" : ", ") + ("\\fB" + roff(name) + "\\fR");
  const std::string value = words.value.empty() ? "" : " \\fI" + roff(words.value) + "\\fR";
  return fmt::format(".TP\n{}{}\n{}\n", names, value, roff(option.get_description()));
}

std::string options_by_group(const CLI::App& verb) {
  std::string text;
  for (const std::string& group : verb.get_groups()) {
    std::string entries;
    for (const CLI::Option* option : dashed_options(verb)) {
      if (option->get_group() == group) entries += option_entry(*option);
    }
    if (!group.empty() && !entries.empty()) text += fmt::format(".PP\n\\fI{}\\fR\n{}", roff(group), entries);
  }
  return text;
}

std::string verb_section(const CLI::App& verb) {
  std::string text =
      fmt::format(".SS poise {} {}\n{}\n", verb.get_name(), roff(operands(verb)), roff(verb.get_description()));
  for (const CLI::Option* option : verb.get_options({})) {
    if (!option->nonpositional()) {
      text += fmt::format(".TP\n\\fI{}\\fR\n{}\n", roff(option->get_name(true)), roff(option->get_description()));
    }
  }
  text += options_by_group(verb);
  return text + fmt::format(".PP\n.nf\n{}\n.fi\n", roff(verb.get_footer()));
}

constexpr const char* kExitStatus = R"(.SH EXIT STATUS
0 done; 1 not certified, with \-\-require\-certificate; 2, 3, 4 an error in usage, in the data, with files; 5 in the
numbers; 6 out of memory; 70 a bug in poise itself; 130 interrupted.
)";

}  // namespace

std::string man_page(const CLI::App& app, const std::string& version) {
  std::string does = app.get_description();
  if (does.ends_with('.')) does.pop_back();
  std::string page =
      fmt::format(".TH POISE 1 \"\" \"{}\" \"User Commands\"\n.SH NAME\npoise \\- {}\n", roff(version), roff(does));
  page += ".SH SYNOPSIS\n";
  for (const CLI::App* verb : app.get_subcommands({})) {
    page += fmt::format("\\fBpoise {}\\fR {}\n.br\n", verb->get_name(), roff(operands(*verb)));
  }
  page += "\\fBpoise help\\fR [VERB]\n.SH OPTIONS\n";
  for (const CLI::Option* option : dashed_options(app)) page += option_entry(*option);
  page += ".SH VERBS\n";
  for (const CLI::App* verb : app.get_subcommands({})) page += verb_section(*verb);
  return page + kExitStatus;
}

}  // namespace poise::cli
