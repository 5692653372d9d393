// Intervals of estimates, and what one sample alone says: nothing of its error.
#include "poise/estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "poise/error.h"
#include "sample_classifiers.h"
#include "thermo/row_mean.h"

namespace poise {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Estimate, Intervals) {
  const Estimate normal{1, 0.1, 0, 0.2}, student{1, 0.1, 4, 0};
  EXPECT_NEAR(confidence_interval(normal).high, 1.1959964, 1e-7);
  EXPECT_NEAR(confidence_interval(student).low, 1 - 0.277644511, 1e-7);
  EXPECT_NEAR(source_interval(normal).high, 1 + 1.959964 * std::sqrt(0.05), 1e-6);
  EXPECT_EQ(confidence_interval({3, 0, 0, 1}).low, 3);
  EXPECT_EQ(source_interval({3, 0, 0, 0}).high, 3);
  EXPECT_THROW(confidence_interval(normal, 1), Error);
  EXPECT_THROW(source_interval(normal, 0), Error);
}

// One row of n stands out: a = (n − 1, −1, …, −1)/n², Σ a³/(Σ a²)^{3/2} = (n − 2)/√(n (n − 1))
TEST(Estimate, SkewnessOfAMeanIsThatOfItsRows) {
  for (const Index n : {3, 4, 100}) {
    Vector figures = Vector::Constant(n, 5);
    figures[1] = 7;
    const auto rows = static_cast<double>(n);
    const Estimate mean = thermo::mean_of_rows(Vector::Constant(n, 1 / rows), figures);
    EXPECT_NEAR(mean.row_skewness, (rows - 2) / std::sqrt(rows * (rows - 1)), 1e-12);
    EXPECT_NEAR(thermo::scaled(mean, -2).row_skewness, -mean.row_skewness, 1e-15);
    EXPECT_TRUE(is_rough(mean));
  }
  EXPECT_EQ(thermo::mean_of_rows(Vector::Constant(4, 0.25), Vector::Constant(4, 5)).row_skewness, 0);
  EXPECT_FALSE(is_rough({1, 0, 0, 0.1, 0.3}));
  EXPECT_TRUE(is_rough({1, 0, 0, 0.1, -0.301}));
  EXPECT_TRUE(is_rough({1, 0, 0, kInfinity}));
}

TEST(Estimate, AnErrorThatIsNotFiniteBoundsNothing) {
  for (const Estimate& unknown :
       {Estimate{1, kNaN, 0, 0}, {1, kInfinity, 0, 0}, {1, kInfinity, 7, 0}, {kNaN, 0, 0, 0}}) {
    for (const Bounds& bounds : {confidence_interval(unknown), source_interval(unknown)}) {
      EXPECT_EQ(bounds.low, -kInfinity);
      EXPECT_EQ(bounds.high, kInfinity);
    }
  }
  EXPECT_EQ(confidence_interval({1, 0, 0, kInfinity}).high, 1);  // exact on these rows, which are one
  EXPECT_EQ(source_interval({1, 0, 0, kInfinity}).high, kInfinity);
  EXPECT_EQ(source_interval({1, 0, 0, kNaN}).low, -kInfinity);
}

TEST(RowMean, OfOneRowHasNoKnownError) {
  EXPECT_EQ(thermo::mean_of_rows(Vector{{1.0}}, Vector{{2.0}}).row_error, kInfinity);
  // Of two rows: √(2/1 · (¼ + ¼)·¼·4) with values ±1 about the mean, weights ½.
  EXPECT_NEAR(thermo::mean_of_rows(Vector{{0.5, 0.5}}, Vector{{1.0, 3.0}}).row_error, 1, 1e-15);
  const Classifier classifier = random_classifier({3, 4, 2}, Activation::kTanh, 1, 3);
  const Thermodynamics found = measure_thermodynamics(classifier.network, classifier.data, {.detail = Detail::kLight});
  EXPECT_EQ(found.mean_loss.row_error, kInfinity);
  EXPECT_EQ(found.gradient_noise.row_error, kInfinity);
}

TEST(Repetitions, MeanAndStandardErrorByHand) {
  const Estimate of_three = thermo::mean_of_repetitions({1, 2, 6});
  EXPECT_NEAR(of_three.value, 3, 1e-15);
  EXPECT_NEAR(of_three.error, std::sqrt((4 + 1 + 9) / 2.0 / 3), 1e-15);
  EXPECT_EQ(of_three.degrees, 2);
  EXPECT_EQ(thermo::mean_of_repetitions({5}).value, 5);
  EXPECT_EQ(thermo::mean_of_repetitions({5}).error, kInfinity);
}

}  // namespace
}  // namespace poise
