// Value and gradient, and moments of the data (docs/theory/softmax.md#the-problem). Curvature: local_curvature.cc.
#include "convex/pass/local_rows.h"

#include <algorithm>
#include <type_traits>

#include "base/index.h"
#include "convex/pass/kernels.h"
#include "convex/pass/target_score.h"
#include "rows/column_moments.h"

namespace poise::inline convex {
namespace {

/// ⟨t_i, z_i⟩ of every row of the block.
template <typename Real>
std::vector<double> target_scores(const Problem& problem, const ScoreBlock<Real>& block) {
  std::vector<double> sums(block.rows), target(problem.classes);
  for (Index r = 0; r < block.rows; ++r) {
    double& sum = sums[r];
    if (problem.labels.empty() || problem.smoothing > 0) {
      sum = target_score(problem, block, r, target);
    } else {
      sum = static_cast<double>(block.scores[problem.labels[block.first_row + r] * block.ld + r]);
    }
  }
  return sums;
}

/// R = s (p − t) in place of the scores; padding rows become 0. Labels need no target rows: what is the same for all
/// classes goes over whole vectors, and one entry a row is set right.
template <typename Real>
void residual_block(const Problem& problem, const ScoreBlock<Real>& block, const Real* p) {
  std::vector<Real> s(block.ld, Real{0});
  for (Index r = 0; r < block.rows; ++r) s[r] = static_cast<Real>(problem.row_weight[block.first_row + r]);
  const bool hard = !problem.labels.empty();
  const Real share = hard ? static_cast<Real>(problem.smoothing / static_cast<double>(problem.classes)) : Real{0};
  for (Index c = 0; c < problem.classes; ++c) {
    Real* out = block.scores + c * block.ld;
    const Real* in = p + c * block.ld;
    for (Index r = 0; r < block.ld; ++r) out[r] = s[r] * (in[r] - share);
  }
  std::vector<double> target(problem.classes);
  for (Index r = 0; r < block.rows; ++r) {
    const Real weight = s[r];
    if (hard) {
      const Index at = problem.labels[block.first_row + r] * block.ld + r;
      block.scores[at] = weight * (p[at] - share - static_cast<Real>(1 - problem.smoothing));
      continue;
    }
    problem.target_of(block.first_row + r, target);
    for (Index c = 0; c < problem.classes; ++c) {
      block.scores[c * block.ld + r] -= weight * static_cast<Real>(target[c]);
    }
  }
}

/// R = s_i t_i of every row of the block, class-major; padding rows become 0.
void weighted_targets(const Problem& problem, const ScoreBlock<double>& block) {
  std::vector<double> target(problem.classes);
  for (Index r = 0; r < block.ld; ++r) {
    if (r < block.rows) problem.target_of(block.first_row + r, target);
    const double s = r < block.rows ? problem.row_weight[block.first_row + r] : 0;
    for (Index c = 0; c < problem.classes; ++c) {
      block.scores[c * block.ld + r] = s * target[c];
    }
  }
}

/// Part `part` of `parts` of a vector.
std::vector<double> numbers_of(const Vector& v, Index part, Index parts) {
  const Index size = v.size() / parts;
  return {v.data() + part * size, v.data() + (part + 1) * size};
}

/// While it lives passes ask another stop, too.
class AlsoStops {
 public:
  AlsoStops(PassEngine& engine, const Stop* stop) : engine_(engine), before_(engine.stop_also_when(stop)) {}
  ~AlsoStops() { engine_.stop_also_when(before_); }
  AlsoStops(const AlsoStops&) = delete;
  AlsoStops& operator=(const AlsoStops&) = delete;

