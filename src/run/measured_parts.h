// What a trained model is worth on each part of the rows, and what there is to say about that.
#pragma once

#include <optional>
#include <vector>

#include "poise/run.h"
#include "run/parts.h"

namespace poise::inline run {

/// Nothing if `options.stop` has ended it.
std::optional<Metrics> measure_unless_stopped(const Network& network, const Dataset& rows,
                                              const MeasureOptions& options);

/// Measures what is not measured yet, the rows that were not trained on first. What `options.stop` ends stays empty.
void measure_parts(const Network& network, const Parts& parts, const MeasureOptions& options, MeasuredParts& measured);

/// The same of a network that reconstructs.
void measure_parts(const Network& network, const Parts& parts, const MeasureOptions& options,
                   ReconstructedParts& measured);

/// Divides the scores of `network` by the temperature that the validation rows ask for, which `before` has, and
/// measures the parts again. Nothing, and the network as it was, if the validation rows are not measured.
/// Throws Error(kUsage) unless the head is softmax.
std::optional<CalibratedParts> calibrate_parts(Network& network, const Parts& parts, const MeasuredParts& before,
                                               const MeasureOptions& options);

/// Seconds that measuring takes, guessed from measuring some of the rows by a network of such layers.
double seconds_to_measure(const std::vector<Layer>& layers, const Parts& parts, int threads);

}  // namespace poise::inline run
