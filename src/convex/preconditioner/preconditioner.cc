#include "convex/preconditioner/preconditioner.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "base/blas.h"
#include "base/index.h"
#include "base/parallel.h"
#include "base/stoppable.h"
#include "convex/pass/kernels.h"
#include "convex/vectors.h"

namespace poise::inline convex {
namespace {

class GramPreconditioner : public Preconditioner {
 public:
  /// M = curvature · (centered second moments) + Λ; the Böhning bound has curvature ½, the Hessian at W = 0 has 1/K.
  static std::unique_ptr<Preconditioner> make(const SoftmaxObjective& objective, double curvature, const Stop& stop) {
    const Matrix moments = objective.second_moments(stop);
    return moments.size() > 0 ? std::make_unique<GramPreconditioner>(objective, curvature, moments) : nullptr;
  }

  GramPreconditioner(const SoftmaxObjective& objective, double curvature, const Matrix& moments)
      : curvature_(curvature), center_(objective.mean_features()) {
    const Problem& problem = objective.problem();
    Matrix m = curvature * moments;
    m.diagonal() += problem.penalty;
    // Without a penalty M may be singular (dead or dependent features); a relative 1e-7, the accuracy of the products,
    // keeps the factorization going.
    const double floor = 1e-7 * std::max(m.diagonal().maxCoeff(), 1e-300);
    for (Index j = 0; j < m.rows(); ++j) m(j, j) += std::max(1e-7 * m(j, j), problem.penalty[j] > 0 ? 0 : floor * 1e-3);
    factor_.compute(m.selfadjointView<Eigen::Lower>());
    if (factor_.info() != Eigen::Success) {
      m.diagonal().array() += floor;
      factor_.compute(m.selfadjointView<Eigen::Lower>());
    }
  }

  Parameters solve(const Parameters& gradient) const override {
    const Index d = center_.size();
    Parameters step(gradient.rows(), gradient.cols());
    // In coordinates b' = b + W x̄ the preconditioner is block diagonal; ∇_W' = ∇_W − x̄ ∇_bᵀ.
    step.topRows(d) = factor_.solve(gradient.topRows(d) - center_ * gradient.row(d));
    step.row(d) = gradient.row(d) / curvature_ - center_.transpose() * step.topRows(d);
    return step;
  }

 private:
  double curvature_;
  Vector center_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
};

class RootDiagonalPreconditioner : public Preconditioner {
 public:
  explicit RootDiagonalPreconditioner(const SoftmaxObjective& objective)
      : threads_(objective.threads()), inverse_(objective.hessian_diagonal()) {
    const double floor = 1e-12 * std::max(inverse_.maxCoeff(), 1e-300);
    inverse_ = inverse_.cwiseMax(floor).cwiseSqrt().cwiseInverse();
  }
  Parameters solve(const Parameters& gradient) const override { return scaled(gradient); }
  MatrixF solve_float(const MatrixF& gradient) const override { return scaled(gradient); }
  bool has_size() const override { return false; }

 private:
  template <typename Vectors>
  Vectors scaled(const Vectors& gradient) const {
    Vectors step(gradient.rows(), gradient.cols());
    for_each_piece(gradient.size(), threads_, [&](Index, Index begin, Index end) {
      for (Index i = begin; i < end; ++i) {
        const double value = inverse_.data()[i] * static_cast<double>(gradient.data()[i]);
        step.data()[i] = static_cast<typename Vectors::Scalar>(value);
      }
    });
    return step;
  }

  int threads_;
  Parameters inverse_;
};

/// Σ weight x̃x̃ᵀ over a sample, (d+1)×(d+1), lower triangle, float32 products.
MatrixF sampled_gram(const Problem& problem, std::span<const Index> sampled, std::span<const double> weights) {
  const Index d = problem.cols(), strip = 128;
  MatrixF gram = MatrixF::Zero(d + 1, d + 1), scaled(strip, d + 1);
  for (std::size_t begin = 0; begin < sampled.size(); begin += strip) {
    const Index rows = std::min<Index>(strip, static_cast<Index>(sampled.size() - begin));
    for (Index r = 0; r < rows; ++r) {
      const std::size_t k = begin + r;
      const float root = static_cast<float>(std::sqrt(weights[k]));
      float* out = scaled.row(r).data();
      problem.load(sampled[k], 1, out, d);
      out[d] = 1;
      scaled.row(r) *= root;
    }
    syrk_transposed(d + 1, rows, scaled.data(), d + 1, gram.data(), d + 1);
  }
  return gram;
}

class ClassBlockPreconditioner : public Preconditioner {
 public:
  static std::unique_ptr<Preconditioner> make(const SoftmaxObjective& objective, const Stop& stop) {
    auto preconditioner = std::make_unique<ClassBlockPreconditioner>(objective);
    return preconditioner->build(objective, stop) ? std::move(preconditioner) : nullptr;
  }

