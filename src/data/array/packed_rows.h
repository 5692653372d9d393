// A block of rows of numbers in the narrowest type that holds every one of them exactly.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/pages.h"
#include "poise/dataset.h"

namespace poise::inline data {

/// Rows of parsed numbers, between parsing and standardizing: 2 to 8 bytes a cell, so that the table as parsed stays
/// within about twice its text ("0," needs 2 bytes, "0.125," 4, "0.1234," 8). Missing values are NaN.
class PackedRows {
 public:
  PackedRows() = default;
  PackedRows(PackedRows&&) noexcept = default;
  PackedRows& operator=(PackedRows&&) noexcept = default;
  explicit PackedRows(Index cols) : cols_(cols) {}
  PackedRows(std::span<const double> values, Index cols) : cols_(cols) { append(values); }

  /// Some more rows. The type widens, for all rows, at the first number that does not fit. `narrow`: all of them are
  /// known to be integers of 16 bits.
  void append(std::span<const double> values, bool narrow = false);
  /// Makes room for so many numbers in all, of the type that holds those so far.
  void reserve(std::size_t numbers);

  /// The numbers of one row.
  void unpack(Index row, double* out) const;
  /// use(x) with all rows, one behind the other, x a pointer to int16, float or double.
  template <typename Use>
  decltype(auto) visit(const Use& use) const {
    switch (type_) {
      case Type::kInteger:
        return use(data<std::int16_t>());
      case Type::kFloat:
        return use(data<float>());
      default:
        return use(data<double>());
    }
  }
  /// The same, if all numbers are integers of 16 bits; else null.
  const std::int16_t* integers() const { return type_ == Type::kInteger ? data<std::int16_t>() : nullptr; }

 private:
  enum class Type : std::uint8_t { kInteger, kFloat, kDouble };

  template <typename T>
  const T* data() const {
    return static_cast<const T*>(memory_.get());
  }
  void make_room(std::size_t bytes);
  template <typename T>
  T* grow(std::size_t more);
  template <typename Narrow, typename Wide>
  void widen(Type type);
  std::size_t width() const { return type_ == Type::kInteger ? 2 : type_ == Type::kFloat ? 4 : 8; }

  Index cols_ = 0;
  Type type_ = Type::kInteger;
  std::size_t size_ = 0, capacity_ = 0;  // numbers, and bytes
  std::shared_ptr<void> memory_;
};

}  // namespace poise::inline data
