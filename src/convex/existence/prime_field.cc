#include "convex/existence/prime_field.h"

#include <gmpxx.h>

#include <cmath>

namespace poise::inline convex {
namespace {

std::uint64_t large_prime(int number) {
  mpz_class candidate = (mpz_class(1) << 62) + 1;
  for (int found = -1; found < number;) {
    candidate -= 2;
    // Below 2^64 this test makes no mistakes.
    found += mpz_probab_prime_p(candidate.get_mpz_t(), 24) > 0;
  }
  return candidate.get_ui();
}

}  // namespace

PrimeField::PrimeField(int number) : p_(large_prime(number)) {
  std::uint64_t inverse = 1;  // Newton: every step doubles the bits that are right
  for (int k = 0; k < 6; ++k) inverse *= 2 - p_ * inverse;
  minus_inverse_ = 0 - inverse;
  one_ = static_cast<std::uint64_t>((static_cast<Wide>(1) << 64) % p_);
  square_ = static_cast<std::uint64_t>(static_cast<Wide>(one_) * one_ % p_);
  half_ = one_ % 2 ? (one_ + p_) / 2 : one_ / 2;
}

PrimeField::Element PrimeField::power(Element base, std::uint64_t exponent) const {
  Element result = one_;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2) result = multiply(result, base);
    base = multiply(base, base);
  }
  return result;
}

PrimeField::Element PrimeField::from_double(double x, int shift) const {
  if (x == 0) return 0;
  int exponent = 0;
  const auto mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(x, &exponent), 53));
  exponent += shift - 53;
  const std::uint64_t size = static_cast<std::uint64_t>(mantissa < 0 ? -mantissa : mantissa);
  const Element unsigned_value = multiply(size, square_);
  const Element scaled =
      exponent == 0
          ? unsigned_value
          : multiply(unsigned_value, exponent > 0 ? power(add(one_, one_), static_cast<std::uint64_t>(exponent))
                                                  : power(half_, static_cast<std::uint64_t>(-exponent)));
  return mantissa < 0 ? subtract(0, scaled) : scaled;
}

}  // namespace poise::inline convex
