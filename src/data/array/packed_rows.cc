#include "data/array/packed_rows.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace poise::inline data {
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

void PackedRows::make_room(std::size_t bytes) {
  if (bytes <= capacity_) return;
  std::shared_ptr<void> larger = allocate_unwritten(bytes);
  if (size_ > 0) std::memcpy(larger.get(), memory_.get(), size_ * width());
  memory_ = std::move(larger), capacity_ = bytes;
}

/// Room for so many more numbers, and the place of the first.
template <typename T>
T* PackedRows::grow(std::size_t more) {
  const std::size_t needed = (size_ + more) * sizeof(T);
  if (needed > capacity_) make_room(std::max(needed, 2 * capacity_));
  return static_cast<T*>(memory_.get()) + size_;
}

template <typename Narrow, typename Wide>
void PackedRows::widen(Type type) {
  type_ = type;
  if (size_ == 0) return;
  const std::size_t wider = capacity_ / sizeof(Narrow) * sizeof(Wide);
  std::shared_ptr<void> wide = allocate_unwritten(wider);
  std::copy_n(data<Narrow>(), size_, static_cast<Wide*>(wide.get()));
  memory_ = std::move(wide), capacity_ = wider;
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

void PackedRows::reserve(std::size_t numbers) { make_room(numbers * width()); }

void PackedRows::unpack(Index row, double* out) const {
  visit([&](const auto* x) { std::copy_n(x + row * cols_, cols_, out); });
}

}  // namespace poise::inline data
