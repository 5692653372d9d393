#include "data/table/notes.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "base/check_codes.h"

namespace poise::inline data {
namespace {

constexpr std::size_t kMostNamed = 8;

/// One column: {title}, {detail}. Several: {n} of them, {list} of their names with details. Both: {words} as options
/// take them, {count} of cells, {them} or it, {fate} of missing values.
struct Phrase {
  const char* one;
  const char* several;
  const char* hint;
};

Phrase phrase_of(ColumnNote kind) {
  switch (kind) {
    case ColumnNote::kEmpty:
      return {"{title} has no values and is left out", "{n} columns have no values and are left out: {list}", ""};
    case ColumnNote::kUnnamed:
      return {"{title} has no name in the header: taken for row numbers and left out",
              "{n} columns have no name in the header: taken for row numbers and left out: {list}",
              "; --numeric {words} keeps {them}"};
    case ColumnNote::kNumbering:
      return {"{title} numbers the rows, {detail}, and is left out",
              "{n} columns number the rows and are left out: {list}", "; --numeric {words} keeps {them}"};
    case ColumnNote::kIdentifier:
      return {"{title} has {detail}: taken for an identifier and left out",
              "{n} columns are taken for identifiers and left out: {list}", "; --categorical {words} keeps {them}"};
    case ColumnNote::kDifferentDates:
      return {"{title} holds dates, {detail}, and is left out", "{n} columns hold dates and are left out: {list}",
              "; write what matters of them (a year, a day of the week) as numbers"};
    case ColumnNote::kWritten:
      return {"{title} holds numbers as people write them: {detail}",
              "{n} columns hold numbers as people write them: {list}", "; --categorical {words} takes {them} for text"};
    case ColumnNote::kLeadingZeros:
      return {"{title} holds numbers with zeros before them, such as {detail}: if they are codes",
              "{n} columns hold numbers with zeros before them: {list}: if they are codes", ", --categorical {words}"};
    case ColumnNote::kDates:
      return {"{title} holds dates, {detail}, a feature each", "{n} columns hold dates, which are text here: {list}",
              "; write what matters of them (a year, a day of the week) as numbers, or --ignore {words}"};
    case ColumnNote::kCategories:
      return {"text became categories, a feature each, in 1 column: {list}",
              "text became categories, a feature each, in {n} columns: {list}", ""};
    case ColumnNote::kMany:
      return {"{title} has {detail}, a feature each: is it text, or an identifier?",
              "{n} columns have more than 1000 categories, a feature each: {list}",
              " --ignore {words} leaves {them} out"};
    case ColumnNote::kRare:
      return {"rare categories count as none: {detail} of {title}", "rare categories count as none: {list}",
              "; --min-category-rows 1 keeps them"};
    case ColumnNote::kFilled:
      return {"{count} missing value{s} in {title}: {fate}", "{count} missing values in {n} columns: {list}: {fate}",
              ""};
    case ColumnNote::kRefused:
      return {"1 column has missing values: {list}", "{n} columns have missing values: {list}",
              "; train --missing error refuses them"};
    case ColumnNote::kUnknown:
      return {
          "{count} value{s} of {title} {is} of a category that the model does not know, or that was too rare in "
          "training ({detail}), and count{verb} as none",
          "{count} values in {n} columns are of categories that the model does not know, or that were too rare in "
          "training, and count as none: {list}",
          "; --unknown-category error refuses them"};
  }
  return {"", "", ""};
}

}  // namespace

void ColumnNotes::add(ColumnNote kind, Index column, const std::string& detail, Index count) {
  notes_[kind].push_back({column, detail, count});
}

std::string ColumnNotes::list(const std::vector<Entry>& entries) const {
  std::string text;
  for (std::size_t k = 0; k < std::min(kMostNamed, entries.size()); ++k) {
    const Entry& entry = entries[k];
    text += fmt::format("{}'{}'", k == 0 ? "" : ", ", head_.names[entry.column]);
    if (!entry.detail.empty()) text += fmt::format(" ({})", entry.detail);
  }
  if (entries.size() > kMostNamed) text += fmt::format(" and {} more", entries.size() - kMostNamed);
  return text;
}

std::string ColumnNotes::words(const std::vector<Entry>& entries) const {
  std::string text;
  for (std::size_t k = 0; k < std::min(kMostNamed, entries.size()); ++k) {
    if (k > 0) text += ',';
    text += head_.option_word(entries[k].column);
  }
  if (entries.size() > kMostNamed) text += ",…";
  return text;
}

std::string ColumnNotes::sentence(ColumnNote kind, const std::vector<Entry>& entries) const {
  const Phrase phrase = phrase_of(kind);
  const bool one = entries.size() == 1;
  const Index count = std::accumulate(entries.begin(), entries.end(), Index{0},
                                      [](Index sum, const Entry& entry) { return sum + entry.count; });
  const std::string pattern = std::string(one ? phrase.one : phrase.several) + phrase.hint;
  return fmt::format(fmt::runtime(pattern), fmt::arg("title", head_.title(entries.front().column)),
                     fmt::arg("detail", entries.front().detail), fmt::arg("list", list(entries)),
                     fmt::arg("words", words(entries)), fmt::arg("n", entries.size()), fmt::arg("count", count),
                     fmt::arg("s", count == 1 ? "" : "s"), fmt::arg("is", count == 1 ? "is" : "are"),
                     fmt::arg("verb", count == 1 ? "s" : ""), fmt::arg("them", one ? "it" : "them"),
                     fmt::arg("fate", fate_));
}

std::vector<std::string> ColumnNotes::sentences() const {
  std::vector<std::string> result;
  for (const auto& [kind, entries] : notes_) {
    const bool is_missing = kind == ColumnNote::kFilled || kind == ColumnNote::kRefused;
    const std::string text = sentence(kind, entries);
    result.push_back(is_missing ? coded(text, codes::kMissing) : text);
  }
  return result;
}

}  // namespace poise::inline data
