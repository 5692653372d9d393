// Messages of protocol buffers (protobuf.dev/programming-guides/encoding), written without their library.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/index.h"

namespace poise::inline base {

/// Appends fields to a message, in the order of their numbers, as protobuf does.
class ProtobufWriter {
 public:
  std::string take() { return std::move(out_); }

  void number(int field, Index value) {
    key(field, Wire::kVarint);
    varint(out_.size(), static_cast<std::uint64_t>(value));
  }
  void float64(int field, double value) { fixed(field, Wire::kEightBytes, value); }
  void float32(int field, float value) { fixed(field, Wire::kFourBytes, value); }
  void text(int field, std::string_view value) {
    key(field, Wire::kBytes);
    varint(out_.size(), value.size());
    out_.append(value);
  }
  void text_if_any(int field, std::string_view value) {
    if (!value.empty()) text(field, value);
  }
  void texts(int field, const std::vector<std::string>& values) {
    for (const std::string& value : values) text(field, value);
  }
  /// Numbers as they lie in memory: both formats are little-endian.
  template <std::floating_point T>
  void packed(int field, const std::vector<T>& values) {
    if (!values.empty()) text(field, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)});
  }
  void packed(int field, const std::vector<Index>& values) {
    if (values.empty()) return;
    message(field, [&] {
      for (const Index value : values) varint(out_.size(), static_cast<std::uint64_t>(value));
    });
  }
  /// What `fill` writes is the field. Its length goes before it afterwards.
  void message(int field, auto fill) {
    key(field, Wire::kBytes);
    const std::size_t begin = out_.size();
    fill();
    varint(begin, out_.size() - begin);
  }

 private:
  enum class Wire { kVarint = 0, kEightBytes = 1, kBytes = 2, kFourBytes = 5 };

  template <std::floating_point T>
  void fixed(int field, Wire wire, T value) {
    key(field, wire);
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

  void key(int field, Wire wire) {
    varint(out_.size(), static_cast<std::uint64_t>(field << 3 | static_cast<int>(wire)));
  }

  /// Seven bits a byte, the lowest first; the eighth says that more follow.
  void varint(std::size_t place, std::uint64_t value) {
    char bytes[10];
    std::size_t count = 0;
    for (; value > 127; value >>= 7) bytes[count++] = static_cast<char>(value | 128);
    bytes[count++] = static_cast<char>(value);
    const std::size_t behind = out_.size() - place;
    out_.resize(out_.size() + count);
    std::memmove(out_.data() + place + count, out_.data() + place, behind);
    std::memcpy(out_.data() + place, bytes, count);
  }

  std::string out_;
};

}  // namespace poise::inline base
