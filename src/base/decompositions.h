// Decompositions of small dense matrices: Eigen's, whose templates take the compiler longest, made once for all
// callers.
#pragma once

#include <Eigen/Core>
#include <optional>

namespace poise::inline base {

/// A = V diag(λ) Vᵀ, λ ascending
struct Eigenpairs {
  Eigen::VectorXd values;
  Eigen::MatrixXd vectors;
  bool found = false;  ///< false where the iteration did not come to rest
};

/// Of a symmetric matrix; reads its lower triangle.
Eigenpairs eigenpairs(const Eigen::MatrixXd& symmetric);
/// λ alone, in a fraction of the time.
Eigen::VectorXd eigenvalues(const Eigen::MatrixXd& symmetric);

/// A = QR of an m×n matrix, m ≥ n: Q m×n with orthonormal columns, R n×n upper triangular of any signs
struct ThinQr {
  Eigen::MatrixXd q, r;
};
ThinQr thin_qr(const Eigen::MatrixXd& a);
/// Q alone, in float32.
Eigen::MatrixXf orthonormal(const Eigen::MatrixXf& a);

/// A = U diag(σ) Vᵀ of an m×n matrix: U m×min(m, n), σ descending
struct LeftSingular {
  Eigen::MatrixXd vectors;  ///< U
  Eigen::VectorXd values;   ///< σ
};
LeftSingular left_singular(const Eigen::MatrixXd& a);

/// ln|det A| of a square matrix; −∞ where it is singular.
double log_abs_determinant(const Eigen::MatrixXd& a);
/// A⁻¹ of a square matrix; nothing where it is singular up to rounding.
std::optional<Eigen::MatrixXd> inverse_of(const Eigen::MatrixXd& a);

}  // namespace poise::inline base
