#include "cli/config.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "base/parse_json.h"
#include "base/shell_word.h"
#include "cli/checks.h"
#include "poise/error.h"

namespace poise::cli {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

/// The line up to a comment; # and ; inside of quotes are none.
std::string without_comment(const std::string& line) {
  char quote = 0;
  for (std::size_t k = 0; k < line.size(); ++k) {
    if (quote == '"' && line[k] == '\\') {
      ++k;
    } else if (quote != 0) {
      if (line[k] == quote) quote = 0;
    } else if (line[k] == '"' || line[k] == '\'') {
      quote = line[k];
    } else if (line[k] == '#' || line[k] == ';') {
      return line.substr(0, k);
    }
  }
  return line;
}

/// In double quotes a backslash stands before what it keeps from its meaning, as in TOML.
std::string unquoted(const std::string& text) {
  const bool quoted = text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0];
  if (!quoted) return text;
  const std::string inner = text.substr(1, text.size() - 2);
  if (text[0] == '\'') return inner;
  std::string plain;
  for (std::size_t k = 0; k < inner.size(); ++k) {
    if (inner[k] == '\\' && k + 1 < inner.size()) {
      const char c = inner[++k];
      plain += c == 't' ? '\t' : c == 'n' ? '\n' : c;
    } else {
      plain += inner[k];
    }
  }
  return plain;
}

/// "[1e-3, 1e-4]" → "1e-3,1e-4"
std::string list_value(const std::string& text) {
  if (text.size() < 2 || text[0] != '[' || text.back() != ']') return unquoted(text);
  std::string list;
  const std::string inner = text.substr(1, text.size() - 2);
  for (std::size_t begin = 0; begin <= inner.size();) {
    const std::size_t comma = std::min(inner.find(',', begin), inner.size());
    const std::string item = unquoted(trimmed(inner.substr(begin, comma - begin)));
    if (!item.empty()) list += (list.empty() ? "" : ",") + item;
    begin = comma + 1;
  }
  return list;
}

bool names_option(const std::string& argument, const std::string& option) {
  return argument == "--" + option || argument.starts_with("--" + option + "=");
}

class ConfigReader {
 public:
  ConfigReader(const std::string& path, const std::string& verb, const std::vector<std::vector<std::string>>& known)
      : path_(path), verb_(verb), known_(known) {}

  /// The arguments that the file stands for, less the options that `given` holds.
  std::vector<std::string> read(const std::vector<std::string>& given, std::map<std::string, int>& lines) {
    std::ifstream file(path_);
    if (!file)
      throw Error(ErrorKind::kIo, std::string("cannot open: ") + std::strerror(errno), "a file of options", {},
                  {path_});
    bool ours = true;
    for (std::string line; std::getline(file, line);) {
      ++line_;
      line = trimmed(without_comment(line));
      if (line.empty()) continue;
      if (line[0] == '[' && line.back() == ']' && line.find('=') == std::string::npos) {
        ours = trimmed(line.substr(1, line.size() - 2)) == verb_;
      } else if (ours) {
        add(line, given);
      }
    }
    if (file.bad()) throw Error(ErrorKind::kIo, "cannot read", "a file of options", {}, {path_});
    lines = std::move(lines_);
    return std::move(arguments_);
  }

 private:
  void add(const std::string& line, const std::vector<std::string>& given) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) {
      const bool is_name = std::any_of(known_.begin(), known_.end(), [&](const auto& names) {
        return std::find(names.begin(), names.end(), line) != names.end();
      });
      fail("'" + line + "'", "option = value", is_name ? "a switch is turned on by '" + line + " = true'" : "");
    }
    const std::string name = unquoted(trimmed(line.substr(0, equals)));
    const std::vector<std::string>& names = names_with(name);
    const auto on_command_line = [&](const std::string& argument) {
      return std::any_of(names.begin(), names.end(), [&](const auto& each) { return names_option(argument, each); });
    };
    if (std::any_of(given.begin(), given.end(), on_command_line)) return;
    if (trimmed(line.substr(equals + 1)).empty()) fail("the key '" + name + "' without a value", "option = value", "");
    // "--flag=true" and "--option=value" are both what CLI11 reads.
    arguments_.push_back("--" + name + "=" + list_value(trimmed(line.substr(equals + 1))));
    lines_.emplace("--" + name, line_);
  }

  /// All names of the option that is called `name`.
  const std::vector<std::string>& names_with(const std::string& name) const {
    if (name == "config") {
      fail("the key 'config' in a file of options", "an option of poise " + verb_,
           "name the file with --config on the command line; it cannot name another");
    }
    std::vector<std::string> all;
    for (const auto& names : known_) {
      if (std::find(names.begin(), names.end(), name) != names.end()) return names;
      all.insert(all.end(), names.begin(), names.end());
    }
    const std::string near = closest(name, all);
    fail("the key '" + name + "'", "an option of poise " + verb_,
         near.empty() ? "see poise " + verb_ + " --help" : "did you mean '" + near + "'?");
  }

  [[noreturn]] void fail(const std::string& found, const std::string& expected, const std::string& hint) const {
    throw Error(ErrorKind::kUsage, found, expected, hint, {path_, line_});
  }

  const std::string& path_;
  const std::string& verb_;
  const std::vector<std::vector<std::string>>& known_;
  int line_ = 0;
  std::vector<std::string> arguments_;
  std::map<std::string, int> lines_;
};

