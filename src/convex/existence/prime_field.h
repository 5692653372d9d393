// Arithmetic modulo primes just below 2^62. Doubles are integers times powers of two, and 2 has an inverse: sums and
// products of doubles of any size have exact remainders, whatever would overflow or cancel in floating point.
#pragma once

#include <cstdint>

namespace poise::inline convex {

/// The field of p elements; elements are kept in Montgomery form, a·2^64 mod p (Montgomery 1985).
class PrimeField {
 public:
  using Element = std::uint64_t;

  /// The field of the `number`-th prime below 2^62.
  explicit PrimeField(int number);

  std::uint64_t prime() const { return p_; }
  Element one() const { return one_; }

  Element add(Element a, Element b) const { return a + b >= p_ ? a + b - p_ : a + b; }
  Element subtract(Element a, Element b) const { return a >= b ? a - b : a + p_ - b; }
  Element multiply(Element a, Element b) const { return reduce(static_cast<Wide>(a) * b); }
  Element inverse(Element a) const { return power(a, p_ - 2); }
  Element power(Element base, std::uint64_t exponent) const;

  /// x·2^shift; x finite.
  Element from_double(double x, int shift = 0) const;
  /// The remainder itself, 0 … p − 1.
  std::uint64_t to_integer(Element a) const { return reduce(a); }

 private:
  __extension__ using Wide = unsigned __int128;

  Element reduce(Wide value) const {
    const std::uint64_t multiple = static_cast<std::uint64_t>(value) * minus_inverse_;
    const auto result = static_cast<std::uint64_t>((value + static_cast<Wide>(multiple) * p_) >> 64);
    return result >= p_ ? result - p_ : result;
  }

  std::uint64_t p_, minus_inverse_;  // −p⁻¹ mod 2^64
  Element one_, square_, half_;      // 2^64, 2^128, 2^63 mod p
};

}  // namespace poise::inline convex
