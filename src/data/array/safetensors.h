// Safetensors: the size of a header, the header in JSON, and tensors of little-endian numbers in C order.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/array/npy.h"

namespace poise::inline data {

/// Whether the bytes begin with a size and a JSON object of that size.
bool is_safetensors(std::string_view bytes);

/// The names of its tensors.
std::vector<std::string> safetensors_names(const Bytes& bytes, const std::string& file);

/// Its metadata, texts by keys; empty if it has none.
std::map<std::string, std::string> safetensors_metadata(const Bytes& bytes, const std::string& file);

/// The tensor of this name, where it is. Without a name: the only one, or the only one of two or three dimensions.
/// F64, F32, F16, BF16, BOOL and integers. Error(kData) naming the tensor, and what there is in its place.
NpyArray parse_safetensors(const Bytes& bytes, const std::string& file, const std::string& name);

}  // namespace poise::inline data
