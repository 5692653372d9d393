#include <cstdint>
#include <cstring>

#include "network/onnx_file.h"

namespace poise::inline network::onnx {
namespace {

/// One field: its number, and a number or bytes.
struct Field {
  enum class Kind { kNumber, kBytes, kFixed };
  std::uint64_t number = 0;
  Kind kind = Kind::kNumber;
  std::uint64_t value = 0;
  std::string_view bytes;

  bool is(std::uint64_t wanted, Kind of) const { return number == wanted && kind == of; }
  bool is_text(std::uint64_t wanted) const { return is(wanted, Kind::kBytes); }
};

/// Takes fields off the front of a message.
class Reader {
 public:
  explicit Reader(std::string_view message) : rest_(message) {}

  /// False at the end, and where something is wrong: then `whole` is false.
  bool next(Field& field) {
    if (rest_.empty() || !whole_) return false;
    std::uint64_t key = 0;
    whole_ = varint(key) && key >> 3 != 0 && value(key & 7, field);
    field.number = key >> 3;
    return whole_;
  }
  bool whole() const { return whole_; }

  bool varint(std::uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 127u} << shift;
      if (byte < 128) return true;
    }
    return false;
  }
  bool empty() const { return rest_.empty(); }

 private:
  bool value(std::uint64_t wire, Field& field) {
    std::uint64_t length = 0;
    switch (wire) {
      case 0:
        field.kind = Field::Kind::kNumber;
        return varint(field.value);
      case 1:
        field.kind = Field::Kind::kFixed;
        return take(8, field.bytes);
      case 2:
        field.kind = Field::Kind::kBytes;
        return varint(length) && take(length, field.bytes);
      case 5:
        field.kind = Field::Kind::kFixed;
        return take(4, field.bytes);
      default:
        return false;
    }
  }

  bool take(std::uint64_t count, std::string_view& bytes) {
    if (count > rest_.size()) return false;
    bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return true;
  }

  std::string_view rest_;
  bool whole_ = true;
};

bool append_doubles(std::string_view bytes, std::vector<double>& to) {
  if (bytes.size() % sizeof(double) != 0) return false;
  const std::size_t before = to.size();
  to.resize(before + bytes.size() / sizeof(double));
  if (!bytes.empty()) std::memcpy(to.data() + before, bytes.data(), bytes.size());
  return true;
}

/// Numbers one a field, or packed into one.
bool append_sizes(const Field& field, std::vector<Index>& to) {
  if (field.kind == Field::Kind::kNumber) {
    to.push_back(static_cast<Index>(field.value));
    return true;
  }
  if (field.kind != Field::Kind::kBytes) return true;
  Reader numbers(field.bytes);
  for (std::uint64_t value = 0; !numbers.empty();) {
    if (!numbers.varint(value)) return false;
    to.push_back(static_cast<Index>(value));
  }
  return true;
}

bool read(std::string_view bytes, Tensor& tensor) {
  Reader fields(bytes);
  for (Field field; fields.next(field);) {
    if (field.number == 1 && !append_sizes(field, tensor.shape)) return false;
    if (field.is(2, Field::Kind::kNumber)) tensor.type = static_cast<Index>(field.value);
    if (field.is_text(8)) tensor.name = field.bytes;
    const bool has_doubles = field.number == 10 && field.kind != Field::Kind::kNumber;
    if (has_doubles && !append_doubles(field.bytes, tensor.doubles)) return false;
  }
  return fields.whole();
}

bool read(std::string_view bytes, Graph& graph) {
  Reader fields(bytes);
  for (Field field; fields.next(field);) {
    if (field.is_text(5) && !read(field.bytes, graph.constants.emplace_back())) return false;
  }
  return fields.whole();
}

bool read(std::string_view bytes, std::pair<std::string, std::string>& entry) {
  Reader fields(bytes);
  for (Field field; fields.next(field);) {
    if (field.is_text(1)) entry.first = field.bytes;
    if (field.is_text(2)) entry.second = field.bytes;
  }
  return fields.whole();
}

}  // namespace

bool read(std::string_view bytes, Model& model) {
  Reader fields(bytes);
  for (Field field; fields.next(field);) {
    if (field.is_text(2)) model.producer_name = field.bytes;
    if (field.is_text(3)) model.producer_version = field.bytes;
    if (field.is_text(7)) {
      model.has_graph = true;
      if (!read(field.bytes, model.graph)) return false;
    }
    if (field.is_text(14) && !read(field.bytes, model.metadata.emplace_back())) return false;
  }
  return fields.whole();
}

}  // namespace poise::inline network::onnx
