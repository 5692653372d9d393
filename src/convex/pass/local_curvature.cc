// Curvature at the last point (docs/theory/softmax.md#the-problem): Hessian products, the block of the biases, the
// diagonal, and rows drawn by what they add to it.
#include <algorithm>
#include <type_traits>
#include <vector>

#include "base/index.h"
#include "base/random.h"
#include "convex/pass/kernels.h"
#include "convex/pass/local_rows.h"

namespace poise::inline convex {
namespace {

/// p_c (1 − p_c) of one row of class-major float32 probabilities. Above ½ the second factor is the sum of the other
/// classes: 1 − p_c would be off by 6e-8, all there is where a row is as good as certain.
double variance_of(const float* p, Index classes, Index ld, Index c) {
  const double own = static_cast<double>(p[c * ld]);
  if (own <= 0.5) return own * (1 - own);
  double others = 0;
  for (Index k = 0; k < classes; ++k) others += k == c ? 0 : static_cast<double>(p[k * ld]);
  return own * others;
}

}  // namespace

TreeSum<Sums> LocalRows::product(const Request& request) const {
  const auto apply = [&]<typename Real>(const ScoreBlock<Real>& block) {
    std::vector<Real> s(block.ld, Real{0});
    for (Index r = 0; r < block.rows; ++r) s[r] = static_cast<Real>(weight(block.first_row + r));
    const Index number = block.first_row / block.ld;
    const float* p = probabilities_.block(number);
    if constexpr (std::is_same_v<Real, float>) {
      hessian_block(p, s.data(), classes(), block.ld, block.scores);
    } else {
      std::vector<double> exact(p, p + classes() * block.ld);
      hessian_block(exact.data(), s.data(), classes(), block.ld, block.scores);
    }
    probabilities_.touched(number);
  };
  const Pass pass{.first = request.first, .product = true};
  if (request.arithmetic == Arithmetic::kFloat)
    return engine_.run_differences<float>(pass, [&](const ScoreBlock<float>& block) { apply(block); });
  return engine_.run_differences<double>(pass, [&](const ScoreBlock<double>& block) { apply(block); });
}

TreeSum<Sums> LocalRows::along(const Parameters& v) const {
  constexpr double kFar = 0.5;
  const Index k = classes();
  return engine_.run_differences<double>({.first = &v, .numbers = 2}, [&](const ScoreBlock<double>& block) {
    for (Index r = 0; r < block.rows; ++r) {
      const Index row = block.first_row + r;
      const Eigen::Map<const Vector, 0, Eigen::InnerStride<>> change(block.scores + r, k,
                                                                     Eigen::InnerStride<>(block.ld));
      double mean = 0, variance = 0;
      for (Index c = 0; c < k; ++c) mean += static_cast<double>(probability(row, c)) * (change[c] - change[0]);
      for (Index c = 0; c < k; ++c) {
        const double beside = change[c] - change[0] - mean;
        variance += static_cast<double>(probability(row, c)) * beside * beside;
      }
      block.sums.numbers[0] += weight(row) * variance;
      if (change.maxCoeff() - change.minCoeff() >= kFar) block.sums.numbers[1] += weight(row) * variance;
    }
    touched_probabilities(block.first_row);
  });
}

TreeSum<Sums> LocalRows::diagonal() const {
  return engine_.run_squared([&](const ScoreBlock<float>& block) {
    const float* p = probabilities_.from(block.first_row, 0);
    for (Index c = 0; c < classes(); ++c) {
      for (Index r = 0; r < block.rows; ++r) {
        block.scores[c * block.ld + r] =
            static_cast<float>(weight(block.first_row + r) * variance_of(p + r, classes(), block.ld, c));
      }
    }
    touched_probabilities(block.first_row);
  });
}

TreeSum<Sums> LocalRows::moment(const Parameters& v) const {
  return engine_.run<double>({.first = &v, .product = true}, [&](const ScoreBlock<double>& block) {
    for (Index c = 0; c < classes(); ++c) {
      for (Index r = 0; r < block.rows; ++r) block.scores[c * block.ld + r] *= weight(block.first_row + r);
    }
  });
}

TreeSum<Sums> LocalRows::biases() const {
  const Index k = classes(), block_rows = engine_.block_rows();
  return engine_.run_chunks(k * k, [&](Index first, Index end, Sums& sums, StopTest& stopped) {
    Eigen::Map<Matrix> system(sums.numbers.data(), k, k);
    for (Index begin = first; begin < end && !stopped(); begin += block_rows) {
      const Index count = std::min(block_rows, end - begin);
      const Eigen::Map<const MatrixF> p(probabilities_.from(begin, 0), k, block_rows);
      const MatrixF weighted = p.leftCols(count) * problem_.row_weight.segment(begin, count).cast<float>().asDiagonal();
      system += (weighted * p.leftCols(count).transpose()).cast<double>();
      touched_probabilities(begin);
    }
  });
}

TreeSum<Sums> LocalRows::for_curvatures(Index numbers, const UseCurvatures& use) const {
  const Index k = classes(), block_rows = engine_.block_rows();
  return engine_.run_chunks(numbers, [&](Index first, Index end, Sums& sums, StopTest& stopped) {
    Matrix curvatures(k, block_rows);
    for (Index begin = first; begin < end && !stopped(); begin += block_rows) {
      curvatures.resize(k, std::min(block_rows, end - begin));
      const float* p = probabilities_.from(begin, 0);
      for (Index c = 0; c < k; ++c) {
        for (Index r = 0; r < curvatures.cols(); ++r)
          curvatures(c, r) = weight(begin + r) * variance_of(p + r, k, block_rows, c);
      }
      use(begin, curvatures, sums);
      touched_probabilities(begin);
    }
  });
}

TreeSum<Sums> LocalRows::curvature(const Vector& tau) const {
  return for_curvatures(classes(), [&](Index, const Matrix& curvatures, Sums& sums) {
    for (Index c = 0; c < classes(); ++c) {
      double& sum = sums.numbers[c];
      for (Index r = 0; r < curvatures.cols(); ++r)
        sum += tau.size() == 0 ? curvatures(c, r) : std::min(1.0, tau[c] * curvatures(c, r));
    }
  });
}

TreeSum<Sums> LocalRows::drawn(const Vector& tau, std::uint64_t seed) const {
  return for_curvatures(0, [&](Index first, const Matrix& curvatures, Sums& sums) {
    for (Index r = 0; r < curvatures.cols(); ++r) {
      const Index row = first_row_ + first + r;
      for (Index c = 0; c < classes(); ++c) {
        const double probability = std::min(1.0, tau[c] * curvatures(c, r));
        const std::uint64_t of_class = seed + static_cast<std::uint64_t>(c);
        if (!(probability > 0) || random_uniform(of_class, static_cast<std::uint64_t>(row)) >= probability) continue;
        sums.list.insert(sums.list.end(),
                         {static_cast<double>(c), static_cast<double>(row), curvatures(c, r) / probability});
      }
    }
  });
}

}  // namespace poise::inline convex
