// What came of a training, for people.
#pragma once

#include <nlohmann/json.hpp>

#include "poise/run.h"

namespace poise::cli {

void print_training(const TrainingResult& result);

/// The same in short, from the `result` in a run.json. Throws json::exception if it is not as `train` writes it.
void print_old_training(const nlohmann::json& result);

}  // namespace poise::cli
