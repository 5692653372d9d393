// What writer and reader of the model file agree on.
#pragma once

#include <string>

#include "poise/model.h"

namespace poise {

inline constexpr const char* kProducer = "poise";
inline constexpr const char* kSchemaKey = "schema";  ///< metadata_props "poise.schema": the schema as JSON
inline constexpr const char* kFormatKey = "format";  ///< metadata_props "poise.format": kFormatVersion, the last entry
inline constexpr int kFormatVersion = 1;             ///< goes up when an older Poise could not read the file

/// What is wrong with shapes, schema or numbers of a model, as a sentence; empty if nothing is.
std::string model_fault(const SoftmaxModel& model);

}  // namespace poise
