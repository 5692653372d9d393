// The compact form against BFGS updates of a dense inverse Hessian.
#include "convex/solver/quasi_newton.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace poise {
namespace {

constexpr Index kFeatures = 30, kClasses = 2, kSize = kFeatures * kClasses;

Parameters random_parameters(std::uint64_t stream) {
  return Parameters::NullaryExpr(kFeatures, kClasses, [stream](Index i, Index j) {
    return random_uniform(stream, static_cast<std::uint64_t>(i * kClasses + j)) - 0.5;
  });
}

Vector flat(const Parameters& w) { return Eigen::Map<const Vector>(w.data(), w.size()); }

class DiagonalPreconditioner : public Preconditioner {
 public:
  explicit DiagonalPreconditioner(bool has_size) : has_size_(has_size) {}
  Parameters solve(const Parameters& gradient) const override { return inverse_.cwiseProduct(gradient); }
  bool has_size() const override { return has_size_; }
  Vector inverse() const { return flat(inverse_); }

 private:
  Parameters inverse_ = random_parameters(1).array() + 1;
  bool has_size_;
};

/// Gradients of ½ wᵀAw along points at random.
struct Quadratic {
  Matrix a;
  Quadratic() {
    const Matrix b = Matrix::NullaryExpr(kSize, kSize, [](Index i, Index j) {
      return random_uniform(2, static_cast<std::uint64_t>(i * kSize + j)) - 0.5;
    });
    a = b * b.transpose() + Matrix::Identity(kSize, kSize);
  }
  Parameters gradient(const Parameters& w) const {
    const Vector g = a * flat(w);
    return Eigen::Map<const Parameters>(g.data(), kFeatures, kClasses);
  }
};

/// H from γM⁻¹ by the update H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ, ρ = 1/⟨s, y⟩.
Matrix dense_inverse(const std::vector<Vector>& steps, const std::vector<Vector>& changes,
                     const DiagonalPreconditioner& m) {
  const Vector& y = changes.back();
  const double measured = steps.back().dot(y) / y.dot(m.inverse().cwiseProduct(y));
  const double factor = m.has_size() ? std::min(1.0, measured) : measured;
  Matrix h = Matrix((factor * m.inverse()).asDiagonal());
  for (std::size_t k = 0; k < steps.size(); ++k) {
    const double rho = 1 / steps[k].dot(changes[k]);
    const Matrix left = Matrix::Identity(kSize, kSize) - rho * steps[k] * changes[k].transpose();
    h = (left * h * left.transpose() + rho * steps[k] * steps[k].transpose()).eval();
  }
  return h;
}

/// Random points one after the other, their pairs given to the approximation and kept for the dense one.
class Walk {
 public:
  void go_on(std::uint64_t k, const Preconditioner& preconditioner, QuasiNewton& found) {
    const Parameters next = random_parameters(10 + k);
    found.push(w_, next, f_.gradient(w_), f_.gradient(next), preconditioner);
    steps_.push_back(flat(next) - flat(w_)), changes_.push_back(flat(f_.gradient(next)) - flat(f_.gradient(w_)));
    if (steps_.size() > 10) steps_.erase(steps_.begin()), changes_.erase(changes_.begin());
    w_ = next;
  }

  /// ‖H g − dense H g‖/‖dense H g‖ for a random g: float32, and ten updates deep.
  double error(std::uint64_t k, const DiagonalPreconditioner& preconditioner, const QuasiNewton& found) const {
    const Parameters g = random_parameters(50 + k);
    const Vector expected = dense_inverse(steps_, changes_, preconditioner) * flat(g);
    return (flat(found.product(preconditioner, g).cast<double>()) - expected).norm() / expected.norm();
  }

 private:
  Quadratic f_;
  std::vector<Vector> steps_, changes_;
  Parameters w_ = random_parameters(3);
};

TEST(QuasiNewton, IsTheDenseUpdateOfTheLastTenPairs) {
  for (bool has_size : {false, true}) {
    const DiagonalPreconditioner preconditioner(has_size);
    QuasiNewton found(2);
    Walk walk;
    for (std::uint64_t k = 0; k < 23; ++k) {
      walk.go_on(k, preconditioner, found);
      EXPECT_LE(walk.error(k, preconditioner, found), 2e-4) << k;
    }
  }
}

TEST(QuasiNewton, WithoutPairsIsThePreconditioner) {
  const DiagonalPreconditioner preconditioner(true);
  const Parameters g = random_parameters(4);
  const Quadratic f;
  QuasiNewton found(1);
  EXPECT_LE(
      (flat(found.product(preconditioner, g).cast<double>()) - preconditioner.inverse().cwiseProduct(flat(g))).norm(),
      1e-6);
  found.push(g, 2 * g, f.gradient(g), f.gradient(2 * g), preconditioner);
  found.clear();
  EXPECT_LE(
      (flat(found.product(preconditioner, g).cast<double>()) - preconditioner.inverse().cwiseProduct(flat(g))).norm(),
      1e-6);
}

TEST(QuasiNewton, TakesNoPairOfNegativeCurvature) {
  const DiagonalPreconditioner preconditioner(true);
  const Parameters g = random_parameters(4);
  QuasiNewton found(1);
  found.push(g, 2 * g, g, -g, preconditioner);  // s = g, y = −2g
  EXPECT_LE(
      (flat(found.product(preconditioner, g).cast<double>()) - preconditioner.inverse().cwiseProduct(flat(g))).norm(),
      1e-6);
}

TEST(QuasiNewton, APairNotTakenCostsNoOther) {
  const DiagonalPreconditioner preconditioner(false);
  QuasiNewton found(1);
  Walk walk;
  for (std::uint64_t k = 0; k < 10; ++k) walk.go_on(k, preconditioner, found);
  const Parameters g = random_parameters(50);
  found.push(g, 2 * g, g, -g, preconditioner);
  EXPECT_LE(walk.error(0, preconditioner, found), 2e-4);
}

}  // namespace
}  // namespace poise
