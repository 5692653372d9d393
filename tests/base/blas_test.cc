#include "base/blas.h"

#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <limits>

#include "every_target.h"

namespace poise {
namespace {

using Matrix32 = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

TEST(Blas, MultipliesAsTheDefinitionSays) {
  const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, 2, 1, 0, 3};  // 2×3 and 3×2
  float c[] = {100, 100, 100, 100};
  gemm(false, false, 2, 2, 3, a, 3, b, 2, 1, c, 2);
  const float expected[] = {105, 111, 114, 123};  // 1·1+2·2+3·0, 1·0+2·1+3·3, 4+10, 0+5+18, each plus 100
  for (int k = 0; k < 4; ++k) EXPECT_EQ(c[k], expected[k]);
}

/// X ᵀX + I, well conditioned.
Matrix32 positive_definite(Index n) {
  std::srand(7);
  const Matrix32 x = Matrix32::Random(2 * n, n);
  Matrix32 gram = Matrix32::Identity(n, n);
  syrk_transposed(n, 2 * n, x.data(), n, gram.data(), n);
  const Matrix32 expected = x.transpose() * x + Matrix32::Identity(n, n);
  const Matrix32 difference = (gram - expected).triangularView<Eigen::Lower>();
  EXPECT_LE(difference.cwiseAbs().maxCoeff(), 1e-4f * static_cast<float>(n));
  return gram;
}

TEST(Blas, CholeskyFactorTimesItsTransposeIsTheMatrix) {
  on_every_target([] {
    for (const Index n : {1, 2, 63, 64, 65, 130, 300}) {
      const Matrix32 given = positive_definite(n);
      const Eigen::MatrixXd a = Eigen::MatrixXd(given.cast<double>()).selfadjointView<Eigen::Lower>();
      Matrix32 factor = given;
      ASSERT_TRUE(cholesky(n, factor.data())) << n;
      const Eigen::MatrixXd l = Eigen::MatrixXd(factor.cast<double>()).triangularView<Eigen::Lower>();
      EXPECT_LE((l * l.transpose() - a).cwiseAbs().maxCoeff(), 1e-6 * a.diagonal().maxCoeff()) << n;
      const Eigen::MatrixXd exact = Eigen::LLT<Eigen::MatrixXd>(a).matrixL();
      EXPECT_LE((l - exact).cwiseAbs().maxCoeff(), 1e-4 * exact.diagonal().maxCoeff()) << n;
    }
  });
}

TEST(Blas, CholeskyRefusesWhatIsNotPositiveDefinite) {
  for (const Index n : {1, 64, 65, 130}) {
    for (const float wrong : {0.0f, -1.0f, std::numeric_limits<float>::quiet_NaN()}) {
      Matrix32 a = positive_definite(n);
      a(n - 1, n - 1) = wrong;
      EXPECT_FALSE(cholesky(n, a.data())) << n << ", " << wrong;
    }
  }
}

}  // namespace
}  // namespace poise
