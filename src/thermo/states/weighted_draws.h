// Free energy of one row, and its Laplacian, from weighted draws of its loss: log-mean-exp, bias taken out by the
// jackknife, error bar.
#pragma once

#include "poise/dataset.h"

namespace poise::thermo {

/// Free energy F, mean loss U, bulk loss E, entropy S = (U + E − F)/T and divergence (F − U)/T.
using Potentials = Eigen::Matrix<double, 5, 1>;
inline constexpr Index kFreeEnergy = 0, kMeanLoss = 1, kBulkLoss = 2, kEntropy = 3, kDivergence = 4;

/// Draws r = 1 … R with weights w_r = e^{log_weight_r}, the mean weight an unbiased estimate of Z:
///   F = −T ln mean w,   U = Σ w loss/Σ w,   E = Σ w bulk/Σ w
/// They have a bias of a_1/R + a_2/R² + …. With θ_{−r} leaving draw r out,
///   value    = R θ − (R − 1) mean_r θ_{−r}              (Quenouille's jackknife: a_1 is gone)
///   variance = (R − 1)/R Σ_r (θ_{−r} − mean)²           (Tukey)
///   bias     = value − ½[R² θ − 2 (R − 1)² mean θ_{−r} + (R − 2)² mean θ_{−rs}]     (Schucany, Gray, Owen 1971: what
///              also takes a_2 out; pairs r, s of near numbers only), 0 below three draws
struct FreeEnergyOfRow {
  Potentials value, variance, bias;
  Eigen::Matrix<double, 5, Eigen::Dynamic> pseudo_values;  ///< R θ − (R − 1) θ_{−r}, a column a draw; mean: `value`
  double effective_draws = 0;                              ///< (Σ w)²/Σ w²
};
struct WeightedDraws {
  Vector log_weight, loss, bulk;
};
FreeEnergyOfRow free_energy(WeightedDraws draws, double temperature);

/// Of the same draws, for all parameters θ: tr ∂²ℋ/∂θ², and the products ⟨g_r, g_s⟩ of g = ∂ℋ/∂θ.
struct GradientDraws {
  Vector trace;          ///< R
  Eigen::MatrixXd gram;  ///< R×R
};
/// ∇²F = ⟨tr ∂²ℋ/∂θ²⟩ − (⟨‖g‖²⟩ − ‖⟨g⟩‖²)/T, by the same jackknife.
struct LaplacianOfRow {
  double value = 0, variance = 0, bias = 0;
};
LaplacianOfRow free_energy_laplacian(const Vector& log_weight, const GradientDraws& draws, double temperature);

}  // namespace poise::thermo
