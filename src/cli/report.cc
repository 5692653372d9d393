#include "cli/report.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "run/json_text.h"

namespace poise::cli {
namespace {

bool wants_json = false;

using nlohmann::json;

json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json place_of(const Location& where) {
  if (where.file.empty()) return nullptr;
  json place = {{"file", where.file}, {"line", nullptr}, {"column", nullptr}};
  if (where.line > 0) place["line"] = where.line;
  if (where.line > 0 && where.column > 0) place["column"] = where.column;
  return place;
}

/// Cuts "; word: …" off the end of a text; empty if there is none.
std::string cut_off(std::string& text, const std::string& mark) {
  const std::size_t begin = text.find(mark);
  if (begin == std::string::npos) return {};
  std::string rest = text.substr(begin + mark.size());
  text.resize(begin);
  return rest;
}

}  // namespace

void report_as_asked(const std::vector<std::string>& words) {
  wants_json = std::find(words.begin(), words.end(), "--json") != words.end();
}

int report(const Error& error) {
  std::fprintf(stderr, "poise: %s\n", error.what());
  if (wants_json) {
    const json object = {{"kind", to_string(error.kind())},
                         {"code", error.code()},
                         {"exit_code", error.exit_code()},
                         {"message", error.found()},
                         {"expected", text_or_null(error.expected())},
                         {"hint", text_or_null(error.hint())},
                         {"place", place_of(error.where())}};
    std::printf("%s\n", to_text(json{{"error", object}}, 2).c_str());
  }
  return error.exit_code();
}

int report(ErrorKind kind, const std::string& text) {
  std::string found = text;
  const std::string hint = cut_off(found, "; hint: "), expected = cut_off(found, "; expected ");
  return report(Error(kind, found, expected, hint));
}

}  // namespace poise::cli
