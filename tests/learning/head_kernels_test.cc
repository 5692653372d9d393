// The softmax head's loops against the formulas in double precision; their use in training is tested in head_test.cc.
#include "learning/loss/softmax_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"

namespace poise::learning {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Rows of scores and targets, and what the head makes of them.
struct Head {
  Index rows, classes;
  std::vector<float> scores, targets, adjoint, best;
  std::vector<double> loss, gap;

  Head(Index n, Index k, double spread) : rows(n), classes(k) {
    for (Index i = 0; i < n * k; ++i) {
      scores.push_back(static_cast<float>(spread * (random_uniform(1, static_cast<std::uint64_t>(i)) - 0.5)));
      targets.push_back(static_cast<float>(2 * random_uniform(2, static_cast<std::uint64_t>(i)) /
                                           static_cast<double>(k)));  // need not add up to 1
    }
  }

  void run() {
    const auto n = static_cast<std::size_t>(rows);
    adjoint = targets, best.resize(n), loss.resize(n), gap.resize(n);
    std::vector<float> scratch(static_cast<std::size_t>(2 * kSoftmaxRows * classes));
    softmax_rows(scores.data(), rows, classes, adjoint.data(), {loss.data(), gap.data(), best.data()}, scratch.data());
  }

  double score(Index i, Index k) const {
    return static_cast<double>(scores[static_cast<std::size_t>(i * classes + k)]);
  }
  double target(Index i, Index k) const {
    return static_cast<double>(targets[static_cast<std::size_t>(i * classes + k)]);
  }
};

void expect_row(const Head& head, Index i) {
  Index best = 0;
  for (Index k = 1; k < head.classes; ++k) best = head.score(i, k) > head.score(i, best) ? k : best;
  const double top = head.score(i, best);
  double sum = 0, loss = 0, gap = 0, size = 1;
  for (Index k = 0; k < head.classes; ++k) sum += std::exp(head.score(i, k) - top);
  for (Index k = 0; k < head.classes; ++k) {
    const double shifted = head.score(i, k) - top, p = std::exp(shifted) / sum;
    loss -= head.target(i, k) * shifted;
    gap += shifted * (p - head.target(i, k));
    size += std::abs(shifted * head.target(i, k));
    EXPECT_NEAR(static_cast<double>(head.adjoint[static_cast<std::size_t>(i * head.classes + k)]),
                p - head.target(i, k), 3e-7);
  }
  EXPECT_NEAR(head.loss[static_cast<std::size_t>(i)], loss + std::log(sum), 3e-7 * size);
  EXPECT_NEAR(head.gap[static_cast<std::size_t>(i)], gap, 3e-7 * size);
  EXPECT_EQ(head.best[static_cast<std::size_t>(i)], static_cast<float>(best));
}

TEST(RowLosses, AreTheFormulasForAnyNumberOfRowsAndClasses) {
  for (const Index classes : {2, 3, 10, 17, 1000}) {
    for (const Index rows : {1, 7, 8, 9, 64}) {
      for (const double spread : {0.0, 1.0, 50.0, 1e5}) {
        SCOPED_TRACE(testing::Message() << rows << " rows, " << classes << " classes, spread " << spread);
        Head head(rows, classes, spread);
        head.run();
        for (Index i = 0; i < rows; ++i) expect_row(head, i);
      }
    }
  }
}

// ℓ of a row that is classified with certainty is e^{z₂ − z₁}, far below the precision of float32.
TEST(RowLosses, KeepSmallLosses) {
  Head head(9, 2, 0);
  for (std::size_t i = 0; i < 9; ++i) head.scores[2 * i] = 20, head.targets[2 * i] = 1, head.targets[2 * i + 1] = 0;
  head.run();
  for (double loss : head.loss) EXPECT_NEAR(loss / std::exp(-20), 1, 1e-6);
}

TEST(RowLosses, NaNOfAnyScoreReachesTheLossOfItsRowAlone) {
  for (Index k = 0; k < 3; ++k) {
    Head head(9, 3, 1.0);
    for (Index row : {2, 8}) head.scores[static_cast<std::size_t>(row * 3 + k)] = kNaN;
    head.run();
    for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(std::isnan(head.loss[i]), i == 2 || i == 8) << i << ", class " << k;
  }
}

}  // namespace
}  // namespace poise::learning
