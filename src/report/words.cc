#include "report/words.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/words.h"

namespace poise::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::string with_minus(std::string text) {
  if (text.starts_with('-')) text.replace(0, 1, "−");
  return text;
}

std::string superscript(int power) {
  static constexpr std::array<const char*, 10> kDigits{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = power < 0 ? "⁻" : "";
  for (const char digit : std::to_string(std::abs(power))) text += kDigits[static_cast<std::size_t>(digit - '0')];
  return text;
}

/// Bytes of the character that begins at `at`: 0 if it is not UTF-8, or one that no text should have.
std::size_t character_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t length = first >= 0xf0 && first < 0xf5   ? 4
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xc2 && first < 0xe0 ? 2
                                                             : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t k = at + 1; k < at + length; ++k) {
    if ((byte(k) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(at + 1);
  const bool too_long = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool no_character = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
  return too_long || no_character ? 0 : length;
}

/// Every character by `write`; what is none as U+FFFD, line ends and tabs as a blank.
template <typename Write>
std::string rewritten(std::string_view text, const Write& write) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    const bool is_blank = text[at] == '\n' || text[at] == '\t' || text[at] == '\r';
    if (is_blank) {
      out += ' ';
    } else if (length == 0) {
      out += kReplacement;
    } else {
      write(text.substr(at, length), out);
    }
    at += std::max<std::size_t>(1, length);
  }
  return out;
}

const char* entity_of(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return nullptr;
  }
}

}  // namespace

std::string number(double value, int digits) {
  if (std::isnan(value)) return "–";
  if (std::isinf(value)) return value > 0 ? "∞" : "−∞";
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (size >= 1e-4 && size < 1e6) {
    const int decimals = std::clamp(digits - 1 - static_cast<int>(std::floor(std::log10(size))), 0, 8);
    return with_minus(fmt::format("{:.{}f}", value, decimals));
  }
  const std::string text = fmt::format("{:.{}e}", value, std::max(0, std::min(digits, 3) - 1));
  const std::size_t e = text.find('e');
  return with_minus(text.substr(0, e)) + "·10" + superscript(std::stoi(text.substr(e + 1)));
}

std::string fixed(double value, int decimals) {
  return std::isnan(value) ? std::string("–") : with_minus(fmt::format("{:.{}f}", value, decimals));
}

std::string brief(double value) {
  const double size = std::abs(value);
  return std::isfinite(value) && ((size >= 1e-4 && size < 1e4) || size == 0) ? with_minus(fmt::format("{:.4g}", value))
                                                                             : number(value, 4);
}

std::string percent(double share, int decimals) {
  return std::isnan(share) ? std::string("–") : fixed(100 * share, decimals) + "\u00a0%";
}

std::string count(double whole) {
  if (!std::isfinite(whole)) return "–";
  const double rounded = std::round(whole);  // a product that rounding has kept from being whole counts as such
  if (std::abs(whole - rounded) > 1e-9 * std::max(1.0, std::abs(whole)) || std::abs(whole) >= 1e15)
    return number(whole);
  std::string text = fmt::format("{:.0f}", std::abs(rounded));
  for (std::size_t k = text.size(); k > 3; k -= 3) text.insert(k - 3, 1, ',');
  return (rounded < 0 ? "−" : "") + text;
}

std::string time(double seconds) {
  if (!std::isfinite(seconds)) return "–";
  if (seconds < 0.0995) return fmt::format("{:.2g} ms", 1000 * seconds);
  if (seconds < 99.5) return number(seconds, 3) + " s";
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 6000) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string percent_range(const Bounds& shares, int decimals) {
  return fmt::format("{:.{}f}–{:.{}f}\u00a0%", 100 * shares.low, decimals, 100 * shares.high, decimals);
}

std::string plain(double value) { return std::isfinite(value) ? fmt::format("{:.9g}", value) : std::string(); }

std::string escaped(std::string_view text) {
  return rewritten(text, [](std::string_view character, std::string& out) {
    const char* entity = entity_of(character[0]);
    if (entity != nullptr) {
      out += entity;
    } else {
      out += character;
    }
  });
}

std::string in_markdown(std::string_view text) {
  return rewritten(text, [](std::string_view character, std::string& out) {
    const char c = character[0];
    if (c == '&' || c == '<' || c == '>') {
      out += entity_of(c);
      return;
    }
    if (std::string_view("\\`*_[]|#~$").find(c) != std::string_view::npos) out += '\\';
    out += character;
  });
}

std::string shortened(std::string_view text, std::size_t most) {
  if (width_of(text) <= most) return std::string(text);
  return std::string(first_characters(text, most - 1)) + "…";
}

}  // namespace poise::report
