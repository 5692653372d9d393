// The step rules of the engine against their definitions in float64, and against what theory says of their motion.
#include "learning/step.h"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <numbers>
#include <vector>

#include "base/random.h"
#include "poise/dual_process.h"

namespace poise::learning {
namespace {

using Force = std::function<Vector(const Vector&)>;  // w ↦ ∇L

NetworkOptions options_of(Step step, double phase = 0) {
  NetworkOptions options;
  options.step = step;
  options.momentum_phase = phase;
  return options;
}

/// Parameters under a rule, moved as a batch moves them: one begin_step, then `apply` on ranges.
struct Mover {
  StepRule rule;
  Floats w;

  Mover(const NetworkOptions& options, double momentum, const Vector& start)
      : rule(options, momentum, start.size()), w(static_cast<std::size_t>(start.size())) {
    for (Index k = 0; k < start.size(); ++k) w.data()[k] = static_cast<float>(start[k]);
  }
  Vector position() const {
    return Eigen::Map<const Eigen::VectorXf>(w.data(), static_cast<Index>(w.size())).cast<double>();
  }
  void step(double rate, const Vector& gradient, double l2 = 0, Index penalized = 0) {
    Floats g(w.size());
    for (Index k = 0; k < gradient.size(); ++k) g.data()[k] = static_cast<float>(gradient[k]);
    rule.set_learning_rate(rate);
    rule.begin_step();
    rule.apply(0, penalized, l2, g.data(), w.data());
    rule.apply(penalized, gradient.size() - penalized, 0, g.data() + penalized, w.data() + penalized);
  }
};

constexpr Index kCount = 41, kPenalized = 23;  // whole vectors and a rest, twice
constexpr int kSteps = 40;
constexpr double kL2 = 0.3, kAlpha = 0.8;

double rate_at(int t) { return 0.05 * (1.2 + std::sin(t)); }

Vector random_vector(std::uint64_t stream) {
  return Vector::NullaryExpr(kCount,
                             [&](Index k) { return 2 * random_uniform(stream, static_cast<std::uint64_t>(k)) - 1; });
}

/// g_t + λ w_{t−1}, λ on the first numbers alone.
Vector force_at(int t, const Vector& w) {
  Vector force = random_vector(static_cast<std::uint64_t>(t));
  force.head(kPenalized) += kL2 * w.head(kPenalized);
  return force;
}

/// Runs the rule beside float64, where `move` gives w_t − w_{t−1} from η_t and all forces so far, the last one newest.
void expect_motion(Step step, double momentum, double phase,
                   const std::function<Vector(double, const std::vector<Vector>&)>& move) {
  Vector w = random_vector(99);
  Mover mover(options_of(step, phase), momentum, w);
  std::vector<Vector> forces;
  for (int t = 1; t <= kSteps; ++t) {
    forces.push_back(force_at(t, w));
    w += move(rate_at(t), forces);
    mover.step(rate_at(t), random_vector(static_cast<std::uint64_t>(t)), kL2, kPenalized);
    ASSERT_LE((mover.position() - w).cwiseAbs().maxCoeff(), 5e-6) << "step " << t;
  }
}

// u_t = −Σ_s α^{t−s} force_s: what has been gathered moves at the rate of today.
TEST(StepRule, HeavyBallGathersForcesAndMovesAtTheRateOfTheDay) {
  for (Step step : {Step::kSgd, Step::kGolden}) {
    for (double momentum : {0.0, kAlpha}) {
      expect_motion(step, momentum, 0, [&](double rate, const std::vector<Vector>& forces) {
        Vector sum = Vector::Zero(kCount);
        for (std::size_t age = 0; age < forces.size(); ++age) {
          sum += std::pow(momentum, static_cast<double>(age)) * forces[forces.size() - 1 - age];
        }
        return Vector(-rate * sum);
      });
    }
  }
}

// 1.6 f: w moves by η Re μ, μ_t = −Σ_s (α e^{iθ})^{t−s} force_s.
TEST(StepRule, ComplexMomentumTurnsWhatItGathers) {
  for (double phase : {0.4, -2.0, std::numbers::pi}) {
    expect_motion(Step::kSgd, kAlpha, phase, [&](double rate, const std::vector<Vector>& forces) {
      Eigen::VectorXcd sum = Eigen::VectorXcd::Zero(kCount);
      for (std::size_t age = 0; age < forces.size(); ++age) {
        const double steps = static_cast<double>(age);
        sum += std::polar(std::pow(kAlpha, steps), phase * steps) * forces[forces.size() - 1 - age];
      }
      return Vector(-rate * sum.real());
    });
  }
}

// Kingma & Ba 2015: weighted means of forces and of their squares, whose weights are made to add up to 1.
TEST(StepRule, AdamDividesTheMeanForceByItsRootMeanSquare) {
  expect_motion(Step::kAdam, 0, 0, [](double rate, const std::vector<Vector>& forces) {
    auto weighted_mean = [&](double beta, auto&& term) {
      Vector sum = Vector::Zero(kCount);
      double weights = 0;
      for (std::size_t age = 0; age < forces.size(); ++age) {
        const double weight = std::pow(beta, static_cast<double>(age));
        sum += weight * term(forces[forces.size() - 1 - age]);
        weights += weight;
      }
      return Vector(sum / weights);
    };
    const Vector mean = weighted_mean(0.9, [](const Vector& f) { return f; });
    const Vector square = weighted_mean(0.999, [](const Vector& f) { return Vector(f.cwiseAbs2()); });
    return Vector(-rate * (mean.array() / (square.array().sqrt() + 1e-8)).matrix());
  });
}

TEST(StepRule, RestForgetsAllThatWasGathered) {
  for (const auto& [step, phase] : {std::pair{Step::kSgd, 0.0}, {Step::kSgd, 0.7}, {Step::kAdam, 0.0}}) {
    Mover moved(options_of(step, phase), kAlpha, random_vector(99));
    for (int t = 1; t <= 5; ++t) moved.step(rate_at(t), random_vector(static_cast<std::uint64_t>(t)), kL2, kPenalized);
    moved.rule.rest();
    Mover fresh(options_of(step, phase), kAlpha, moved.position());
    for (int t = 6; t <= 9; ++t) {
      for (Mover* mover : {&moved, &fresh}) {
        mover->step(rate_at(t), random_vector(static_cast<std::uint64_t>(t)), kL2, kPenalized);
      }
    }
    EXPECT_EQ(moved.w, fresh.w) << to_string(step) << " " << phase;
  }
}

// ---- motion on a quadratic loss: docs/theory/dual-process.md#the-step ----

/// One mode of curvature λ, from w = 1 at rest.
std::vector<double> motion(double curvature, int steps, double alpha = kGoldenMomentum,
                           double eta = kGoldenLearningRate, double phase = 0) {
  Mover mover(options_of(phase == 0 ? Step::kGolden : Step::kSgd, phase), alpha, Vector::Ones(1));
  std::vector<double> path{1};
  for (int k = 0; k < steps; ++k) {
    mover.step(eta, curvature * mover.position());
    path.push_back(mover.position()[0]);
  }
  return path;
}

// The averaged gradient m ← αm + (1 − α)∇, w ← w − (1 − α)m, and the mass with friction, in float64.
TEST(GoldenStep, IsTheAveragedGradientAndTheMassWithFriction) {
  constexpr double h = 1 - kGoldenMomentum;
  const Vector curvature{{0.3, 1, 30, 200}};
  Vector averaged = Vector::Ones(4), mean = Vector::Zero(4), mass = Vector::Ones(4), velocity = Vector::Zero(4);
  Mover mover(options_of(Step::kGolden), kGoldenMomentum, Vector::Ones(4));
  for (int k = 0; k < 500; ++k) {
    mover.step(kGoldenLearningRate, curvature.cwiseProduct(mover.position()));
    mean = kGoldenMomentum * mean + h * curvature.cwiseProduct(averaged);
    averaged -= h * mean;
    velocity = (1 - h) * velocity - h * curvature.cwiseProduct(mass);
    mass += h * velocity;
    ASSERT_LE((mover.position() - averaged).cwiseAbs().maxCoeff(), 2e-5) << k;
    ASSERT_LE((mover.position() - mass).cwiseAbs().maxCoeff(), 2e-5) << k;
  }
}

// W_k² − w_{k+1} w_{k−1} is the squared amplitude of an oscillation, times a constant.
TEST(GoldenStep, ContractsByTheRootOfTheMomentumInTheWholeBand) {
  for (const double curvature : {0.3, 1.0, 10.0, 200.0}) {
    const std::vector<double> w = motion(curvature, 302);
    auto squared_amplitude = [&](std::size_t k) { return w[k] * w[k] - w[k + 1] * w[k - 1]; };
    const double contraction = std::pow(squared_amplitude(301) / squared_amplitude(1), 1.0 / 600);
    EXPECT_NEAR(contraction, kSqrtGoldenMomentum, 1e-5) << curvature;
  }
}

TEST(GoldenStep, IsStableUpToTheStableCurvature) {  // a step multiplies by −1 ± 0.0121 at its ends
  EXPECT_LT(std::abs(motion(236.1, 2000).back()), 1e-6);
  EXPECT_GT(std::abs(motion(236.3, 2000).back()), 1e6);
}

/// The matrix of one step in (w, u), whose state is set and read through steps alone: a rate of 0 sets u = −g.
Eigen::MatrixXd matrix_of_a_step(const Force& gradient, Index parameters, double eta) {
  Eigen::MatrixXd matrix(2 * parameters, 2 * parameters);
  for (Index j = 0; j < 2 * parameters; ++j) {
    const Vector state = Vector::Unit(2 * parameters, j);
    Mover mover(options_of(Step::kGolden), kGoldenMomentum, state.head(parameters));
    mover.step(0, -state.tail(parameters));
    mover.step(eta, gradient(mover.position()));
    const Vector position = mover.position();
    matrix.col(j).head(parameters) = position;
    mover.step(1, Vector::Zero(parameters));  // moves by α u
    matrix.col(j).tail(parameters) = (mover.position() - position) / kGoldenMomentum;
  }
  return matrix;
}

// Of volume α^P is left, and every mode has the two roots of r² − (1 + α − ηλ) r + α.
TEST(GoldenStep, ContractsPhaseSpaceByAlphaAParameter) {
  Eigen::MatrixXd hessian(3, 3);
  hessian << 20, 7, -3, 7, 90, 11, -3, 11, 150;
  const Eigen::MatrixXd step =
      matrix_of_a_step([&](const Vector& w) { return Vector(hessian * w); }, 3, kGoldenLearningRate);
  EXPECT_NEAR(step.determinant(), std::pow(kGoldenMomentum, 3), 1e-5);
  const Vector curvatures = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(hessian).eigenvalues();
  for (const std::complex<double> root : step.eigenvalues()) {
    EXPECT_NEAR(std::abs(root), kSqrtGoldenMomentum, 1e-5);
    double nearest = 1;
    for (const double curvature : curvatures) {
      const double trace = 1 + kGoldenMomentum - kGoldenLearningRate * curvature;
      nearest = std::min(nearest, std::abs(root * root - trace * root + kGoldenMomentum));
    }
    EXPECT_LE(nearest, 1e-5);
  }
}

// 1.6 f on one mode: (w, Re μ, Im μ) has the characteristic polynomial (r − 1)(r² − 2α cos θ r + α²) + ηλ r (r − α cos
// θ), so w_{k+3} = (1 + 2c − ηλ) w_{k+2} − (α² + 2c − ηλ c) w_{k+1} + α² w_k with c = α cos θ, and the largest root is
// the rate.
TEST(ComplexMomentum, MovesWithTheRootsOfItsCharacteristicPolynomial) {
  struct Setting {
    double alpha, phase, force;  // ηλ
  };
  for (const auto& [alpha, phase, force] : {Setting{0.9, 0.3, 0.2}, {0.8, 1.2, 0.7}, {0.6, 2.5, 1.5}}) {
    const double c = alpha * std::cos(phase);
    const Eigen::Vector3d coefficients(alpha * alpha, -(alpha * alpha + 2 * c - force * c), 1 + 2 * c - force);
    const std::vector<double> w = motion(force / 0.1, 400, alpha, 0.1, phase);
    for (std::size_t k = 0; k + 3 < 100; ++k) {
      const Eigen::Vector3d state(w[k], w[k + 1], w[k + 2]);
      ASSERT_NEAR(w[k + 3], coefficients.dot(state), 1e-6 * state.cwiseAbs().maxCoeff()) << k;
    }
    Eigen::Matrix3d companion;
    companion << 0, 1, 0, 0, 0, 1, coefficients.transpose();
    const double radius = companion.eigenvalues().cwiseAbs().maxCoeff();
    ASSERT_LT(radius, 1);
    auto largest = [&](std::size_t from) {
      double most = 0;
      for (std::size_t k = from; k < from + 50; ++k) most = std::max(most, std::abs(w[k]));
      return most;
    };
    EXPECT_NEAR(std::pow(largest(350) / largest(50), 1.0 / 300), radius, 2e-3) << phase;
  }
}

}  // namespace
}  // namespace poise::learning
