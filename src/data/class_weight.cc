#include "poise/class_weight.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "data/classes.h"
#include "poise/error.h"

namespace poise {
namespace {

constexpr const char* kSpaceAndTab = " \t";

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaceAndTab);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kSpaceAndTab) + 1 - begin));
}

[[noreturn]] void refuse(const std::string& found) {
  throw Error(ErrorKind::kUsage, found, "class=factor pairs with commas between, as in a=2,b=0.5",
              "a name with a comma or an equals sign stands in quotation marks: '\"a, b\"=2'")
      .with_code("usage.class_weight");
}

/// Reads pairs from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::vector<ClassWeight> read() {
    std::vector<ClassWeight> weights;
    do {
      skip_blanks();
      ClassWeight weight;
      weight.name = is_next('"') ? quoted() : plain();
      weight.factor = factor(weight.name);
      weights.push_back(std::move(weight));
    } while (take(','));
    return weights;
  }

 private:
  bool is_next(char c) const { return !rest_.empty() && rest_[0] == c; }
  bool take(char c) {
    if (!is_next(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpaceAndTab), rest_.size())); }

  std::string quoted() {
    std::string name;
    take('"');
    while (!rest_.empty()) {
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '"' && !take('"')) {
        skip_blanks();
        return name;
      }
      name += c;
    }
    refuse("a quotation mark is not closed");
  }
  std::string plain() {
    const std::size_t end = std::min(rest_.find_first_of(",="), rest_.size());
    std::string name = trimmed(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return name;
  }
  double factor(const std::string& name) {
    if (!take('=')) refuse(fmt::format("'{}' has no factor", name));
    const std::size_t size = std::min(rest_.find(','), rest_.size());
    const std::string text = trimmed(rest_.substr(0, size));
    rest_.remove_prefix(size);
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != 0 || !(value > 0) || !std::isfinite(value))
      refuse(fmt::format("the factor of '{}' is '{}', not a number above 0", name, text));
    return value;
  }

  std::string_view rest_;
};

std::string name_in_list(const std::string& name) {
  const bool plain = name.find_first_of(",=\"") == std::string::npos && trimmed(name) == name && !name.empty();
  if (plain) return name;
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

}  // namespace

std::vector<ClassWeight> parse_class_weights(std::string_view text) { return Reader(text).read(); }

std::string to_text(const std::vector<ClassWeight>& weights) {
  std::string text;
  for (const ClassWeight& weight : weights)
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", name_in_list(weight.name), weight.factor);
  return text;
}

std::vector<double> class_factors(const std::vector<ClassWeight>& weights, const Schema& schema) {
  std::vector<double> factors(schema.classes.size(), 1.0);
  std::vector<bool> named(schema.classes.size(), false);
  for (const ClassWeight& weight : weights) {
    const auto found = std::find(schema.classes.begin(), schema.classes.end(), weight.name);
    if (found == schema.classes.end()) {
      throw Error(ErrorKind::kUsage, fmt::format("class weights: no class is called '{}'", weight.name),
                  fmt::format("classes of these data: {}", list_names(schema.classes)))
          .with_code("usage.unknown_class");
    }
    const auto c = found - schema.classes.begin();
    if (named[c])
      throw Error(ErrorKind::kUsage, fmt::format("class weights: '{}' is named twice", weight.name), "once");
    named[c] = true;
    factors[c] = weight.factor;
  }
  return factors;
}

}  // namespace poise
