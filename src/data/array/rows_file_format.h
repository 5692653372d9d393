// What the writer and the reader of a row file have to agree in.
#pragma once

#include "base/names.h"
#include "poise/rows.h"

namespace poise::inline data {

/// The key of the metadata whose value, JSON as text, is all that is no tensor.
inline constexpr const char* kRowsKey = "poise.rows";

/// Types as safetensors names them.
inline std::span<const Named<NumberType>> names_of(NumberType) {
  static constexpr Named<NumberType> kAll[] = {{NumberType::kUint8, "U8"},     {NumberType::kInt16, "I16"},
                                               {NumberType::kInt32, "I32"},    {NumberType::kFloat32, "F32"},
                                               {NumberType::kFloat64, "F64"},  {NumberType::kFloat16, "F16"},
                                               {NumberType::kBfloat16, "BF16"}};
  return kAll;
}

}  // namespace poise::inline data
