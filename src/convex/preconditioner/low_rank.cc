// The preconditioner for sparse features: a few large curvatures of every class, one level for the rest.
#include <Eigen/SparseCore>
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/decompositions.h"
#include "base/index.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/stoppable.h"
#include "convex/preconditioner/preconditioner.h"
#include "convex/preconditioner/row_sample.h"
#include "convex/vectors.h"

namespace poise::inline convex {
namespace {

using SparseRows = Eigen::SparseMatrix<float, Eigen::RowMajor>;

constexpr double kAccuracy = 1e-6;  // of a curvature, in units of the largest: all is float32
constexpr std::uint64_t kLowRankSeed = 21, kTestSeed = 22;

/// Inverse roots of the penalties relative to their mean, 1 where there is none: in coordinates divided by them the
/// penalty is the same for all features.
Eigen::VectorXf equalizer(const Vector& penalty, double mean) {
  Eigen::VectorXf scale = Eigen::VectorXf::Ones(penalty.size() + 1);
  for (Index j = 0; j < penalty.size(); ++j) {
    if (penalty[j] > 0) scale[j] = static_cast<float>(std::sqrt(mean / penalty[j]));
  }
  return scale;
}

/// √weight · x̃ᵢ of the drawn rows, columns times `scale`: AᵀA is the class's curvature.
SparseRows weighted_rows(const CsrView& x, std::span<const Index> rows, std::span<const double> weights,
                         const Eigen::VectorXf& scale) {
  SparseRows a(static_cast<Index>(rows.size()), x.cols + 1);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const Index row = rows[k], r = static_cast<Index>(k);
    const auto root = static_cast<float>(std::sqrt(weights[k]));
    a.startVec(r);
    for (Index e = x.row_start[row]; e < x.row_start[row + 1]; ++e) {
      a.insertBack(r, x.columns[e]) = root * static_cast<float>(x.value(e)) * scale[x.columns[e]];
    }
    a.insertBack(r, x.cols) = root * scale[x.cols];
  }
  a.finalize();
  return a;
}

/// Standard normal numbers but for their shape: uniform on [−1, 1) does as well for finding a range.
MatrixF test_matrix(Index rows, Index cols) {
  MatrixF omega(rows, cols);
  for (Index k = 0; k < omega.size(); ++k) {
    omega.data()[k] = static_cast<float>(2 * random_uniform(kTestSeed, static_cast<std::uint64_t>(k)) - 1);
  }
  return omega;
}

class LowRankPreconditioner : public Preconditioner {
 public:
  explicit LowRankPreconditioner(const SoftmaxObjective& objective)
      : threads_(objective.threads()), blocks_(objective.classes()) {}

  /// False if `stop` has ended it.
  bool build(const SoftmaxObjective& objective, const Stop& stop) {
    const Problem& problem = objective.problem();
    const double penalty = problem.penalty.mean();
    scale_ = equalizer(problem.penalty, penalty);
    const std::vector<RowSample> samples = objective.draw_rows(kLowRankRows, kLowRankSeed);
    return parallel_for_unless(stop, objective.classes(), threads_, [&](Index c) {
      const SoftmaxObjective::PickedRows picked = objective.pick_rows(samples[c].rows);
      const CsrView& x = *picked.problem->features.sparse();
      blocks_[c] = factorize(weighted_rows(x, picked.rows, samples[c].weights, scale_), penalty);
    });
  }

  Parameters solve(const Parameters& gradient) const override {
    const Index k = gradient.cols();
    MatrixF by_class(k, gradient.rows());
    auto transpose = [&](Index, Index begin, Index end) {
      for (Index j = begin; j < end; ++j) by_class.col(j) = gradient.row(j).transpose().cast<float>();
    };
    for_each_piece(gradient.rows(), threads_, transpose, k);
    parallel_for(gradient.cols(), threads_, [&](Index c) {
      const Block& block = blocks_[c];
      const Eigen::VectorXf g = scale_.cwiseProduct(by_class.row(c).transpose());
      const Eigen::VectorXf along = block.basis.transpose() * (block.rows * g);  // Vᵀg
      const Eigen::VectorXf back = block.basis * block.extra.cwiseProduct(along);
      by_class.row(c) = scale_.cwiseProduct(block.rest * g + block.rows.transpose() * back).transpose();
    });
    Parameters step(gradient.rows(), k);
    auto project = [&](Index, Index begin, Index end) {  // onto class sums 0
      for (Index j = begin; j < end; ++j) {
        step.row(j) = by_class.col(j).transpose().cast<double>();
        step.row(j).array() -= step.row(j).mean();
      }
    };
    for_each_piece(gradient.rows(), threads_, project, k);
    return step;
  }

 private:
  /// M⁻¹ = rest I + V diag(extra) Vᵀ with V = rowsᵀ basis.
  struct Block {
    SparseRows rows;
    MatrixF basis;
    Eigen::VectorXf extra;
    float rest = 0;
  };

  /// Left singular vectors L and values σ of A from Q = range(A(AᵀΩ)): QᵀAAᵀQ = S σ² Sᵀ, L = QS, V = AᵀL/σ.
  static Block factorize(SparseRows a, double penalty) {
    Block block;
    block.rows = std::move(a);
    const Index most = std::min(block.rows.rows(), block.rows.cols()), rank = std::min(kLowRank, most);
    double level = 0;
    Eigen::VectorXd squares(rank);
    if (rank > 0) {
      const MatrixF image_of_test = block.rows * (block.rows.transpose() * test_matrix(block.rows.rows(), rank)).eval();
      const MatrixF range = orthonormal(image_of_test);
      const MatrixF image = block.rows.transpose() * range;
      const Eigenpairs eigen = eigenpairs((image.transpose() * image).cast<double>());
      squares = eigen.values.cwiseMax(0);
      level = rank < most ? squares[0] : 0;  // all curvatures are kept: none is left for the rest
      block.basis = range * eigen.vectors.cast<float>();
    }
    const double largest = rank > 0 ? squares[rank - 1] : 0;
    const double rest = std::max(level + penalty, std::max(kAccuracy * largest, 1e-300));
    block.rest = static_cast<float>(1 / rest);
    block.extra = Eigen::VectorXf::Zero(rank);
    for (Index k = 0; k < rank; ++k) {
      if (squares[k] <= kAccuracy * largest) continue;  // V is not defined
      block.extra[k] = static_cast<float>((1 / (squares[k] + penalty) - 1 / rest) / squares[k]);
    }
    return block;
  }

  int threads_;
  Eigen::VectorXf scale_;
  std::vector<Block> blocks_;
};

}  // namespace

std::unique_ptr<Preconditioner> low_rank_preconditioner(const SoftmaxObjective& objective, const Stop& stop) {
  auto preconditioner = std::make_unique<LowRankPreconditioner>(objective);
  return preconditioner->build(objective, stop) ? std::move(preconditioner) : nullptr;
}

}  // namespace poise::inline convex
