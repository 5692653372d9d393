// The quantities of outputs: entropy, divergence, their balance, and what outputs tell about rows.
#pragma once

#include "poise/thermodynamics.h"
#include "thermo/network/score_loss.h"

namespace poise::thermo {

/// Fills mean_loss, divergence and `classes` from scores z and targets t, n×K, and weights that add up to 1.
/// Throws MeasurementStopped.
void measure_outputs(const Matrix& scores, const Matrix& targets, const Vector& weight, const MeasureOptions& options,
                     ScoreLoss loss, Thermodynamics& out);

}  // namespace poise::thermo
