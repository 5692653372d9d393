#include <fmt/core.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "frame.h"
#include "poise/error.h"

namespace poise::python {
namespace {

constexpr double kLargestExact = 0x1p53;

struct Half {
  std::uint16_t bits;
};

double number(Half half) {
  const int exponent = half.bits >> 10 & 31, fraction = half.bits & 1023;
  double size = std::ldexp(1024 + fraction, exponent - 25);
  if (exponent == 0) size = std::ldexp(fraction, -24);
  if (exponent == 31) size = fraction == 0 ? std::numeric_limits<double>::infinity() : std::nan("");
  return half.bits >> 15 != 0 ? -size : size;
}

template <typename T>
double number(T value) {
  return static_cast<double>(value);
}

[[noreturn]] void fail_integer(const std::string& name) {
  throw Error(ErrorKind::kData, fmt::format("column '{}' has whole numbers beyond 2^53", name),
              "numbers that float64 holds exactly", "if they are names of things: as text");
}

template <typename T>
void load(const Cells& cells, const std::string& name, Index first, Index count, double* to) {
  for (Index i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, cells.data + (first + i) * cells.stride, sizeof(T));
    to[i] = number(value);
    if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
      if (std::abs(to[i]) > kLargestExact && cells.is_present(first + i)) fail_integer(name);
    }
  }
}

}  // namespace

bool Cells::is_present(Index row) const {
  if (present == nullptr) return true;
  const std::int64_t bit = first_bit + row;
  return (present[bit / 8] >> (bit % 8) & 1) != 0;
}

std::int32_t Strings::number_of(std::string_view text) {
  const auto [found, is_new] = numbers_.emplace(text, static_cast<std::int32_t>(all_.size()));
  if (is_new) all_.emplace_back(text);
  return found->second;
}

Strings Strings::spelled(const char* yes, const char* no) const {
  Strings result;
  for (const std::string& text : all_) result.number_of(text == "True" || text == "true" ? yes : no);
  return result;
}

Index Frame::rows() const {
  Index sum = 0;
  for (const FrameRows& part : parts) sum += part.rows;
  return sum;
}

void load_cells(const Cells& cells, const std::string& name, Index first, Index count, double* to) {
  constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  if (cells.data == nullptr) {
    std::fill_n(to, count, kMissing);
    return;
  }
  switch (cells.type) {
    case CellType::kInt8:
      load<std::int8_t>(cells, name, first, count, to);
      break;
    case CellType::kInt16:
      load<std::int16_t>(cells, name, first, count, to);
      break;
    case CellType::kInt32:
      load<std::int32_t>(cells, name, first, count, to);
      break;
    case CellType::kInt64:
      load<std::int64_t>(cells, name, first, count, to);
      break;
    case CellType::kUint8:
      load<std::uint8_t>(cells, name, first, count, to);
      break;
    case CellType::kUint16:
      load<std::uint16_t>(cells, name, first, count, to);
      break;
    case CellType::kUint32:
      load<std::uint32_t>(cells, name, first, count, to);
      break;
    case CellType::kUint64:
      load<std::uint64_t>(cells, name, first, count, to);
      break;
    case CellType::kFloat16:
      load<Half>(cells, name, first, count, to);
      break;
    case CellType::kFloat32:
      load<float>(cells, name, first, count, to);
      break;
    case CellType::kFloat64:
      load<double>(cells, name, first, count, to);
      break;
    case CellType::kText:
      throw Error(ErrorKind::kInternal, "text as numbers");
  }
  for (Index i = 0; cells.present != nullptr && i < count; ++i) {
    if (!cells.is_present(first + i)) to[i] = kMissing;
  }
}

}  // namespace poise::python
