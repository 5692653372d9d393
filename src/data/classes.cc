#include "data/classes.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <numeric>

#include "data/bytes/number.h"

namespace poise::inline data {
namespace {

constexpr std::size_t kMostRealLabels = 50;
constexpr Index kFewRows = 20;

bool is_integer(const std::string& text, double& value) {
  return parse_number(text, value) == NumberStatus::kNumber && std::nearbyint(value) == value && std::abs(value) < 1e15;
}

/// "1" for "1.0", "+1" and "1"; any other text stays as it is.
std::string canonical(const std::string& text) {
  double value = 0;
  return is_integer(text, value) ? fmt::format("{}", static_cast<Index>(value)) : text;
}

/// "007", "00": digits that an integer would not keep.
bool is_code(const std::string& text) {
  return text.size() > 1 && text[0] == '0' && text.find_first_not_of("0123456789") == std::string::npos;
}

/// The name that each label has as a class. Integers are classes by their value, and are named by it, whether written
/// "1", "+1" or "1.0"; but codes keep the zeros before them, unless the same integer is also written in another way.
std::vector<std::string> class_names(const std::vector<std::string>& labels, bool integers) {
  if (!integers) return labels;
  std::map<std::string, std::size_t> spellings;
  for (const std::string& label : labels) ++spellings[canonical(label)];
  std::vector<std::string> names;
  for (const std::string& label : labels) {
    const std::string name = canonical(label);
    names.push_back(is_code(label) && spellings.at(name) == 1 ? label : name);
  }
  return names;
}

bool all_integers(const std::vector<std::string>& texts) {
  double value = 0;
  return std::all_of(texts.begin(), texts.end(), [&](const std::string& text) { return is_integer(text, value); });
}

void check_not_regression(const std::vector<std::string>& labels, Index rows, const LabelSource& source) {
  double value = 0;
  const bool numbers = std::all_of(labels.begin(), labels.end(), [&](const std::string& text) {
    return parse_number(text, value) == NumberStatus::kNumber;
  });
  const bool integers = all_integers(labels);
  const bool nearly_all_differ = rows >= kFewRows && 2 * static_cast<Index>(labels.size()) > rows;
  if (!nearly_all_differ && (!numbers || integers || labels.size() <= kMostRealLabels)) return;
  throw Error(ErrorKind::kData,
              fmt::format("{} has {} different values in {} rows{}", source.what, labels.size(), rows,
                          numbers && !integers ? ": it looks like a regression target" : ""),
              "classes, each with several rows", source.hint, source.where);
}

std::string note_on_numbers(const std::vector<std::string>& classes) {
  if (classes.size() <= kMostRealLabels || !all_integers(classes)) return {};
  return fmt::format(
      "{} classes of numbers: if this is a quantity to predict, it is a regression target, which Poise "
      "does not do",
      classes.size());
}

/// What people mean by a label, most likely.
std::string meaning_of(const std::string& label) {
  double value = 0;
  if (parse_number(label, value) == NumberStatus::kNumber) return fmt::format("{}", value);
  std::string text;
  for (const char c : label) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0)
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

std::string note_on_spellings(const std::vector<std::string>& classes) {
  std::map<std::string, std::vector<std::string>> spellings;
  for (const std::string& name : classes) spellings[meaning_of(name)].push_back(name);
  std::string lists;
  for (const auto& [_, names] : spellings) {
    if (names.size() > 1) lists += (lists.empty() ? "" : "; ") + list_names(names);
  }
  if (lists.empty()) return {};
  return fmt::format(
      "classes that differ only in upper and lower case, blanks or how a number is written: {}; if they are the same, "
      "write them the same way",
      lists);
}

}  // namespace

Classes infer_classes(const std::vector<std::string>& labels, Index rows, const LabelSource& source) {
  check_not_regression(labels, rows, source);
  const bool integers = all_integers(labels);
  Classes classes;
  const std::vector<std::string> names = class_names(labels, integers);
  classes.names = names;
  std::sort(classes.names.begin(), classes.names.end(), [&](const std::string& a, const std::string& b) {
    return integers ? std::stoll(a) < std::stoll(b) : a < b;
  });
  classes.names.erase(std::unique(classes.names.begin(), classes.names.end()), classes.names.end());
  if (classes.names.size() == 1) {
    throw Error(ErrorKind::kData, fmt::format("{} has only one class: '{}'", source.what, classes.names[0]),
                "at least two classes", source.hint, source.where);
  }
  classes.class_of = match_classes(names, classes.names);
  classes.note = integers ? note_on_numbers(classes.names) : note_on_spellings(classes.names);
  return classes;
}

std::vector<std::int32_t> match_classes(const std::vector<std::string>& labels,
                                        const std::vector<std::string>& classes) {
  std::map<std::string, std::int32_t> known;
  for (std::size_t k = 0; k < classes.size(); ++k) known.emplace(classes[k], static_cast<std::int32_t>(k));
  for (std::size_t k = 0; k < classes.size(); ++k) known.emplace(canonical(classes[k]), static_cast<std::int32_t>(k));
  std::vector<std::int32_t> result;
  for (const std::string& label : labels) {
    auto found = known.find(label);
    if (found == known.end()) found = known.find(canonical(label));
    result.push_back(found == known.end() ? -1 : found->second);
  }
  return result;
}

std::string list_names(const std::vector<std::string>& names, std::size_t most) {
  std::string list;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i) {
    const bool last = i > 0 && i + 1 == names.size();
    list += fmt::format("{}'{}'", i == 0 ? "" : last ? " and " : ", ", names[i]);
  }
  if (names.size() > most) list += fmt::format(" and {} more", names.size() - most);
  return list;
}

}  // namespace poise::inline data
