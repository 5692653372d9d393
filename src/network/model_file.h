// The bytes of a model file, apart from where they lie.
#pragma once

#include <string>
#include <string_view>

#include "poise/model.h"

namespace poise {

/// The ONNX file as bytes. Throws Error(kUsage) if the model contradicts itself, Error(kResource) beyond 2 GB.
std::string serialize_model(const SoftmaxModel& model);

/// The inverse, exact. Throws Error(kData) naming `file` if the bytes are not a Poise model, whatever they are.
SoftmaxModel parse_model(std::string_view bytes, const std::string& file);

}  // namespace poise