 private:
  PassEngine& engine_;
  const Stop* before_;
};

}  // namespace

LocalRows::LocalRows(const Problem& problem, int threads, std::uint64_t memory, const std::optional<Share>& share)
    : problem_(problem),
      engine_(problem_, threads, share),
      probabilities_(problem_.rows(), problem_.classes, engine_.block_rows(), memory),
      first_row_(share ? share->grid.begin(share->chunks.first) : 0) {}

TreeSum<Sums> LocalRows::sums(const Request& request) {
  const AlsoStops also(engine_, request.stop);
  return answer(request);
}

TreeSum<Sums> LocalRows::hessian_blocks(const Matrix& probabilities, const Stop& stop) {
  const AlsoStops also(engine_, &stop);
  return hessian_blocks(&probabilities);
}

TreeSum<Sums> LocalRows::answer(const Request& request) {
  switch (request.question) {
    case Question::kValue:
    case Question::kGradient:
      return request.arithmetic == Arithmetic::kFloat ? value<float>(request) : value<double>(request);
    case Question::kProduct:
      return product(request);
    case Question::kAlong:
      return along(*request.first);
    case Question::kDiagonal:
      return diagonal();
    case Question::kHessian:
      return hessian_blocks(nullptr);
    case Question::kDualPoint:
      return dual_point(request);
    case Question::kTargets:
      return problem_.labels.empty() || problem_.features.is_sparse() ? targets() : targets_of_labels();
    case Question::kSizes:
      return sizes();
    case Question::kMeans:
      return list_of([&](const Features& x, std::span<const double> weights) {
        return first_moments(x, weights, numbers_of(request.vector, 0, 1));
      });
    case Question::kSpreads:
      return list_of([&](const Features& x, std::span<const double> weights) {
        const Vector& v = request.vector;
        return second_moments(x, weights, {numbers_of(v, 0, 3), numbers_of(v, 1, 3), numbers_of(v, 2, 3)});
      });
    case Question::kMoment:
      return moment(*request.first);
    case Question::kGram:
      return engine_.centered_gram(request.vector);
    case Question::kBiases:
      return biases();
    case Question::kCurvature:
      return curvature(request.vector);
    case Question::kDrawn:
      return drawn(request.vector, request.seed);
  }
  return TreeSum<Sums>(0);
}

template <typename Real>
TreeSum<Sums> LocalRows::value(const Request& request) {
  const Index k = classes();
  const bool gradient = request.question == Question::kGradient;
  probabilities_.make();
  const BlockKernel<Real> kernel = [&](const ScoreBlock<Real>& block) {
    const Index number = block.first_row / block.ld;
    float* const kept = probabilities_.block(number);
    std::vector<Real> own, lse(block.ld), expected(block.ld);
    Real* p = nullptr;
    if constexpr (std::is_same_v<Real, float>) {
      p = kept;
    } else {
      own.resize(k * block.ld), p = own.data();
    }
    softmax_block(block.scores, k, block.ld, p, lse.data(), expected.data());
    const std::vector<double> target = target_scores(problem_, block);
    double cross_entropy = 0, entropy = 0;
    for (Index r = 0; r < block.rows; ++r) {
      const double s = weight(block.first_row + r), l = static_cast<double>(lse[r]);
      cross_entropy += s * (l - target[r]);
      entropy += s * (l - static_cast<double>(expected[r]));
    }
    block.sums.numbers[0] += cross_entropy, block.sums.numbers[1] += entropy;
    if (gradient) residual_block(problem_, block, p);
    if (p != static_cast<const void*>(kept))
      std::transform(own.begin(), own.end(), kept, [](Real value) { return static_cast<float>(value); });
    probabilities_.touched(number);
  };
  return engine_.run_differences<Real>({.first = request.first, .product = gradient, .numbers = 2}, kernel);
}

TreeSum<Sums> LocalRows::targets() const {
  // In float64: they enter bounds times ε (see SoftmaxObjective::bound_from), and biases far from 0 multiply what they
  // are wrong by.
  return engine_.run<double>({.product = true},
                             [&](const ScoreBlock<double>& block) { weighted_targets(problem_, block); });
}

/// Every row is added to its own class, and the smoothing's share of all rows to every class.
TreeSum<Sums> LocalRows::targets_of_labels() const {
  const Index d = problem_.cols(), k = classes(), strip = 64;
  const double share = problem_.smoothing / static_cast<double>(k);
  return engine_.run_chunks(0, [&](Index first, Index end, Sums& sums, StopTest& stopped) {
    Matrix of_class = Matrix::Zero(k, d + 1), in_a_row = of_class, x(strip, d + 1);
    x.col(d).setOnes();
    for (Index begin = first; begin < end && !stopped(); begin += strip) {
      if ((begin - first) % (kBlocksInARow * engine_.block_rows()) == 0) of_class += in_a_row, in_a_row.setZero();
      const Index rows = std::min(strip, end - begin);
      problem_.load(begin, rows, x.data(), d + 1);
      for (Index r = 0; r < rows; ++r) in_a_row.row(problem_.labels[begin + r]) += weight(begin + r) * x.row(r);
    }
    of_class += in_a_row;
    sums.product = (1 - problem_.smoothing) * of_class.transpose();
    if (share > 0) sums.product.colwise() += share * of_class.colwise().sum().transpose();
  });
}

TreeSum<Sums> LocalRows::list_of(const NumbersOf& of_rows) const {
  return engine_.run_chunks(0, [&](Index first, Index end, Sums& sums, StopTest&) {
    sums.list = of_rows(problem_.features.slice(first, end - first), problem_.weights().subspan(first, end - first));
  });
}

TreeSum<Sums> LocalRows::sizes() const {
  return engine_.run_chunks(0, [&](Index first, Index end, Sums& sums, StopTest&) {
    const std::span<const double> weights = problem_.weights().subspan(first, end - first);
    const std::vector<double> found =
        mean_absolute(problem_.features.slice(first, end - first), problem_.map(), weights, 1);
    sums.product = Eigen::Map<const Vector>(found.data(), problem_.cols());
  });
}

}  // namespace poise::inline convex
