// The uncertainty of weights for people and programs to read.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "poise/inference.h"

namespace poise::inline run {

/// {reference, variance, level, rows, l2, meaning, status, gap, weights: [{feature, class, estimate, standard_error, z,
/// p_value, low, high}]}; the feature of a bias is "(bias)".
nlohmann::json to_json(const Inference& inference, const Schema& schema);
/// A table, and what its intervals mean.
std::string table_of(const Inference& inference, const Schema& schema);

}  // namespace poise::inline run
