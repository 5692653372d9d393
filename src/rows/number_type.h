// From a stored type to a type of C++.
#pragma once

#include <cstring>
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

/// use(T{}) with the type that `type` stands for.
template <typename Use>
decltype(auto) with_type(NumberType type, const Use& use) {
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

/// The number at `place`, which need not be aligned: records have no gaps.
template <typename T>
T number_at(const std::byte* place) {
  T value;
  std::memcpy(&value, place, sizeof(T));
  return value;
}

}  // namespace poise::inline rows
