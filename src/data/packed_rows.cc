#include "data/packed_rows.h"

#include <algorithm>
#include <limits>

namespace poise {
namespace {

bool fits_short(double x) {
  return x >= -32768 && x <= 32767 && static_cast<double>(static_cast<std::int16_t>(x)) == x;
}

bool fits_float(double x) {
  if (x != x) return true;
  constexpr double kLargest = std::numeric_limits<float>::max();
  return x >= -kLargest && x <= kLargest && static_cast<double>(static_cast<float>(x)) == x;
}

template <typename T>
std::vector<T> convert(std::span<const double> values) {
  std::vector<T> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(), [](double x) { return static_cast<T>(x); });
  return result;
}

}  // namespace

PackedRows::PackedRows(std::span<const double> values, Index cols) : cols_(cols) {
  const auto beyond_short = std::find_if_not(values.begin(), values.end(), fits_short);
  if (beyond_short == values.end()) {
    values_ = convert<std::int16_t>(values);
  } else if (std::all_of(beyond_short, values.end(), fits_float)) {
    values_ = convert<float>(values);
  } else {
    values_ = std::vector<double>(values.begin(), values.end());
  }
}

void PackedRows::unpack(Index row, double* out) const {
  std::visit([&](const auto& values) { std::copy_n(values.data() + row * cols_, cols_, out); }, values_);
}

}  // namespace poise
