// The rows of a training: those trained on, those held out of them, and those of a test.
#pragma once

#include <optional>

#include "poise/dataset.h"

namespace poise::inline run {

struct Parts {
  Dataset train;
  std::optional<Dataset> validation, test;
};

}  // namespace poise::inline run
