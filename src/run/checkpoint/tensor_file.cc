#include "run/checkpoint/tensor_file.h"

#include <fmt/core.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "base/parse_json.h"
#include "data/bytes/hash.h"
#include "poise/error.h"
#include "run/json_text.h"

namespace poise::inline run {
namespace {

using nlohmann::json;

constexpr std::size_t kSizeBytes = 8;
constexpr const char *kMetadata = "__metadata__", *kChecksum = "checksum";

/// Of the numbers, and of the header that says which they are, without its checksum.
std::string checksum_of(json header, std::string_view numbers) {
  header[kMetadata].erase(kChecksum);
  const std::string text = to_text(header);
  return fmt::format("{:016x}{:016x}", hash_block(text.data(), text.size()),
                     hash_block(numbers.data(), numbers.size()));
}

[[noreturn]] void fail(const std::string& path) {
  throw Error(ErrorKind::kData, "the checkpoint is damaged", "a file that poise train has written whole",
              "remove it, and training begins anew", {path});
}

std::size_t bytes_of(const std::string& type) {
  if (type == "F64" || type == "I64") return 8;
  if (type == "F32") return 4;
  return type == "U8" ? 1 : 0;
}

/// A tensor as the header has it, from the bytes behind it; empty if it contradicts itself or them.
std::optional<Tensor> tensor_of(const json& entry, std::string_view numbers) {
  Tensor tensor{entry.at("dtype").get<std::string>(), entry.at("shape").get<std::vector<Index>>(), {}};
  const auto offsets = entry.at("data_offsets").get<std::vector<std::uint64_t>>();
  const std::size_t each = bytes_of(tensor.type);
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > numbers.size() || each == 0) return std::nullopt;
  std::uint64_t count = 1;
  for (const Index size : tensor.shape) {
    const auto factor = static_cast<std::uint64_t>(size);
    if (size < 0 || (factor > 0 && count > numbers.size() / factor)) return std::nullopt;
    count *= factor;
  }
  if (count * each != offsets[1] - offsets[0]) return std::nullopt;
  tensor.bytes = numbers.substr(offsets[0], offsets[1] - offsets[0]);
  return tensor;
}

TensorFile file_of(const json& header, std::string_view numbers, const std::string& path) {
  TensorFile file;
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadata) {
      file.metadata = entry.get<std::map<std::string, std::string>>();
    } else if (std::optional<Tensor> tensor = tensor_of(entry, numbers)) {
      file.tensors[name] = std::move(*tensor);
    } else {
      fail(path);
    }
  }
  if (file.metadata[kChecksum] != checksum_of(header, numbers)) fail(path);
  file.metadata.erase(kChecksum);
  return file;
}

}  // namespace

std::string serialize(const TensorFile& file) {
  json header;
  std::string numbers;
  for (const auto& [name, tensor] : file.tensors) {
    const std::size_t begin = numbers.size();
    numbers += tensor.bytes;
    header[name] = {{"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {begin, numbers.size()}}};
  }
  header[kMetadata] = file.metadata;
  header[kMetadata][kChecksum] = checksum_of(header, numbers);
  std::string text = to_text(header);
  text.resize((text.size() + kSizeBytes - 1) / kSizeBytes * kSizeBytes, ' ');  // numbers begin at a multiple of 8
  const std::uint64_t size = text.size();
  std::string bytes(kSizeBytes, '\0');
  std::memcpy(bytes.data(), &size, kSizeBytes);
  bytes.reserve(kSizeBytes + text.size() + numbers.size());
  return bytes.append(text).append(numbers);
}

TensorFile parse_tensor_file(std::string_view bytes, const std::string& path) {
  std::uint64_t size = 0;
  if (bytes.size() < kSizeBytes) fail(path);
  std::memcpy(&size, bytes.data(), kSizeBytes);
  bytes.remove_prefix(kSizeBytes);
  if (size > bytes.size()) fail(path);
  const json header = parse_json(bytes.substr(0, size));
  if (!header.is_object()) fail(path);
  try {
    return file_of(header, bytes.substr(size), path);
  } catch (const json::exception&) {
    fail(path);
  }
}

}  // namespace poise::inline run
