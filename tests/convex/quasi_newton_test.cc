// The compact form against BFGS updates of a dense inverse Hessian.
#include "convex/quasi_newton.h"

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

class DiagonalMetric : public Metric {
 public:
  explicit DiagonalMetric(bool has_size) : has_size_(has_size) {}
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
Matrix dense_inverse(const std::vector<Vector>& steps, const std::vector<Vector>& changes, const DiagonalMetric& m) {
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

TEST(QuasiNewton, IsTheDenseUpdateOfTheLastTenPairs) {
  const Quadratic f;
  for (bool has_size : {false, true}) {
    const DiagonalMetric metric(has_size);
    QuasiNewton found(2);
    std::vector<Vector> steps, changes;
    Parameters w = random_parameters(3);
    for (std::uint64_t k = 0; k < 23; ++k) {
      const Parameters next = random_parameters(10 + k);
      found.push(w, next, f.gradient(w), f.gradient(next), metric);
      steps.push_back(flat(next) - flat(w)), changes.push_back(flat(f.gradient(next)) - flat(f.gradient(w)));
      if (steps.size() > 10) steps.erase(steps.begin()), changes.erase(changes.begin());
      w = next;
      const Parameters g = random_parameters(50 + k);
      const Vector expected = dense_inverse(steps, changes, metric) * flat(g);
      const Vector product = flat(found.product(metric, g).cast<double>());
      EXPECT_LE((product - expected).norm(), 2e-4 * expected.norm()) << k;  // float32, and ten updates deep
    }
  }
}

TEST(QuasiNewton, WithoutPairsIsTheMetric) {
  const DiagonalMetric metric(true);
  const Parameters g = random_parameters(4);
  const Quadratic f;
  QuasiNewton found(1);
  EXPECT_LE((flat(found.product(metric, g).cast<double>()) - metric.inverse().cwiseProduct(flat(g))).norm(), 1e-6);
  found.push(g, 2 * g, f.gradient(g), f.gradient(2 * g), metric);
  found.clear();
  EXPECT_LE((flat(found.product(metric, g).cast<double>()) - metric.inverse().cwiseProduct(flat(g))).norm(), 1e-6);
}

TEST(QuasiNewton, TakesNoPairOfNegativeCurvature) {
  const DiagonalMetric metric(true);
  const Parameters g = random_parameters(4);
  QuasiNewton found(1);
  found.push(g, 2 * g, g, -g, metric);  // s = g, y = −2g
  EXPECT_LE((flat(found.product(metric, g).cast<double>()) - metric.inverse().cwiseProduct(flat(g))).norm(), 1e-6);
}

TEST(QuasiNewton, APairNotTakenCostsNoOther) {
  const DiagonalMetric metric(false);
  const Quadratic f;
  QuasiNewton found(1);
  std::vector<Vector> steps, changes;
  Parameters w = random_parameters(3);
  for (std::uint64_t k = 0; k < 10; ++k) {
    const Parameters next = random_parameters(10 + k);
    found.push(w, next, f.gradient(w), f.gradient(next), metric);
    steps.push_back(flat(next) - flat(w)), changes.push_back(flat(f.gradient(next)) - flat(f.gradient(w)));
    w = next;
  }
  const Parameters g = random_parameters(50);
  found.push(g, 2 * g, g, -g, metric);
  const Vector expected = dense_inverse(steps, changes, metric) * flat(g);
  EXPECT_LE((flat(found.product(metric, g).cast<double>()) - expected).norm(), 2e-4 * expected.norm());
}

}  // namespace
}  // namespace poise
