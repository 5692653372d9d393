#include "rows/narrow.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/pages.h"
#include "rows/number_type.h"

namespace poise::inline rows {
namespace {

template <typename T>
bool holds(double low, double high) {
  return low >= std::numeric_limits<T>::min() && high <= std::numeric_limits<T>::max();
}

bool is_integer(double value) { return std::nearbyint(value) == value && holds<std::int32_t>(value, value); }

/// The type of every column, zeros that are not stored included.
std::vector<NumberType> column_types(const CsrView& x) {
  const std::size_t d = x.cols;
  std::vector<Fineness> fineness(d);
  std::vector<double> low(d), high(d);
  for (std::size_t k = 0; k < x.entries(); ++k) {
    const Index j = x.columns[k];
    const double value = x.value(k);
    fineness[j].add(value);
    low[j] = std::min(low[j], value), high[j] = std::max(high[j], value);
  }
  std::vector<NumberType> types;
  for (std::size_t j = 0; j < d; ++j) types.push_back(narrowest_type(fineness[j], low[j], high[j]));
  return types;
}

}  // namespace

void Fineness::add(double value) {
  integers = integers && is_integer(value);
  floats = floats && fits_float(value);
}

NumberType narrowest_type(const Fineness& fineness, double low, double high) {
  if (fineness.integers && holds<std::uint8_t>(low, high)) return NumberType::kUint8;
  if (fineness.integers && holds<std::int16_t>(low, high)) return NumberType::kInt16;
  if (fineness.integers) return NumberType::kInt32;
  return fineness.floats ? NumberType::kFloat32 : NumberType::kFloat64;
}

void narrow(CsrMatrix& matrix) {
  if (!std::all_of(matrix.doubles.begin(), matrix.doubles.end(), &fits_float)) return;
  matrix.values.assign(matrix.doubles.begin(), matrix.doubles.end());
  matrix.doubles = {};
}

Features to_dense(const Features& x) {
  const CsrView* const sparse = x.sparse();
  if (sparse == nullptr) return x;
  const std::vector<NumberType> types = column_types(*sparse);
  DenseRows records;
  std::vector<Index> place;
  for (std::size_t j = 0; j < types.size(); ++j) {
    if (records.runs.empty() || records.runs.back().type != types[j])
      records.runs.push_back({types[j], static_cast<Index>(j), 0, records.stride});
    ++records.runs.back().count;
    place.push_back(records.stride);
    records.stride += static_cast<Index>(size_of(types[j]));
  }
  const std::size_t bytes = x.rows() * records.stride;
  const std::shared_ptr<void> owner = allocate_unwritten(bytes);
  std::memset(owner.get(), 0, bytes);
  auto* record = static_cast<std::byte*>(owner.get());
  records.data = record;
  for (Index i = 0; i < x.rows(); ++i, record += records.stride) {
    for (Index k = sparse->row_start[i]; k < sparse->row_start[i + 1]; ++k) {
      const Index j = sparse->columns[k];
      with_plain_type(types[j], [&](auto number) {
        number = static_cast<decltype(number)>(sparse->value(k));
        std::memcpy(record + place[j], &number, sizeof(number));
      });
    }
  }
  return Features::from_records(owner, std::move(records), x.rows());
}

}  // namespace poise::inline rows
