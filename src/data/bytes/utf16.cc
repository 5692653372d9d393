#include "data/bytes/utf16.h"

#include <algorithm>

namespace poise::inline data {
namespace {

constexpr std::size_t kBytesForPairs = 1024;

std::uint32_t unit_at(std::string_view bytes, std::size_t p, ByteOrder order) {
  const auto a = static_cast<unsigned char>(bytes[p]), b = static_cast<unsigned char>(bytes[p + 1]);
  return order == ByteOrder::kLittle ? a | std::uint32_t{b} << 8 : b | std::uint32_t{a} << 8;
}

[[noreturn]] void fail(const std::string& found, std::int64_t line, const std::string& file) {
  throw Error(ErrorKind::kData, found, "UTF-16 text, as the file begins", "save it again as UTF-8", {file, line});
}

/// Writes one character; at most four bytes.
char* put(char* out, std::uint32_t c) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  if (c < 0x80) {
    *out++ = byte(c);
  } else if (c < 0x800) {
    *out++ = byte(0xC0 | c >> 6);
    *out++ = byte(0x80 | (c & 0x3F));
  } else {
    if (c < 0x10000) {
      *out++ = byte(0xE0 | c >> 12);
    } else {
      *out++ = byte(0xF0 | c >> 18);
      *out++ = byte(0x80 | (c >> 12 & 0x3F));
    }
    *out++ = byte(0x80 | (c >> 6 & 0x3F));
    *out++ = byte(0x80 | (c & 0x3F));
  }
  return out;
}

bool is_high(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

}  // namespace

std::optional<ByteOrder> utf16_order(std::string_view bytes) {
  const bool utf32 = bytes.size() >= 4 && bytes[2] == 0 && bytes[3] == 0;
  if (bytes.starts_with("\xFF\xFE") && !utf32) return ByteOrder::kLittle;
  if (bytes.starts_with("\xFE\xFF")) return ByteOrder::kBig;
  const std::size_t pairs = std::min(bytes.size(), kBytesForPairs) / 2;
  if (pairs < 2) return std::nullopt;
  std::size_t zeros[2] = {0, 0};
  for (std::size_t p = 0; p < 2 * pairs; ++p) zeros[p % 2] += bytes[p] == 0 ? 1 : 0;
  for (const std::size_t odd : {std::size_t{1}, std::size_t{0}}) {
    if (zeros[odd] * 10 >= pairs * 7 && zeros[1 - odd] == 0) return odd == 1 ? ByteOrder::kLittle : ByteOrder::kBig;
  }
  return std::nullopt;
}

Bytes utf16_to_utf8(std::string_view bytes, ByteOrder order, const std::string& file) {
  ByteBuffer buffer;
  buffer.reserve(bytes.size() / 2 * 3 + 4);  // a unit makes at most three bytes, and a pair of them four
  char* out = buffer.data();
  std::int64_t line = 1;
  std::size_t p = 0;
  if (bytes.size() >= 2 && unit_at(bytes, 0, order) == 0xFEFF) p = 2;
  for (; p + 1 < bytes.size(); p += 2) {
    std::uint32_t c = unit_at(bytes, p, order);
    if (is_high(c) && p + 3 < bytes.size() && is_low(unit_at(bytes, p + 2, order))) {
      p += 2;
      c = 0x10000 + ((c - 0xD800) << 10) + (unit_at(bytes, p, order) - 0xDC00);
    }
    if (is_high(c) || is_low(c)) fail("half of a surrogate pair", line, file);
    line += c == '\n' ? 1 : 0;
    out = put(out, c);
  }
  if (p != bytes.size()) fail("an odd number of bytes", line, file);
  return buffer.release(out - buffer.data());
}

}  // namespace poise::inline data
