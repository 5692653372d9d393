// Hidden states at rest between what their inputs ask for and what the task asks for: the mode of the canonical
// ensemble, about which it is sampled and approximated.
#pragma once

#include <vector>

#include "thermo/network/propagation.h"

namespace poise::thermo {

/// Vᵀ = (BᵀJ_1 … BᵀJ_{L−1}) of every row, K rows each, from the activation adjoints of output_adjoints. Only VVᵀ =
/// Σ JᵀRJ counts. So where there are fewer hidden neurons N than outputs, and these are no classes, N rows of the same
/// VVᵀ: the R of Vᵀ = QR.
std::vector<Matrix> state_jacobian(std::vector<Matrix> activation_adjoint, Index rows, ScoreLoss loss);

/// Rows of Vᵀ that a row of the pass has.
Index rank_of(const std::vector<Matrix>& jacobian, Index rows);

/// The Gram matrix VᵀV = Σ_l (BᵀJ_l)(BᵀJ_l)ᵀ of row i.
Eigen::MatrixXd gram_of_row(const std::vector<Matrix>& jacobian, Index row, Index rank);

/// ½ ln det(I + Σ_l J_lᵀRJ_l) = ½ ln det(I + gram_of_row)
double complexity_of_row(const std::vector<Matrix>& jacobian, Index row, Index rank);

/// (I + Σ_l J_lᵀRJ_l)⁻¹ g = g − V (I + VᵀV)⁻¹ Vᵀ g of every row, V the rows of `jacobian` transposed; g has one matrix
/// a hidden layer, B×N_l.
std::vector<Matrix> apply_inverse(const std::vector<Matrix>& jacobian, Index rank, std::vector<Matrix> g);

/// States X_l = σ_l(Y_l) + η_l of hidden layers l; [0] and [L] are empty.
struct RelaxedStates {
  std::vector<Matrix> displacement;  ///< η_l, B×N_l
  std::vector<Matrix> jacobian;      ///< BᵀJ_l there, see state_jacobian
  Vector slope;                      ///< ‖∇E‖ of every row
  Vector energy;                     ///< E = ½ Σ_l ‖η_l‖² + ℓ of every row
};

/// Minimizes E by Gauss–Newton steps −(I + Σ JᵀRJ)⁻¹∇E, ∇E = η_l + X*_l, halved until E falls, from η = 0, until the
/// squared length of ∇E in the metric (I + Σ JᵀRJ)⁻¹ is below `tolerance` in every row, or after `steps`.
RelaxedStates relax(const std::vector<Layer>& layers, const Matrix& first_preactivation, const Matrix& targets,
                    double tolerance, ScoreLoss loss = {}, int steps = 32);

}  // namespace poise::thermo
