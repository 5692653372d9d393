#include "data/column_types.h"

#include <cmath>
#include <limits>

#include "rows/narrow.h"

namespace poise {
namespace {

template <typename T>
bool holds(double low, double high) {
  return low >= std::numeric_limits<T>::min() && high <= std::numeric_limits<T>::max();
}

bool is_integer(double value) { return std::nearbyint(value) == value && holds<std::int32_t>(value, value); }

}  // namespace

void Fineness::add(double value) {
  integers = integers && is_integer(value);
  floats = floats && fits_float(value);
}

std::vector<Fineness> chunk_fineness(const TableChunk& chunk, Index columns) {
  std::vector<Fineness> found(static_cast<std::size_t>(columns));
  if (chunk.numbers.integers() != nullptr) return found;
  chunk.numbers.visit([&](const auto* x) {
    for (Index i = 0; i < chunk.rows; ++i, x += columns) {
      for (std::size_t j = 0; j < found.size(); ++j) {
        const auto value = static_cast<double>(x[j]);
        if (value == value && (found[j].integers || found[j].floats)) found[j].add(value);
      }
    }
  });
  return found;
}

NumberType narrowest_type(const Fineness& fineness, double low, double high) {
  if (fineness.integers && holds<std::uint8_t>(low, high)) return NumberType::kUint8;
  if (fineness.integers && holds<std::int16_t>(low, high)) return NumberType::kInt16;
  if (fineness.integers) return NumberType::kInt32;
  return fineness.floats ? NumberType::kFloat32 : NumberType::kFloat64;
}

}  // namespace poise
