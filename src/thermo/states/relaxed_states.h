// Hidden states at rest between what their inputs ask for and what the task asks for: the mode of the canonical
// ensemble, about which it is sampled and approximated.
#pragma once

#include <vector>

#include "thermo/network/propagation.h"

namespace poise::thermo {

/// The K×K Gram matrix Σ_l (BᵀJ_l)(BᵀJ_l)ᵀ of row i, from the activation adjoints of class_adjoints.
Eigen::MatrixXd gram_of_row(const std::vector<Matrix>& jacobian, Index row, Index classes);

/// ½ ln det(I + Σ_l J_lᵀRJ_l) = ½ ln det(I + gram_of_row)
double complexity_of_row(const std::vector<Matrix>& jacobian, Index row, Index classes);

/// (I + Σ_l J_lᵀRJ_l)⁻¹ g = g − V (I + VᵀV)⁻¹ Vᵀ g of every row, V the rows of `jacobian` transposed; g has one matrix
/// a hidden layer, B×N_l.
std::vector<Matrix> apply_inverse(const std::vector<Matrix>& jacobian, Index classes, std::vector<Matrix> g);

/// States X_l = σ_l(Y_l) + η_l of hidden layers l; [0] and [L] are empty.
struct RelaxedStates {
  std::vector<Matrix> displacement;  ///< η_l, B×N_l
  std::vector<Matrix> jacobian;      ///< BᵀJ_l there, (B·K)×N_l
  Vector energy;                     ///< E = ½ Σ_l ‖η_l‖² + CE of every row
};

/// Minimizes E by Gauss–Newton steps −(I + Σ JᵀRJ)⁻¹∇E, ∇E = η_l + X*_l, halved until E falls, from η = 0, until the
/// squared length of ∇E in the metric (I + Σ JᵀRJ)⁻¹ is below `tolerance` in every row.
RelaxedStates relax(const std::vector<Layer>& layers, const Matrix& first_preactivation, const Matrix& targets,
                    double tolerance);

}  // namespace poise::thermo
