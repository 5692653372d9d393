// Target distributions in the narrowest type that holds them.
#pragma once

#include <optional>

#include "poise/dataset.h"

namespace poise::inline data {

/// The targets as float32; empty if that would round one of them.
inline std::optional<MatrixF> within_float32(const Matrix& targets) {
  MatrixF narrow = targets.cast<float>();
  if (narrow.cast<double>() != targets) return std::nullopt;
  return narrow;
}

}  // namespace poise::inline data