/// The command that a run.json, or the one of a run directory, holds; empty if the file is none.
std::string command_in(const std::string& path) {
  const std::string file = std::filesystem::is_directory(path) ? path + "/run.json" : path;
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  JsonFault fault;
  const auto run = text.starts_with('{') ? parse_json(text, &fault) : nlohmann::json();
  if (fault.has_repeated)
    throw Error(ErrorKind::kUsage, repeats(fault), "the run.json that poise train writes", {}, {file});
  if (!run.is_object()) return {};
  const auto command = run.find("command");
  if (command == run.end() || !command->is_string() || command->get<std::string>().empty()) {
    throw Error(ErrorKind::kUsage, "a run that no command line repeats",
                "a run.json with a command: of a training whose data are files", {}, {file});
  }
  return command->get<std::string>();
}

/// What stands in `command` ("poise train DATA --option value …") before what is given, but for options given again;
/// the data only if none are named first.
void add_command(const std::string& command, const std::vector<std::vector<std::string>>& known,
                 std::vector<std::string>& given) {
  const std::vector<std::string> words = shell_words(command);
  std::vector<std::string> added;
  const bool names_data = given.size() > 1 && (given[1] == "-" || !given[1].starts_with('-'));
  if (words.size() > 2 && !names_data) added.push_back(words[2]);
  for (std::size_t k = 3; k < words.size(); ++k) {
    const std::string name = words[k].substr(2, words[k].find('=') - 2);
    const bool has_value =
        words[k].find('=') == std::string::npos && k + 1 < words.size() && !words[k + 1].starts_with("--");
    const auto option =
        std::ranges::find_if(known, [&](const auto& names) { return std::ranges::find(names, name) != names.end(); });
    const bool again =
        option != known.end() && std::ranges::any_of(given, [&](const std::string& argument) {
          return std::ranges::any_of(*option, [&](const std::string& each) { return names_option(argument, each); });
        });
    if (!again) added.insert(added.end(), words.begin() + k, words.begin() + k + 1 + has_value);
    k += has_value;
  }
  given.insert(given.begin() + 1, added.begin(), added.end());
}

}  // namespace

Configured with_config(const std::vector<std::string>& arguments, const std::string& verb,
                       const std::vector<std::vector<std::string>>& known) {
  Configured result;
  std::vector<std::string>& rest = result.arguments;
  std::string& path = result.path;
  for (std::size_t k = 0; k < arguments.size(); ++k) {
    if (!names_option(arguments[k], "config")) {
      rest.push_back(arguments[k]);
    } else if (const std::size_t equals = arguments[k].find('='); equals != std::string::npos) {
      path = arguments[k].substr(equals + 1);
    } else if (k + 1 < arguments.size()) {
      path = arguments[++k];
    } else {
      rest.push_back(arguments[k]);  // the parser says that its value is missing
    }
  }
  if (path.empty()) {
    rest = arguments;
    return result;
  }
  if (const std::string command = command_in(path); !command.empty()) {
    add_command(command, known, rest);
    return result;
  }
  const std::vector<std::string> from_file = ConfigReader(path, verb, known).read(rest, result.lines);
  rest.insert(rest.begin() + 1, from_file.begin(), from_file.end());  // behind the verb
  return result;
}

std::string Configured::with_places(const std::string& message) const {
  const auto goes_on = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; };
  std::string text;
  for (std::size_t p = 0; p < message.size();) {
    std::size_t end = p;
    while (end < message.size() && goes_on(message[end])) ++end;
    const std::string word = message.substr(p, std::max<std::size_t>(1, end - p));
    text += word;
    p += word.size();
    if (const auto set = lines.find(word); set != lines.end())
      text += " (" + path + ":" + std::to_string(set->second) + ")";
  }
  return text;
}

}  // namespace poise::cli
