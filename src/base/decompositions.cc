#include "base/decompositions.h"

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>
#include <Eigen/SVD>

namespace poise::inline base {

Eigenpairs eigenpairs(const Eigen::MatrixXd& symmetric) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(symmetric);
  return {solver.eigenvalues(), solver.eigenvectors(), solver.info() == Eigen::Success};
}

Eigen::VectorXd eigenvalues(const Eigen::MatrixXd& symmetric) {
  return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(symmetric, Eigen::EigenvaluesOnly).eigenvalues();
}

ThinQr thin_qr(const Eigen::MatrixXd& a) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(a);
  return {qr.householderQ() * Eigen::MatrixXd::Identity(a.rows(), a.cols()),
          qr.matrixQR().topRows(a.cols()).triangularView<Eigen::Upper>()};
}

Eigen::MatrixXf orthonormal(const Eigen::MatrixXf& a) {
  return Eigen::HouseholderQR<Eigen::MatrixXf>(a).householderQ() * Eigen::MatrixXf::Identity(a.rows(), a.cols());
}

LeftSingular left_singular(const Eigen::MatrixXd& a) {
  const Eigen::BDCSVD<Eigen::MatrixXd> svd(a, Eigen::ComputeThinU);
  return {svd.matrixU(), svd.singularValues()};
}

double log_abs_determinant(const Eigen::MatrixXd& a) {
  return Eigen::PartialPivLU<Eigen::MatrixXd>(a).matrixLU().diagonal().array().abs().log().sum();
}

std::optional<Eigen::MatrixXd> inverse_of(const Eigen::MatrixXd& a) {
  const Eigen::FullPivLU<Eigen::MatrixXd> factor(a);
  if (!factor.isInvertible()) return std::nullopt;
  return factor.inverse();
}

}  // namespace poise::inline base
