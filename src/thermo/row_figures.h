// Everything that is measured row by row, in two passes: outputs, gradients and curvature; then states.
#pragma once

#include <vector>

#include "thermo/network/curvature.h"
#include "thermo/network/measured_rows.h"
#include "thermo/states/forward_noise.h"

namespace poise::thermo {

/// Of n rows.
struct RowFigures {
  Matrix scores, targets;  ///< n×K
  RowCurvature curvature;
  Vector squared_gradient;  ///< ‖g_n‖², g_n = n s_n ∇ℓ_n: the row's part in a mini-batch's gradient
  Vector noise;     ///< ‖g_n‖² − 2⟨g_n, mean g of the block's other rows⟩: a row's influence on tr Cov(g)
  Vector gradient;  ///< ∇ mean ℓ = mean g_n, P numbers
};

/// The first pass. Throws Error(kNumeric) if scores are not finite, and MeasurementStopped.
RowFigures measure_rows(const std::vector<Layer>& layers, const MeasuredRows& rows, const CurvatureMeter& meter,
                        const ThermodynamicsOptions& options);

/// Of hidden states, n rows; for networks with hidden layers.
struct RowStates {
  Vector complexity;                   ///< ½ ln det(I + Σ_l BᵀJ_l J_lᵀB)
  std::vector<RowEnsemble> ensembles;  ///< one per temperature
};

/// The second pass, of Detail::kFull; adds to `curvature` what the output adjoints give. Throws MeasurementStopped,
/// and Error(kResource) for networks that reconstruct with more than 256 outputs and as many hidden neurons.
RowStates measure_states(const std::vector<Layer>& layers, const MeasuredRows& rows, const CurvatureMeter& meter,
                         const ThermodynamicsOptions& options, RowCurvature& curvature);

}  // namespace poise::thermo
