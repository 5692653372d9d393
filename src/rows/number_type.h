// From a stored type to a type of C++.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "poise/rows.h"

namespace poise::inline rows {

template <typename T>
constexpr NumberType number_type() {
  if constexpr (std::is_same_v<T, std::uint8_t>) return NumberType::kUint8;
  if constexpr (std::is_same_v<T, std::int16_t>) return NumberType::kInt16;
  if constexpr (std::is_same_v<T, std::int32_t>) return NumberType::kInt32;
  if constexpr (std::is_same_v<T, float>) return NumberType::kFloat32;
  if constexpr (std::is_same_v<T, double>) return NumberType::kFloat64;
}

/// IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction.
struct Float16 {
  std::uint16_t bits = 0;

  explicit operator double() const {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double size = std::ldexp(exponent == 0 ? fraction : fraction + 1024, std::max(exponent, 1) - 25);
    if (exponent == 31) {
      size = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    }
    return (bits & 0x8000) != 0 ? -size : size;
  }
  explicit operator float() const { return static_cast<float>(static_cast<double>(*this)); }
};

/// The upper half of a float32.
struct Bfloat16 {
  std::uint16_t bits = 0;

  explicit operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
  explicit operator double() const { return static_cast<double>(static_cast<float>(*this)); }
};

/// Bytes from one column of the run to the next.
inline Index step_of(const ColumnRun& run) { return run.step != 0 ? run.step : static_cast<Index>(size_of(run.type)); }

/// use(T{}) with the plain type that `type` stands for: one that narrowest_type chooses.
template <typename Use>
decltype(auto) with_plain_type(NumberType type, const Use& use) {
  switch (type) {
    case NumberType::kUint8:
      return use(std::uint8_t{});
    case NumberType::kInt16:
      return use(std::int16_t{});
    case NumberType::kInt32:
      return use(std::int32_t{});
    case NumberType::kFloat32:
      return use(float{});
    default:
      return use(double{});
  }
}

/// use(T{}) with the type that `type` stands for.
template <typename Use>
decltype(auto) with_type(NumberType type, const Use& use) {
  switch (type) {
    case NumberType::kFloat16:
      return use(Float16{});
    case NumberType::kBfloat16:
      return use(Bfloat16{});
    default:
      return with_plain_type(type, use);
  }
}

/// The number at `place`, which need not be aligned: records have no gaps.
template <typename T>
T number_at(const std::byte* place) {
  T value;
  std::memcpy(&value, place, sizeof(T));
  return value;
}

}  // namespace poise::inline rows
