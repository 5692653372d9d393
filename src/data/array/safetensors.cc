#include "data/array/safetensors.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/parse_json.h"
#include "data/array/array_labels.h"
#include "data/array/members.h"

namespace poise::inline data {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kSizeBytes = 8, kLargestHeader = 100'000'000;  // the latter is the format's own limit

std::uint64_t header_size(std::string_view bytes) {
  std::uint64_t size = 0;
  std::memcpy(&size, bytes.data(), kSizeBytes);
  return size;
}

[[noreturn]] void fail(const std::string& file, const std::string& found, const std::string& expected) {
  throw Error(ErrorKind::kData, found, expected, "the file may be damaged: copy or save it again", {file});
}

struct Type {
  const char* name;
  char kind;
  int size;
};
constexpr Type kTypes[] = {{"F64", 'f', 8}, {"F32", 'f', 4}, {"F16", 'f', 2}, {"BF16", 'B', 2}, {"BOOL", 'b', 1},
                           {"U8", 'u', 1},  {"U16", 'u', 2}, {"U32", 'u', 4}, {"U64", 'u', 8},  {"I8", 'i', 1},
                           {"I16", 'i', 2}, {"I32", 'i', 4}, {"I64", 'i', 8}};

/// What the header says of one tensor, checked against the file.
class TensorReader {
 public:
  TensorReader(const Bytes& bytes, const std::string& file, const std::string& name, const Json& entry)
      : bytes_(bytes), file_(file), name_(name), entry_(entry) {}

  NpyArray run() const {
    NpyArray array;
    array.bytes = bytes_;
    set_type(array);
    array.shape = integers<Index>("shape");
    const std::vector<std::uint64_t> offsets = integers<std::uint64_t>("data_offsets");
    const std::uint64_t begin = kSizeBytes + header_size(bytes_.view());
    const std::uint64_t claimed = array_bytes(array.size, array.shape);
    if (claimed == 0) throw Error(ErrorKind::kData, title() + " has no values", "rows of data", {}, {file_});
    if (claimed != offsets[1] - offsets[0]) {
      fail(file_,
           fmt::format("{} takes {} bytes by its shape and {} by its data_offsets", title(), claimed,
                       offsets[1] - offsets[0]),
           "the same");
    }
    array.data_begin = begin + offsets[0];
    return array;
  }

 private:
  std::string title() const { return fmt::format("tensor '{}'", name_); }

  void set_type(NpyArray& array) const {
    const Json type = entry_.is_object() ? entry_.value("dtype", Json()) : Json();
    const std::string name = type.is_string() ? type.get<std::string>() : "";
    const auto* const found = std::ranges::find_if(kTypes, [&](const Type& each) { return name == each.name; });
    if (found == std::end(kTypes)) {
      throw Error(ErrorKind::kData, fmt::format("{} is of type '{}'", title(), name),
                  "F64, F32, F16, BF16, BOOL or integers", "tensor.to(torch.float32)", {file_});
    }
    array.kind = found->kind, array.size = found->size;
  }

  template <typename T>
  std::vector<T> integers(const char* key) const {
    const Json list = entry_.value(key, Json());
    std::vector<T> result;
    if (list.is_array()) {
      for (const Json& each : list) {
        if (each.is_number_unsigned() && each.get<std::uint64_t>() <= (1ULL << 62)) result.push_back(each.get<T>());
      }
    }
    if (!list.is_array() || result.size() != list.size()) {
      fail(file_, fmt::format("{} has no {}", title(), key), "a list of whole numbers");
    }
    return result;
  }

  const Bytes& bytes_;
  const std::string& file_;
  const std::string& name_;
  const Json& entry_;
};

/// Tensors lie one behind another and take all of the file: the format says so, as all else may hide something.
void check_layout(const Json& header, std::uint64_t size, const std::string& file) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    const Json offsets = entry.is_object() ? entry.value("data_offsets", Json()) : Json();
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned())
      fail(file, fmt::format("tensor '{}' has no data_offsets", name), "two whole numbers");
    places.emplace_back(offsets[0].get<std::uint64_t>(), offsets[1].get<std::uint64_t>());
  }
  std::ranges::sort(places);
  std::uint64_t end = 0;
  for (const auto& [begin, after] : places) {
    if (begin != end || after < begin)
      fail(file, fmt::format("tensors overlap or leave a gap at byte {} of the data", std::min(begin, end)),
           "one behind another");
    end = after;
  }
  if (end != size)
    fail(file, fmt::format("tensors take {} bytes, and the file has {} for them", end, size), "the same");
}

Json header_of(const Bytes& bytes, const std::string& file) {
  const std::string_view text = bytes.view().substr(kSizeBytes, header_size(bytes.view()));
  JsonFault fault;
  Json header = parse_json(text, &fault);
  if (fault.has_repeated) fail(file, "in the header of the safetensors file " + repeats(fault), "each once");
  if (!header.is_object()) fail(file, "the header of the safetensors file is no JSON object", "one of tensors");
  check_layout(header, bytes.size - kSizeBytes - header_size(bytes.view()), file);
  return header;
}

std::vector<Member> members_of(const Json& header) {
  std::vector<Member> members;
  for (const auto& [key, entry] : header.items()) {
    if (key == "__metadata__") continue;
    const Json shape = entry.is_object() ? entry.value("shape", Json()) : Json();
    members.push_back({key, shape.is_array() ? shape.size() : 0});
  }
  return members;
}

}  // namespace

bool is_safetensors(std::string_view bytes) {
  if (bytes.size() < kSizeBytes + 2) return false;
  const std::uint64_t size = header_size(bytes);
  return size >= 2 && size <= std::min(bytes.size() - kSizeBytes, kLargestHeader) && bytes[kSizeBytes] == '{';
}

std::vector<std::string> safetensors_names(const Bytes& bytes, const std::string& file) {
  std::vector<std::string> names;
  for (const Member& member : members_of(header_of(bytes, file))) names.push_back(member.name);
  return names;
}

std::map<std::string, std::string> safetensors_metadata(const Bytes& bytes, const std::string& file) {
  std::map<std::string, std::string> metadata;
  const Json header = header_of(bytes, file);
  if (!header.contains("__metadata__")) return metadata;
  for (const auto& [key, value] : header["__metadata__"].items()) {
    if (value.is_string()) metadata[key] = value.get<std::string>();
  }
  return metadata;
}

NpyArray parse_safetensors(const Bytes& bytes, const std::string& file, const std::string& name) {
  const Json header = header_of(bytes, file);
  const std::vector<Member> members = members_of(header);
  const std::string chosen = choose_member(members, name, "tensor", file);
  return TensorReader(bytes, file, chosen, header.at(chosen)).run();
}

}  // namespace poise::inline data