  explicit ClassBlockPreconditioner(const SoftmaxObjective& objective)
      : threads_(objective.threads()), factors_(objective.classes()) {}

  /// False if `stop` has ended it.
  bool build(const SoftmaxObjective& objective, const Stop& stop) {
    const double wanted = static_cast<double>(std::max<Index>(256, 2 * (objective.features() + 1)));
    const std::vector<RowSample> samples = objective.draw_rows(wanted, kSampleSeed);
    Index first = 0;
    while (first < objective.classes()) {
      const Index end = end_of_batch(objective, samples, first);
      std::vector<Index> rows, begins;
      for (Index c = first; c < end; ++c) {
        begins.push_back(std::ssize(rows));
        rows.insert(rows.end(), samples[c].rows.begin(), samples[c].rows.end());
      }
      const SoftmaxObjective::PickedRows picked = objective.pick_rows(rows);
      const bool whole = parallel_for_unless(stop, end - first, threads_, [&](Index k) {
        const RowSample& sample = samples[first + k];
        const std::span<const Index> own(picked.rows.data() + begins[k], sample.rows.size());
        const MatrixF gram = sampled_gram(*picked.problem, own, sample.weights);
        factors_[first + k] = factorize(gram, objective.problem().penalty);
      });
      if (!whole) return false;
      first = end;
    }
    return true;
  }

  Parameters solve(const Parameters& gradient) const override {
    Parameters step(gradient.rows(), gradient.cols());
    parallel_for(gradient.cols(), threads_, [&](Index c) {
      const Factor& factor = factors_[c];
      const auto lower = factor.lower.triangularView<Eigen::Lower>();
      Eigen::VectorXf x = factor.scale.cwiseProduct(gradient.col(c).cast<float>());
      lower.solveInPlace(x);
      lower.transpose().solveInPlace(x);
      step.col(c) = factor.scale.cwiseProduct(x).cast<double>();
    });
    project_onto_class_sums_zero(step);
    return step;
  }

 private:
  static constexpr std::uint64_t kSampleSeed = 20;

  /// Classes from `first` on whose rows are picked together: all, unless others have them, who are asked for so
  /// many megabytes at a time.
  static Index end_of_batch(const SoftmaxObjective& objective, const std::vector<RowSample>& samples, Index first) {
    if (objective.has_rows()) return objective.classes();
    constexpr Index kMostBytes = Index{128} << 20;
    const Index most = kMostBytes / std::max<Index>(objective.problem().features.dense().stride, 1);
    Index end = first + 1, rows = std::ssize(samples[first].rows);
    while (end < objective.classes() && (rows += std::ssize(samples[end].rows)) <= most) ++end;
    return end;
  }

  /// gram + Λ = S⁻¹ L Lᵀ S⁻¹ of one class, lower triangle; S = diag(scale) makes it independent of the features' units.
  struct Factor {
    Eigen::VectorXf scale;
    MatrixF lower;
  };

  static Factor factorize(MatrixF gram, const Vector& penalty) {
    const Index d = penalty.size();
    const float mean = std::max(gram.trace() / static_cast<float>(d + 1), 1e-30f);
    for (Index j = 0; j < d; ++j) {
      // Without a penalty, a feature that few of the drawn rows have is not to be trusted.
      gram(j, j) += penalty[j] > 0 ? static_cast<float>(penalty[j]) : 1e-3f * gram(j, j) + 1e-5f * mean;
    }
    Factor factor;
    factor.scale = gram.diagonal().cwiseMax(1e-36f).cwiseSqrt().cwiseInverse();
    gram = (factor.scale.asDiagonal() * gram * factor.scale.asDiagonal()).eval();
    for (float ridge = 1e-7f;; ridge *= 10) {  // float32 may need a little more than the penalty
      gram.diagonal().array() += ridge;
      factor.lower = gram;
      if (cholesky(d + 1, factor.lower.data()) || !std::isfinite(ridge)) return factor;
    }
  }

