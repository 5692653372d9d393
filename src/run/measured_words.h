// What measurements of a model mean, in sentences.
#pragma once

#include <string>
#include <vector>

#include "run/measured_parts.h"

namespace poise::inline run {

/// "no row is predicted as class 'x'", of a few classes by name; empty if every class that has rows is predicted.
std::string never_predicted(const Metrics& metrics, const Schema& schema);

/// Sentences on what is odd: that the probabilities are worse than the class frequencies alone of the same rows,
/// followed by `hint`; that classes are never predicted. About the rows held out or tested on or, where there are none,
/// those trained on. `model`: "the network".
std::vector<std::string> notes_on(const Parts& parts, const MeasuredParts& measured, const std::string& model,
                                  const std::string& hint);

}  // namespace poise::inline run
