// F-propagation and F-adjoint in float64 as in learning/reference/reference.h, for blocks of many rows: products by
// BLAS, states that may be displaced, several adjoints a row, second derivatives of activations.
//
// States and adjoints are indexed by the l of the formulas, as there. The head follows the loss (score_loss.h).
#pragma once

#include <vector>

#include "learning/reference/reference.h"
#include "thermo/network/rows.h"

namespace poise::thermo {

using learning::reference::Adjoint;

/// As learning::reference::Propagation, with the slopes beside it: they cost next to nothing where σ is known.
struct Propagation {
  std::vector<Matrix> preactivation, activation;  ///< Y_l, X_l
  std::vector<Matrix> slope;                      ///< σ'_l(Y_l) of hidden layers; [0] and [L] are empty
};

Matrix times(const Matrix& a, const Matrix& b);                           ///< A B
Matrix times_transposed(const Matrix& a, const Matrix& b);                ///< A Bᵀ
void add_transposed_times(const Matrix& a, const Matrix& b, double* to);  ///< `to` += Aᵀ B, row-major

/// The gradient of one layer in a flat vector (thermo/network/hessian.h): `to` += (Y*ᵀ X | Y*ᵀ 1), N_l×N_{l−1} and N_l
/// numbers.
void add_layer_gradient(const Matrix& y_star, const Matrix& x, double* to);

/// Y_l = X_{l−1} W_lᵀ + 1 b_lᵀ
Matrix preactivation(const Layer& layer, const Matrix& x);

Propagation propagate(const std::vector<Layer>& layers, const Matrix& inputs);

/// From Y_1 on, with X_l = σ_l(Y_l) + displacement[l] in the hidden layers; activation[0] is left empty.
Propagation propagate_displaced(const std::vector<Layer>& layers, Matrix first_preactivation,
                                const std::vector<Matrix>& displacement);

/// σ''_l(Y_l) of the hidden layers; [0] and [L] are empty. σ'' of ReLU is 0. `displacement` is that of the pass; none
/// by default.
std::vector<Matrix> bends(const std::vector<Layer>& layers, const Propagation& pass,
                          const std::vector<Matrix>& displacement = {});
bool is_bent(Activation activation);  ///< whether σ'' is not 0

/// Every row `copies` times, one behind the other.
Matrix repeat_rows(const Matrix& matrix, Index copies);
/// row i of `rows` ∘ row i/copies of `factor`, copies = rows.rows()/factor.rows(), in place.
void times_repeated(Matrix& rows, const Matrix& factor);

/// The F-adjoint down to Y*_1 (X*_0 is left empty) from starts Y*_L, (B·copies)×K: `copies` of them a row of the pass.
Adjoint adjoint(const std::vector<Layer>& layers, const std::vector<Matrix>& slopes, const Matrix& starts);

/// The F-adjoints of the columns of B, BBᵀ = R (score_loss.h): K of them a row, one behind the other. So row by row
/// activation_adjoint[l] is BᵀJ_l, J_l = ∂Y_L/∂X_l, and preactivation_adjoint[l] is Bᵀ ∂Y_L/∂Y_l.
Adjoint output_adjoints(const std::vector<Layer>& layers, const std::vector<Matrix>& slopes, const Matrix& q,
                        ScoreLoss loss);

/// A block of rows after F-propagation and the F-adjoint of its losses.
struct State {
  Propagation pass;
  std::vector<Matrix> bend;  ///< σ''_l(Y_l)
  Matrix q;                  ///< B×K, what the head makes of Y_L
  Adjoint star;              ///< of each row's loss, weights of rows left out: starts from q − t
  ScoreLoss loss;
};
State state_of(const std::vector<Layer>& layers, const RowBlock& block);

}  // namespace poise::thermo
