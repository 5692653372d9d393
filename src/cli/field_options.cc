#include "cli/field_options.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace poise::cli {
namespace {

/// `names` as --names.
std::string with_option_names(const std::string& text) {
  std::string out;
  for (std::size_t p = 0; p < text.size(); ++p) {
    if (text[p] != '`') {
      out += text[p];
      continue;
    }
    const std::size_t end = text.find('`', p + 1);
    out += option_name(std::string_view(text).substr(p + 1, end - p - 1));
    p = end;
  }
  return out;
}

}  // namespace

std::string option_name(std::string_view field) {
  std::string name = "--" + std::string(field);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string heading_of(const Field& field) {
  if (field.audience == Audience::kExperiment) return kForExperiments;
  return *field.group == 0 ? "Options" : field.group;  // CLI11 hides those under ""
}

std::string help_of(const Field& field, const std::string& value) {
  const std::string unset = field.unset, unit = field.unit;
  const std::string by_default = !unset.empty() ? "default: " + unset : value.empty() ? "" : "default " + value;
  const std::string both = unit.empty() || by_default.empty() ? unit + by_default : unit + "; " + by_default;
  return with_option_names(both.empty() ? field.help : fmt::format("{} ({})", field.help, both));
}

CLI::Validator size_in_bytes(const Range& range) {
  const auto convert = [range](std::string& text) -> std::string {
    constexpr std::string_view kUnits = "KMGT";
    char* end = nullptr;
    double bytes = std::strtod(text.c_str(), &end);
    std::string unit(end);
    std::ranges::transform(unit, unit.begin(), [](unsigned char c) { return std::toupper(c); });
    const std::size_t power = unit.empty() ? kUnits.size() : kUnits.find(unit[0]);
    if (power < kUnits.size()) bytes *= std::exp2(10.0 * static_cast<double>(power + 1));
    const std::string_view rest = std::string_view(unit).substr(power < kUnits.size() ? 1 : 0);
    const bool is_size =
        end != text.c_str() && power != std::string_view::npos && (rest.empty() || rest == "B" || rest == "IB");
    if (!is_size || !(bytes >= range.low) || !(bytes <= 0x1p62)) {
      return fmt::format("'{}' is no size; expected a number with K, M, G or T behind it, at least {:g}M, as in 2G",
                         text, range.low / 0x1p20);
    }
    text = fmt::format("{:.0f}", std::floor(bytes));
    return {};
  };
  return {convert, ""};
}

CLI::Option* add_character(CLI::App& verb, const Field& field, const std::string& help, bool or_none,
                           const std::function<void(char)>& set) {
  const std::string among = field.among;
  const auto valid = [or_none](std::string& text) -> std::string {
    if (text == "tab" || text == "\\t") text = "\t";
    if (text.size() == 1 || (or_none && text == "none")) return {};
    return "'" + text + "' is not one character; expected one, or the word tab" + (or_none ? ", or the word none" : "");
  };
  std::vector<std::string> known;
  for (const char c : among) known.emplace_back(1, c);
  return verb
      .add_option_function<std::string>(
          option_name(field.name), [set](const std::string& text) { set(text == "none" ? '\0' : text[0]); }, help)
      ->transform(known.empty() ? CLI::Validator(valid, "") : one_of(known));
}

CLI::Option* add_list_or_none(CLI::App& verb, const Field& field, const std::string& help,
                              const std::function<void(std::vector<std::string>)>& set) {
  return as_list(verb.add_option_function<std::vector<std::string>>(
      option_name(field.name),
      [set](const std::vector<std::string>& texts) {
        set(texts.size() == 1 && texts[0] == "none" ? std::vector<std::string>{} : texts);
      },
      help));
}

}  // namespace poise::cli
