// Numbers in text: exact, and fast where they are short.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace poise::inline data {

enum class NumberStatus {
  kNumber,    ///< finite
  kInfinite,  ///< "inf", or too large for a double
  kMissing,   ///< NaN or nothing; what else stands for a missing value is for data/table/missing_values.h to say
  kText       ///< anything else
};

/// What a whole cell is (blanks around it are gone already); `value` is set for kNumber.
NumberStatus parse_number(std::string_view cell, double& value);

/// The value as text, the shortest that reads back as the same double.
std::string number_text(double value);

static_assert(std::endian::native == std::endian::little, "bytes in a word are taken to be in the order of the text");

/// Bit i: whether byte i of the 64 at `p` is c. On any processor.
inline std::uint64_t bytes_equal_by_words(const char* p, char c) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kLow = 0x7F7F7F7F7F7F7F7F;
  const std::uint64_t pattern = kOnes * static_cast<unsigned char>(c);
  std::uint64_t bits = 0;
  for (int k = 0; k < 8; ++k) {
    std::uint64_t word = 0;
    std::memcpy(&word, p + 8 * k, sizeof word);
    word ^= pattern;
    const std::uint64_t equal = ~(((word & kLow) + kLow) | word | kLow) >> 7;  // 1 in every byte that is 0 now
    bits |= (equal * 0x0102040810204080 >> 56) << (8 * k);                     // byte i to bit i
  }
  return bits;
}

/// The same, in a quarter of the instructions where every processor of the kind has what it takes.
inline std::uint64_t bytes_equal(const char* p, char c) {
#if defined(__SSE2__)
  const __m128i pattern = _mm_set1_epi8(c);
  std::uint64_t bits = 0;
  for (int k = 0; k < 4; ++k) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p) + k);
    const auto equal = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, pattern)));
    bits |= std::uint64_t{equal} << (16 * k);
  }
  return bits;
#else
  return bytes_equal_by_words(p, c);
#endif
}

constexpr std::uint64_t kZeros = 0x3030303030303030;  // eight characters '0'

/// Whether all bytes of the word are 0 … 9.
inline bool all_digits(std::uint64_t word) { return (((word + 0x7676767676767676) | word) & 0x8080808080808080) == 0; }

/// The number whose eight digits are the bytes of the word, the first byte the highest.
inline std::uint64_t join_digits(std::uint64_t word) {
  word = word * 10 + (word >> 8);  // sums of neighbors: twos, fours, all
  return ((word & 0x000000FF000000FF) * (100 + (std::uint64_t{1000000} << 32)) +
          ((word >> 16) & 0x000000FF000000FF) * (1 + (std::uint64_t{10000} << 32))) >>
         32;
}

/// The number that `count` digits at `p` are; false if they are none, or not 1 to 4. Reads 4 bytes. Without a branch
/// for their number, which no processor predicts where one- and two-digit cells alternate.
inline bool parse_digits(const char* p, std::size_t count, double& value) {
  if (count - 1 > 3) return false;
  std::uint32_t word = 0;
  std::memcpy(&word, p, sizeof word);
  word = (word ^ 0x30303030U) << (32 - 8 * count);  // digits are 0 … 9 now, with zeros in front: four of them
  if ((((word + 0x76767676U) | word) & 0x80808080U) != 0) return false;
  word = word * 10 + (word >> 8);  // the first two digits are in byte 0, the others in byte 2
  value = static_cast<std::int32_t>((word & 0xFF) * 100 + (word >> 16 & 0xFF));
  return true;
}

constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
/// At 8 + n the last n bytes of a word: none below 8, all above 16. A look at a table, since shifts by a variable cost
/// more.
constexpr auto kLastBytes = [] {
  std::array<std::uint64_t, 24> masks{};
  for (std::size_t n = 1; n < 16; ++n) masks[8 + n] = ~std::uint64_t{0} << (n < 8 ? 64 - 8 * n : 0);
  return masks;
}();
constexpr std::ptrdiff_t kBeforePlain = 17;  // bytes that parse_plain reads before the end of a cell

