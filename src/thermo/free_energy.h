// Free energy of one row from weighted draws of its loss: log-mean-exp, bias taken out by the jackknife, error bar.
#pragma once

#include "poise/dataset.h"

namespace poise::thermo {

/// Free energy F, mean loss U and entropy S = (U − F)/T.
using Potentials = Eigen::Vector3d;
inline constexpr Index kFreeEnergy = 0, kMeanLoss = 1, kEntropy = 2;

/// Draws r = 1 … R of loss v_r with weights w_r = e^{log_weight_r}, the mean weight an unbiased estimate of Z:
///   F = −T ln mean w,   U = Σ w v/Σ w
/// Both have a bias of a_1/R + a_2/R² + …. With θ_{−r} leaving draw r out,
///   value    = R θ − (R − 1) mean_r θ_{−r}              (Quenouille's jackknife: a_1 is gone)
///   variance = (R − 1)/R Σ_r (θ_{−r} − mean)²           (Tukey)
///   bias     = value − ½[R² θ − 2 (R − 1)² mean θ_{−r} + (R − 2)² mean θ_{−rs}]     (Schucany, Gray, Owen 1971: what
///              also takes a_2 out; pairs r, s of near numbers only), 0 below three draws
struct FreeEnergyOfRow {
  Potentials value, variance, bias;
  double effective_draws = 0;  ///< (Σ w)²/Σ w²
};
FreeEnergyOfRow free_energy(const Vector& log_weight, const Vector& loss, double temperature);

}  // namespace poise::thermo
