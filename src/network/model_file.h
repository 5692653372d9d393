// The bytes of a model file, apart from where they lie.
#pragma once

#include <string>
#include <string_view>

#include "poise/network.h"

namespace poise::inline network {

/// The ONNX file as bytes. Throws Error(kUsage) if the network contradicts itself, Error(kResource) beyond 2 GB.
std::string serialize_network(const Network& network);

/// The inverse, exact. Throws Error(kData) naming `file` if the bytes are not a Poise model, whatever they are.
Network parse_network(std::string_view bytes, const std::string& file);

}  // namespace poise::inline network
