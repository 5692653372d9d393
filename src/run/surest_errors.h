// The rows that a model is surest of and wrong about, with their pixels where they are images.
#pragma once

#include <optional>

#include "poise/run.h"
#include "run/parts.h"

namespace poise::inline run {

/// Of the part that tells most of rows not seen: test, validation, train. Empty if nothing is measured, or nothing is
/// wrong there.
std::optional<SurestErrors> surest_errors(const MeasuredParts& measured, const Parts& parts);

}  // namespace poise::inline run
