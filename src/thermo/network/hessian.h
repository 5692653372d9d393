// The mean loss f(w) = Σ_n s_n ℓ(Y_L(x_n; w), t_n), ℓ that of the rows (score_loss.h), as a function of all weights and
// biases: gradient, products with the Hessian, the whole Hessian of small networks, its largest eigenvalue. Float64.
#pragma once

#include <functional>
#include <vector>

#include "poise/thermodynamics.h"
#include "thermo/network/rows.h"

namespace poise::thermo {

/// The flat vector w: for l = 1 … L first W_l row by row (N_l×N_{l−1}), then b_l. P numbers in all.
Index parameter_count(const std::vector<Layer>& layers);
Vector flatten(const std::vector<Layer>& layers);
/// Layers of the shapes and activations of `like` with the numbers of `flat`.
std::vector<Layer> unflatten(const Vector& flat, const std::vector<Layer>& like);

double mean_loss(const std::vector<Layer>& layers, const Rows& rows, int threads = 0);
Vector mean_gradient(const std::vector<Layer>& layers, const Rows& rows, int threads = 0);

/// ∇²f · direction, the true Hessian (Pearlmutter 1994: the derivative of the gradient along `direction`). With
/// ˙ = d/dε at w + ε·direction:
///   Ẏ_l = X_{l−1} V_lᵀ + v_l + Ẋ_{l−1} W_lᵀ,       Ẋ_l = σ'(Y_l) ∘ Ẏ_l
///   Ẏ*_L = R Ẏ_L,   Ẋ*_{l−1} = Ẏ*_l W_l + Y*_l V_l,   Ẏ*_l = Ẋ*_l ∘ σ'(Y_l) + X*_l ∘ σ''(Y_l) ∘ Ẏ_l
///   and the product is Ẏ*_lᵀ X_{l−1} + Y*_lᵀ Ẋ_{l−1}
/// About four times the work of a gradient.
Vector hessian_product(const std::vector<Layer>& layers, const Rows& rows, const Vector& direction, int threads = 0);

/// P×P, symmetric. Throws Error(kResource) above 4096 parameters.
Eigen::MatrixXd dense_hessian(const std::vector<Layer>& layers, const Rows& rows, int threads = 0);

/// Largest eigenvalue of a symmetric operator of `size` dimensions by Lanczos with full reorthogonalization, from a
/// start drawn by `seed`. Stops when the residual ‖Av − θv‖, which is `residual`, falls below tolerance·|θ|, or after
/// `steps`.
struct LanczosOptions {
  int steps = 48;
  double tolerance = 1e-2;
  std::uint64_t seed = 1;
};
Eigenvalue largest_eigenvalue(Index size, const std::function<Vector(const Vector&)>& multiply,
                              const LanczosOptions& options = {});

}  // namespace poise::thermo
