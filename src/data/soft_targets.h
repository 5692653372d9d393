// Targets that are a distribution over the classes for each row.
#pragma once

#include <optional>
#include <string>

#include "poise/dataset.h"

namespace poise::inline data {

/// The targets as float32; empty if that would round one of them.
std::optional<MatrixF> within_float32(const Matrix& targets);

/// Throws Error(kData) for a row with a negative entry, or whose sum is not 1 within 1e-4 or `rounding`. `name` is of
/// the data.
void check_distributions(const Matrix& targets, const std::string& name, double rounding = 0);

/// Checks, and divides each row whose sum is off by more than float32's rounding by it. Returns what to say of that.
/// `rounding`: the relative error that every entry may have from the type it was stored in, so that sums may be as far
/// off.
std::optional<std::string> to_distributions(Matrix& targets, const std::string& name, double rounding = 0);

}  // namespace poise::inline data