  int threads_;
  std::vector<Factor> factors_;
};

class FullPreconditioner : public Preconditioner {
 public:
  static std::unique_ptr<Preconditioner> make(const SoftmaxObjective& objective, const Stop& stop) {
    Matrix hessian = dense_hessian(objective, nullptr, stop);
    if (hessian.size() == 0) return nullptr;
    return std::make_unique<FullPreconditioner>(objective, std::move(hessian));
  }

  /// `loss`: its Hessian.
  FullPreconditioner(const SoftmaxObjective& objective, Matrix loss) : hessian_(std::move(loss)) {
    const Problem& problem = objective.problem();
    const Index d = problem.cols(), k = objective.classes(), size = k * (d + 1);
    for (Index c = 0; c < k; ++c) hessian_.diagonal().segment(c * (d + 1), d) += problem.penalty;
    Matrix hessian = hessian_;
    // The gauge: adding the same to all classes costs nothing; D ⊗ 11ᵀ/K makes it cost something, D the mean curvature
    // of a feature. A relative 1e-13 ridge covers dependent features without a penalty.
    const Vector diagonal = hessian.diagonal();
    const Vector mean = Eigen::Map<const Matrix>(diagonal.data(), k, d + 1).colwise().mean().transpose();
    for (Index a = 0; a < k; ++a) {
      for (Index b = 0; b < k; ++b)
        hessian.block(a * (d + 1), b * (d + 1), d + 1, d + 1).diagonal() += mean / static_cast<double>(k);
    }
    for (double ridge = 1e-13; ridge < 1; ridge *= 100) {
      for (Index i = 0; i < size; ++i) hessian(i, i) += diagonal[i] > 0 ? ridge * diagonal[i] : 1;
      factor_.compute(hessian);
      if (factor_.info() == Eigen::Success) break;
    }
  }

  Parameters solve(const Parameters& gradient) const override {
    const Matrix by_class = gradient.transpose();
    const Vector step = factor_.solve(Eigen::Map<const Vector>(by_class.data(), by_class.size()));
    Parameters result = Eigen::Map<const Matrix>(step.data(), gradient.cols(), gradient.rows()).transpose();
    project_onto_class_sums_zero(result);
    return result;
  }
  const Matrix* hessian() const override { return &hessian_; }

 private:
  Matrix hessian_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
};

Index parameters_of(const SoftmaxObjective& objective) { return objective.classes() * (objective.features() + 1); }

}  // namespace

std::unique_ptr<Preconditioner> bohning_preconditioner(const SoftmaxObjective& objective, const Stop& stop) {
  return GramPreconditioner::make(objective, 0.5, stop);
}

std::unique_ptr<Preconditioner> root_diagonal_preconditioner(const SoftmaxObjective& objective) {
  return std::make_unique<RootDiagonalPreconditioner>(objective);
}

std::unique_ptr<Preconditioner> uniform_preconditioner(const SoftmaxObjective& objective, const Stop& stop) {
  return GramPreconditioner::make(objective, 1.0 / static_cast<double>(objective.classes()), stop);
}

std::unique_ptr<Preconditioner> class_block_preconditioner(const SoftmaxObjective& objective, const Stop& stop) {
  return ClassBlockPreconditioner::make(objective, stop);
}

std::unique_ptr<Preconditioner> full_preconditioner(const SoftmaxObjective& objective, const Stop& stop) {
  return FullPreconditioner::make(objective, stop);
}

bool is_small(const SoftmaxObjective& objective) {
  constexpr Index kMostParameters = 400;
  return parameters_of(objective) <= kMostParameters;
}

bool affords_full(const SoftmaxObjective& objective) { return parameters_of(objective) <= kMostParametersOfHessian; }

bool affords_gram(const SoftmaxObjective& objective) {
  return objective.features() < (objective.problem().features.is_sparse() ? kMaxSparseGramFeatures : kMaxGramFeatures);
}

std::unique_ptr<Preconditioner> local_preconditioner(const SoftmaxObjective& objective, const Stop& stop) {
  if (!affords_gram(objective)) return root_diagonal_preconditioner(objective);
  return is_small(objective) ? full_preconditioner(objective, stop) : class_block_preconditioner(objective, stop);
}

std::unique_ptr<Preconditioner> global_preconditioner(const SoftmaxObjective& objective, const Stop& stop) {
  if (!affords_gram(objective)) return root_diagonal_preconditioner(objective);
  return bohning_preconditioner(objective, stop);
}

}  // namespace poise::inline convex
