// The dual-process step rule as motion: three ways to write it, its contraction, its volume.
// docs/theory/dual-process.md#the-step.
#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <complex>
#include <functional>
#include <vector>

#include "poise/dataset.h"
#include "poise/dual_process.h"

namespace poise {
namespace {

constexpr double kAlpha = kGoldenMomentum, kEta = kGoldenLearningRate, kTimeStep = 1 - kGoldenMomentum;

using Field = std::function<Vector(const Vector&)>;

/// ∇ of x⁴ + x²/2 + 0.3 xy + cosh y + ½(z − x y)²
Vector bent_gradient(const Vector& w) {
  const double x = w[0], y = w[1], bend = w[2] - x * y;
  return Vector{{4 * x * x * x + x + 0.3 * y - bend * y, 0.3 * x + std::sinh(y) - bend * x, bend}};
}

struct HeavyBall {  // Δ ← αΔ − η∇, w ← w + Δ
  Vector w, delta = Vector::Zero(w.size());
  void step(const Field& gradient) {
    delta = kAlpha * delta - kEta * gradient(w);
    w += delta;
  }
};

struct AveragedGradient {  // m ← αm + (1 − α)∇, w ← w − (1 − α)m
  Vector w, mean = Vector::Zero(w.size());
  void step(const Field& gradient) {
    mean = kAlpha * mean + (1 - kAlpha) * gradient(w);
    w -= (1 - kAlpha) * mean;
  }
};

struct SymplecticEuler {  // w'' + w' + ∇L = 0 with time step h: u ← (1 − h)u − h∇, w ← w + hu
  Vector w, velocity = Vector::Zero(w.size());
  void step(const Field& gradient) {
    velocity = (1 - kTimeStep) * velocity - kTimeStep * gradient(w);
    w += kTimeStep * velocity;
  }
};

TEST(GoldenMotion, ThreeFormulationsAreOne) {
  const Vector start{{0.7, -1.2, 2.0}};
  HeavyBall ball{start};
  AveragedGradient averaged{start};
  SymplecticEuler euler{start};
  double path = 0;
  for (int k = 0; k < 500; ++k) {
    const Vector before = ball.w;
    ball.step(bent_gradient);
    averaged.step(bent_gradient);
    euler.step(bent_gradient);
    path += (ball.w - before).norm();
    ASSERT_LE((ball.w - averaged.w).cwiseAbs().maxCoeff(), 1e-12) << k;
    ASSERT_LE((ball.w - euler.w).cwiseAbs().maxCoeff(), 1e-12) << k;
  }
  EXPECT_GT(path, 1);                              // it went somewhere …
  EXPECT_LE(bent_gradient(ball.w).norm(), 1e-12);  // … and came to rest
}

/// w_0 = 1, w_1, … of the heavy ball on ½λw² from rest.
std::vector<double> quadratic_motion(double curvature, int steps) {
  HeavyBall ball{Vector::Ones(1)};
  std::vector<double> path{1};
  for (int k = 0; k < steps; ++k) {
    ball.step([curvature](const Vector& w) -> Vector { return curvature * w; });
    path.push_back(ball.w[0]);
  }
  return path;
}

// W_k is an oscillation of shrinking amplitude a: w_k² − w_{k+1} w_{k−1} is a² times a constant.
TEST(GoldenMotion, ContractsByTheRootOfTheMomentumInTheWholeBand) {
  for (const double curvature : {0.3, 1.0, 10.0, 200.0}) {
    const std::vector<double> w = quadratic_motion(curvature, 402);
    auto squared_amplitude = [&](std::size_t k) { return w[k] * w[k] - w[k + 1] * w[k - 1]; };
    const double contraction = std::pow(squared_amplitude(401) / squared_amplitude(1), 1.0 / 800);
    EXPECT_NEAR(contraction, kSqrtGoldenMomentum, 1e-9) << curvature;
  }
}

// The stable curvature is where oscillations neither grow nor shrink.
TEST(GoldenMotion, StableUpToTheStableCurvature) {
  auto amplitude_after = [](double curvature, int steps) {
    return std::abs(quadratic_motion(curvature, steps).back());
  };
  EXPECT_LT(amplitude_after(236.1, 20000), 1e-3);
  EXPECT_GT(amplitude_after(236.3, 20000), 1e3);
  EXPECT_LT(amplitude_after(kStableCurvature - 0.01, 20000), amplitude_after(kStableCurvature - 0.01, 10000));
  EXPECT_GT(amplitude_after(kStableCurvature + 0.01, 20000), amplitude_after(kStableCurvature + 0.01, 10000));
}

// 1.6 f: in the band the motion is w_k = 2 Re(c r^k), r = √α e^{iθ}, cos θ = (1 + α − ηλ)/(2√α).
TEST(GoldenMotion, IsTheRealPartOfAComplexFirstOrderRule) {
  for (const double curvature : {1.0, 34.780, 118.102, 200.0}) {
    const double cosine = (1 + kAlpha - kEta * curvature) / (2 * kSqrtGoldenMomentum);
    const std::complex<double> root = std::polar(kSqrtGoldenMomentum, std::acos(cosine));
    const std::vector<double> w = quadratic_motion(curvature, 200);
    // 2 Re c = w_0, 2 Re(c r) = w_1
    const std::complex<double> c(w[0] / 2, (w[0] * root.real() - w[1]) / (2 * root.imag()));
    std::complex<double> state = c;
    for (const double position : w) {
      EXPECT_NEAR(position, 2 * state.real(), 1e-12) << curvature;
      state *= root;
    }
  }
}

// One step maps a volume of (w, Δ) to α^P of it, P = 3 parameters, for any loss.
TEST(GoldenMotion, ContractsPhaseSpaceByAlphaAParameter) {
  auto step = [](const Vector& state) {
    HeavyBall ball{state.head(3), state.tail(3)};
    ball.step(bent_gradient);
    Vector out(6);
    out << ball.w, ball.delta;
    return out;
  };
  for (const Vector& state : {Vector{{0.7, -1.2, 2.0, 0.1, -0.3, 0.2}}, Vector{{-0.1, 0.4, -1.0, 2.0, 1.0, -3.0}}}) {
    Eigen::MatrixXd jacobian(6, 6);
    for (Index j = 0; j < 6; ++j) {
      const Vector change = 1e-5 * Vector::Unit(6, j);
      jacobian.col(j) = (step(state + change) - step(state - change)) / 2e-5;
    }
    EXPECT_NEAR(jacobian.determinant(), std::pow(kAlpha, 3), 1e-7);
  }
}

}  // namespace
}  // namespace poise
