// What the fast measurements are held against: the same quantities written down row by row with dense matrices.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "network/activation.h"
#include "poise/information.h"
#include "sample_networks.h"
#include "thermo/network/curvature.h"
#include "thermo/network/rows.h"

namespace poise::brute_force {

using Square = Eigen::MatrixXd;

/// σ'' from σ itself: s(1 − s)(1 − 2s), −2h(1 − h²).  [docs/theory/thermodynamics-measurements.md#curvature-by-layers]
inline double bend(Activation activation, double y) {
  const double x = learning::reference::activate(activation, Matrix{{y}})(0, 0);
  if (activation == Activation::kSigmoid) return x * (1 - x) * (1 - 2 * x);
  if (activation == Activation::kTanh) return -2 * x * (1 - x * x);
  return 0;
}

/// R = ∂²ℓ/∂z²: of the cross-entropy diag q − qqᵀ, q the softmax of z; of sigmoids diag σ(z) σ(−z).
inline Square head_curvature(Loss loss, const Vector& z) {
  if (loss == Loss::kSquaredError) return Square::Identity(z.size(), z.size());
  if (loss == Loss::kBinaryCrossEntropy)
    return z.unaryExpr([](double y) { return sigmoid(y) * sigmoid(-y); }).asDiagonal();
  const Vector q = softmax(z);
  return Square(q.asDiagonal()) - q * q.transpose();
}

/// ‖x̃_{l−1}‖² tr H_l and ‖x̃_{l−1}‖² tr GN_l of row `i`, L each, by the recursion of
/// docs/theory/thermodynamics-measurements.md#curvature-by-layers:
///   H_l = D_l W_{l+1}ᵀ H_{l+1} W_{l+1} D_l + diag(X*_l ∘ σ''(Y_l))
struct Traces {
  Vector laplacian, gauss_newton;
};
inline Traces traces(const SampleNetwork& network, Index i) {
  const auto pass = network.pass();
  const auto star = network.adjoint();
  const auto depth = network.depth();
  Square h = head_curvature(network.loss, pass.preactivation.back().row(i).transpose()), gn = h;
  Traces out{Vector(static_cast<Index>(depth)), Vector(static_cast<Index>(depth))};
  for (std::size_t l = depth;; --l) {
    const double inputs = pass.activation[l - 1].row(i).squaredNorm() + 1;
    out.laplacian[static_cast<Index>(l - 1)] = inputs * h.trace();
    out.gauss_newton[static_cast<Index>(l - 1)] = inputs * gn.trace();
    if (l == 1) return out;
    const Activation activation = network.layers[l - 2].activation;
    const Vector y = pass.preactivation[l - 1].row(i).transpose();
    const Vector slope = learning::reference::slope(activation, pass.preactivation[l - 1]).row(i).transpose();
    const Square m = network.layers[l - 1].weights * slope.asDiagonal();
    const Vector bent = y.unaryExpr([activation](double value) { return bend(activation, value); });
    const Vector pull = star.activation_adjoint[l - 1].row(i).transpose();
    h = (m.transpose() * h * m).eval();
    h.diagonal() += pull.cwiseProduct(bent);
    gn = (m.transpose() * gn * m).eval();
  }
}

/// Means over all rows with equal weights, by layer.
inline Traces mean_traces(const SampleNetwork& network) {
  Traces mean{Vector::Zero(std::ssize(network.layers)), Vector::Zero(std::ssize(network.layers))};
  const Index rows = network.inputs.rows();
  for (Index i = 0; i < rows; ++i) {
    const Traces row = traces(network, i);
    mean.laplacian += row.laplacian / static_cast<double>(rows);
    mean.gauss_newton += row.gauss_newton / static_cast<double>(rows);
  }
  return mean;
}

/// ∂Y_L/∂X_l of row i, K×N_l, l hidden.
inline Square state_jacobian(const SampleNetwork& network, std::size_t l, Index i) {
  const auto pass = network.pass();
  Square j = network.layers[l].weights;  // of layer l + 1
  for (std::size_t m = l + 1; m < network.depth(); ++m) {
    const Vector slope =
        learning::reference::slope(network.layers[m - 1].activation, pass.preactivation[m]).row(i).transpose();
    j = (network.layers[m].weights * slope.asDiagonal() * j).eval();
  }
  return j;
}

inline thermo::MemoryRows rows_of(const SampleNetwork& network) {
  return {network.inputs, network.targets, {}, {network.loss}};
}

inline thermo::RowBlock all_rows(const SampleNetwork& network) {
  return rows_of(network).block(0, network.inputs.rows());
}

}  // namespace poise::brute_force
