// Decompositions, on matrices whose factors are known by hand, and by what they promise on any other.
#include "base/decompositions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"

namespace poise {
namespace {

Eigen::MatrixXd random_matrix(Eigen::Index rows, Eigen::Index cols) {
  std::uint64_t counter = 0;
  return Eigen::MatrixXd::NullaryExpr(rows, cols, [&] { return random_normal(7, counter++); });
}

double off_orthonormal(const Eigen::MatrixXd& q) {
  return (q.transpose() * q - Eigen::MatrixXd::Identity(q.cols(), q.cols())).cwiseAbs().maxCoeff();
}

TEST(Decompositions, EigenpairsOfAMatrixByHand) {
  const Eigen::MatrixXd a{{2, 1}, {1, 2}};
  const Eigenpairs pairs = eigenpairs(a);
  EXPECT_TRUE(pairs.found);
  EXPECT_NEAR(pairs.values[0], 1, 1e-15);
  EXPECT_NEAR(pairs.values[1], 3, 1e-15);
  EXPECT_NEAR(std::abs(pairs.vectors(0, 1)), std::sqrt(0.5), 1e-15);
  EXPECT_LT((a * pairs.vectors - pairs.vectors * pairs.values.asDiagonal()).cwiseAbs().maxCoeff(), 1e-15);
}

TEST(Decompositions, EigenvaluesAloneAreThoseOfThePairs) {
  const Eigen::MatrixXd half = random_matrix(40, 30), a = half.transpose() * half;
  const Eigenpairs pairs = eigenpairs(a);
  EXPECT_LT(off_orthonormal(pairs.vectors), 1e-13);
  EXPECT_LT((pairs.vectors * pairs.values.asDiagonal() * pairs.vectors.transpose() - a).cwiseAbs().maxCoeff(), 1e-11);
  EXPECT_LT((eigenvalues(a) - pairs.values).cwiseAbs().maxCoeff(), 1e-11);
}

TEST(Decompositions, EigenpairsOfNumbersThatAreNotFiniteAreNotFound) {
  EXPECT_FALSE(eigenpairs(Eigen::MatrixXd::Constant(3, 3, std::numeric_limits<double>::quiet_NaN())).found);
}

TEST(Decompositions, ThinQrIsItsMatrix) {
  const Eigen::MatrixXd a = random_matrix(70, 50);
  const ThinQr qr = thin_qr(a);
  ASSERT_EQ(qr.q.cols(), 50);
  EXPECT_LT(off_orthonormal(qr.q), 1e-13);
  EXPECT_LT((qr.q * qr.r - a).cwiseAbs().maxCoeff(), 1e-13);
  EXPECT_EQ(qr.r.triangularView<Eigen::StrictlyLower>().toDenseMatrix().cwiseAbs().maxCoeff(), 0);
}

TEST(Decompositions, OrthonormalColumnsSpanThoseOfTheMatrix) {
  const Eigen::MatrixXf a = random_matrix(70, 20).cast<float>(), q = orthonormal(a);
  EXPECT_LT(off_orthonormal(q.cast<double>()), 1e-5);
  EXPECT_LT((q * (q.transpose() * a) - a).cwiseAbs().maxCoeff(), 1e-5f);
}

TEST(Decompositions, LeftSingularVectorsAreEigenvectorsOfTheRows) {
  const Eigen::MatrixXd a = random_matrix(60, 25);
  const LeftSingular svd = left_singular(a);
  ASSERT_EQ(svd.vectors.cols(), 25);
  EXPECT_LT(off_orthonormal(svd.vectors), 1e-13);
  const Eigen::MatrixXd squares = svd.values.cwiseAbs2().asDiagonal();
  EXPECT_LT((a * (a.transpose() * svd.vectors) - svd.vectors * squares).cwiseAbs().maxCoeff(), 1e-11);
  for (Eigen::Index k = 1; k < 25; ++k) EXPECT_LE(svd.values[k], svd.values[k - 1]);
}

TEST(Decompositions, DeterminantAndInverseByHand) {
  const Eigen::MatrixXd a{{0, 2}, {-3, 4}}, singular{{1, 2}, {2, 4}};
  EXPECT_NEAR(log_abs_determinant(a), std::log(6), 1e-15);
  EXPECT_EQ(log_abs_determinant(singular), -std::numeric_limits<double>::infinity());
  ASSERT_TRUE(inverse_of(a).has_value());
  EXPECT_LT((*inverse_of(a) - Eigen::MatrixXd{{4.0 / 6, -2.0 / 6}, {3.0 / 6, 0}}).cwiseAbs().maxCoeff(), 1e-15);
  EXPECT_FALSE(inverse_of(singular).has_value());
}

}  // namespace
}  // namespace poise
