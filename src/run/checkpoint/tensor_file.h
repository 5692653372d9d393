// Safetensors, written and read as a whole: named arrays of numbers, and text beside them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "poise/schema.h"

namespace poise::inline run {

struct Tensor {
  std::string type;          ///< "F32", "F64", "I64" or "U8"
  std::vector<Index> shape;  ///< empty: one number
  std::string bytes;         ///< little-endian, in C order
};

struct TensorFile {
  std::map<std::string, std::string> metadata;
  std::map<std::string, Tensor> tensors;
};

/// With a checksum over the numbers among the metadata.
std::string serialize(const TensorFile& file);

/// The inverse. Throws Error(kData) naming `path` if the bytes are none that serialize has made, whatever they are.
TensorFile parse_tensor_file(std::string_view bytes, const std::string& path);

}  // namespace poise::inline run