/// The number that the whole of [p, end) is: a minus or none, 1 to 15 digits, and among, before or behind them the
/// point at `point`, or none if that is `end`; false if the text is anything else. Reads the kBeforePlain bytes before
/// `end`. No branch depends on the sign or on where the point is, and few on the number of digits. An integer below
/// 10^15 over a power of ten up to 10^15 is one division of exact doubles, so the result equals from_chars'.
inline bool parse_plain(const char* p, const char* end, const char* point, double& value) {
  const std::size_t minus = *p == '-', pointed = point != end;
  const std::size_t count = end - p - minus - pointed;
  const std::size_t decimals = end - point - pointed;
  if (count - 1 > 14) return false;
  // The eight digits that end `skipped` digits before the last: those behind the point are where they are in the text,
  // those before it one byte further back. Zeros in place of what is before the first digit.
  const auto digits = [&](std::size_t skipped) {
    std::uint64_t as_is = 0, moved = 0;
    std::memcpy(&as_is, end - skipped - 8, sizeof as_is);
    std::memcpy(&moved, end - skipped - 8 - pointed, sizeof moved);
    const std::uint64_t behind = kLastBytes[8 + decimals - skipped];
    return (moved ^ ((moved ^ as_is) & behind) ^ kZeros) & kLastBytes[8 + count - skipped];
  };
  std::uint64_t word = digits(0);
  if (!all_digits(word)) return false;
  std::uint64_t integer = join_digits(word);
  if (count > 8) {
    word = digits(8);
    if (!all_digits(word)) return false;
    integer += join_digits(word) * 100000000;
  }
  const double magnitude = static_cast<double>(static_cast<std::int64_t>(integer)) / kPowersOfTen[decimals];
  value = std::bit_cast<double>(std::bit_cast<std::uint64_t>(magnitude) | std::uint64_t{minus} << 63);
  return true;
}

/// Reads a decimal number at the start of [at, end) and moves `at` behind it; false, and nothing moved, if it is not a
/// *short* one. Short means: digits as an integer m ≤ 2^53 and a power of ten |e| ≤ 22. Both are then exact doubles and
/// m·10^e is rounded once (Clinger 1990), so the result equals from_chars'. 1.4 times as fast as that on tables.
inline bool parse_short_decimal(const char*& at, const char* end, double& value) {
  const char* p = at;
  const bool negative = p != end && *p == '-';
  if (p != end && (*p == '-' || *p == '+')) ++p;
  std::uint64_t digits = 0;
  const auto take_digits = [&] {
    for (unsigned digit; p != end && (digit = static_cast<unsigned char>(*p) - unsigned{'0'}) <= 9; ++p) {
      digits = digits * 10 + digit;
    }
  };
  const char* const first = p;
  take_digits();
  std::ptrdiff_t count = p - first;
  if (p != end && *p != '.' && (*p | 0x20) != 'e' && count > 0 && count <= 15) {  // an integer, the usual short cell
    value = negative ? -static_cast<double>(digits) : static_cast<double>(digits);
    at = p;
    return true;
  }
  int exponent = 0;
  if (p != end && *p == '.') {
    const char* const point = ++p;
    take_digits();
    exponent = static_cast<int>(point - p);
    count += p - point;
  }
  if (count == 0 || count > 19) return false;  // 19 digits fit into 64 bits
  if (p != end && (*p | 0x20) == 'e') {
    const char* q = p + 1;
    const bool down = q != end && *q == '-';
    if (q != end && (*q == '-' || *q == '+')) ++q;
    int power = 0;
    const char* const power_begin = q;
    for (; q != end && *q >= '0' && *q <= '9' && q - power_begin < 4; ++q) power = power * 10 + (*q - '0');
    if (q == power_begin) return false;
    exponent += down ? -power : power;
    p = q;
  }
  if (digits > (std::uint64_t{1} << 53) || exponent < -22 || exponent > 22) return false;
  const auto magnitude = static_cast<double>(digits);
  const double scaled = exponent < 0 ? magnitude / kPowersOfTen[-exponent] : magnitude * kPowersOfTen[exponent];
  value = negative ? -scaled : scaled;
  at = p;
  return true;
}

}  // namespace poise::inline data
