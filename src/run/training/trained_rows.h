// Which rows a model was trained on, by what its metadata say of them.
#pragma once

#include <optional>
#include <string>

#include "network/provenance.h"
#include "poise/dataset.h"

namespace poise::inline run {

/// What is left of `data` when it is split as the metadata say it was in training; empty if it was not split.
std::optional<Dataset> without_held_out_rows(const Metadata& metadata, const Dataset& data);

/// How many rows of `data` a model was trained on, by the fingerprint that it has recorded: all, or those that
/// validation left; 0 if these are other rows, or the model does not say.
Index count_rows_trained_on(const Metadata& metadata, const Dataset& data);

/// "these rows were trained on: …", or how many of them; empty if none was.
std::string note_on_rows_trained_on(const Metadata& metadata, const Dataset& data);

}  // namespace poise::inline run
