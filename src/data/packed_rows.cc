#include "data/packed_rows.h"

#include <algorithm>
#include <limits>

namespace poise {
namespace {

// Both conversions go on where a number does not fit, so that the loops have no exit and the compiler vectorizes them.

/// Whether all are integers of 16 bits; `to` gets them.
bool convert(std::span<const double> values, std::int16_t* to) {
  std::int64_t wrong = 0;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double x = values[k], above = x > -32768 ? x : -32768, inside = above < 32767 ? above : 32767;
    const auto integer = static_cast<std::int32_t>(inside);
    to[k] = static_cast<std::int16_t>(integer);
    wrong += static_cast<double>(integer) != x ? 1 : 0;
  }
  return wrong == 0;
}

/// Whether all are NaN or finite and exact in float32; `to` gets them.
bool convert(std::span<const double> values, float* to) {
  constexpr double kLargest = std::numeric_limits<float>::max();
  std::int64_t wrong = 0;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double x = values[k], above = x < -kLargest ? -kLargest : x, inside = above > kLargest ? kLargest : above;
    to[k] = static_cast<float>(inside);
    wrong += x == x && static_cast<double>(to[k]) != x ? 1 : 0;
  }
  return wrong == 0;
}

/// Integers of 16 bits onto the others.
void append_integers(std::span<const double> values, std::vector<std::int16_t>& packed) {
  const std::size_t before = packed.size();
  packed.resize(before + values.size());
  std::int16_t* const to = packed.data() + before;
  for (std::size_t k = 0; k < values.size(); ++k) {
    to[k] = static_cast<std::int16_t>(static_cast<std::int32_t>(values[k]));
  }
}

template <typename Wide, typename Narrow>
std::vector<Wide> widened(const std::vector<Narrow>& values) {
  std::vector<Wide> wide;
  wide.reserve(values.capacity());
  wide.insert(wide.end(), values.begin(), values.end());
  return wide;
}

}  // namespace

void PackedRows::append(std::span<const double> values, bool narrow) {
  const auto fits = [&](auto& packed) {
    const std::size_t before = packed.size();
    packed.resize(before + values.size());
    if (convert(values, packed.data() + before)) return true;
    packed.resize(before);
    return false;
  };
  if (auto* packed = std::get_if<std::vector<std::int16_t>>(&values_)) {
    if (narrow) return append_integers(values, *packed);
    if (fits(*packed)) return;
    values_ = widened<float>(*packed);
  }
  if (auto* packed = std::get_if<std::vector<float>>(&values_)) {
    if (fits(*packed)) return;
    values_ = widened<double>(*packed);
  }
  auto& packed = std::get<std::vector<double>>(values_);
  packed.insert(packed.end(), values.begin(), values.end());
}

void PackedRows::reserve(std::size_t numbers) {
  std::visit([&](auto& values) { values.reserve(numbers); }, values_);
}

void PackedRows::unpack(Index row, double* out) const {
  std::visit([&](const auto& values) { std::copy_n(values.data() + row * cols_, cols_, out); }, values_);
}

}  // namespace poise
