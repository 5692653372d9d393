// A block of rows of numbers in the narrowest type that holds every one of them exactly.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "base/large_pages.h"
#include "poise/dataset.h"

namespace poise {

/// Rows of parsed numbers, between parsing and standardizing: 2 to 8 bytes a cell, so that the table as parsed stays
/// within about twice its text ("0," needs 2 bytes, "0.125," 4, "0.1234," 8). Missing values are NaN.
class PackedRows {
 public:
  PackedRows() = default;
  PackedRows(Index cols, std::shared_ptr<LargePool> pool) : cols_(cols), array_(std::move(pool)) {}
  PackedRows(std::span<const double> values, Index cols) : cols_(cols) { append(values); }

  /// Some more rows. The type widens, for all rows, at the first number that does not fit. `narrow`: all of them are
  /// known to be integers of 16 bits.
  void append(std::span<const double> values, bool narrow = false);
  /// Makes room for so many numbers in all, of the type that holds those so far.
  void reserve(std::size_t numbers);
  /// Gives back what was reserved for nothing.
  void trim();

  /// The numbers of one row.
  void unpack(Index row, double* out) const;
  /// use(x) with all rows, one behind the other, x a pointer to int16, float or double.
  template <typename Use>
  decltype(auto) visit(const Use& use) const {
    switch (type_) {
      case Type::kInteger:
        return use(array_.data<const std::int16_t>());
      case Type::kFloat:
        return use(array_.data<const float>());
      default:
        return use(array_.data<const double>());
    }
  }
  /// The same, if all numbers are integers of 16 bits; else null.
  const std::int16_t* integers() const { return type_ == Type::kInteger ? array_.data<const std::int16_t>() : nullptr; }

 private:
  enum class Type : std::uint8_t { kInteger, kFloat, kDouble };

  template <typename T>
  T* grow(std::size_t more);
  template <typename Narrow, typename Wide>
  void widen(Type type);
  std::size_t width() const { return type_ == Type::kInteger ? 2 : type_ == Type::kFloat ? 4 : 8; }

  Index cols_ = 0;
  Type type_ = Type::kInteger;
  std::size_t size_ = 0;  // numbers
  PoolArray array_;
};

}  // namespace poise
