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

}  // namespace

/// Room for so many more numbers, and the place of the first.
template <typename T>
T* PackedRows::grow(std::size_t more) {
  const std::size_t needed = (size_ + more) * sizeof(T);
  if (needed > array_.capacity()) array_.reserve(std::max(needed, 2 * array_.capacity()), size_ * sizeof(T));
  return array_.data<T>() + size_;
}

template <typename Narrow, typename Wide>
void PackedRows::widen(Type type) {
  type_ = type;
  if (size_ == 0) return;
  PoolArray wide(array_.pool());
  wide.reserve(array_.capacity() / sizeof(Narrow) * sizeof(Wide), 0);
  std::copy_n(array_.data<Narrow>(), size_, wide.data<Wide>());
  array_ = std::move(wide);
}

void PackedRows::append(std::span<const double> values, bool narrow) {
  if (type_ == Type::kInteger) {
    auto* const to = grow<std::int16_t>(values.size());
    if (narrow) {
      for (std::size_t k = 0; k < values.size(); ++k) {
        to[k] = static_cast<std::int16_t>(static_cast<std::int32_t>(values[k]));
      }
    } else if (!convert(values, to)) {
      widen<std::int16_t, float>(Type::kFloat);
    }
  }
  if (type_ == Type::kFloat && !convert(values, grow<float>(values.size()))) widen<float, double>(Type::kDouble);
  if (type_ == Type::kDouble) std::copy(values.begin(), values.end(), grow<double>(values.size()));
  size_ += values.size();
}

void PackedRows::reserve(std::size_t numbers) { array_.reserve(numbers * width(), size_ * width()); }

void PackedRows::trim() { array_.trim(size_ * width()); }

void PackedRows::unpack(Index row, double* out) const {
  visit([&](const auto* x) { std::copy_n(x + row * cols_, cols_, out); });
}

}  // namespace poise
