// Plain values as bytes, in the order and form in which processors of one kind have them in memory.
#pragma once

#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/require.h"
#include "poise/dataset.h"

namespace poise::inline convex {

class MessageWriter {
 public:
  template <typename T>
    requires std::is_trivially_copyable_v<T>
  void put(const T& value) {
    put_bytes(&value, sizeof value);
  }
  template <typename T>
  void put_all(std::span<const T> values) {
    put(static_cast<std::uint64_t>(values.size()));
    put_bytes(values.data(), values.size_bytes());
  }
  template <typename T>
  void put_all(const std::vector<T>& values) {
    put_all(std::span<const T>(values));
  }
  void put_text(std::string_view text) { put_all(std::span<const char>(text)); }
  template <typename Dense>
  void put_matrix(const Dense& matrix) {
    put(matrix.rows()), put(matrix.cols());
    put_bytes(matrix.data(), matrix.size() * sizeof(typename Dense::Scalar));
  }

  std::string take() { return std::move(bytes_); }

 private:
  void put_bytes(const void* from, std::size_t size) {
    if (size > 0) bytes_.append(static_cast<const char*>(from), size);
  }

  std::string bytes_;
};

/// Reads what was put, in the same order. Error(kUsage) where there is less.
class MessageReader {
 public:
  explicit MessageReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  T get() {
    T value;
    get_bytes(&value, sizeof value);
    return value;
  }
  template <typename T>
  std::vector<T> get_all() {
    std::vector<T> values(checked(get<std::uint64_t>(), sizeof(T)));
    get_bytes(values.data(), values.size() * sizeof(T));
    return values;
  }
  std::string get_text() {
    std::string text(checked(get<std::uint64_t>(), 1), '\0');
    get_bytes(text.data(), text.size());
    return text;
  }
  template <typename Dense>
  Dense get_matrix() {
    const auto rows = get<Index>(), cols = get<Index>();
    require(rows >= 0 && cols >= 0 && (cols == 0 || rows <= std::ssize(bytes_) / cols), kFound, kExpected);
    Dense matrix(rows, cols);
    get_bytes(matrix.data(), matrix.size() * sizeof(typename Dense::Scalar));
    return matrix;
  }

 private:
  static constexpr const char* kFound = "a message of another process that ends early";
  static constexpr const char* kExpected = "one of the same version of Poise";

  std::size_t checked(std::uint64_t count, std::size_t size) const {
    require(count <= bytes_.size() / size, kFound, kExpected);
    return count;
  }
  void get_bytes(void* to, std::size_t size) {
    require(size <= bytes_.size(), kFound, kExpected);
    if (size > 0) std::memcpy(to, bytes_.data(), size);
    bytes_.remove_prefix(size);
  }

  std::string_view bytes_;
};

}  // namespace poise::inline convex
