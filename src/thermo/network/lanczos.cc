#include <Eigen/Eigenvalues>
#include <cmath>

#include "base/random.h"
#include "thermo/network/hessian.h"

namespace poise::thermo {
namespace {

/// Largest eigenvalue of the tridiagonal matrix and the last entry of its eigenvector.
struct RitzPair {
  double value = 0, last = 0;
};

RitzPair largest_ritz_pair(const std::vector<double>& diagonal, const std::vector<double>& beside) {
  const auto m = std::ssize(diagonal);
  const Eigen::Map<const Vector> alpha(diagonal.data(), m), beta(beside.data(), m - 1);
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(alpha, beta);
  return {solver.eigenvalues()[m - 1], solver.eigenvectors()(m - 1, m - 1)};
}

Vector random_direction(Index size, std::uint64_t seed) {
  Vector v(size);
  for (Index i = 0; i < size; ++i) v[i] = random_normal(seed, static_cast<std::uint64_t>(i));
  return v.normalized();
}

}  // namespace

Eigenvalue largest_eigenvalue(Index size, const std::function<Vector(const Vector&)>& multiply,
                              const LanczosOptions& options) {
  std::vector<Vector> basis{random_direction(size, options.seed)};
  std::vector<double> diagonal, beside;
  Eigenvalue found;
  const Index most = std::min<Index>(options.steps, size);
  for (Index step = 0; step < most; ++step) {
    Vector next = multiply(basis.back());
    diagonal.push_back(basis.back().dot(next));
    for (int pass = 0; pass < 2; ++pass) {  // a second time for what rounding left of the first
      for (const Vector& v : basis) next -= v.dot(next) * v;
    }
    const RitzPair ritz = largest_ritz_pair(diagonal, beside);
    const double length = next.norm();
    found.value = ritz.value;
    found.residual = length * std::abs(ritz.last);
    if (found.residual <= options.tolerance * std::abs(ritz.value)) break;
    beside.push_back(length);
    basis.push_back(next / length);
  }
  return found;
}

}  // namespace poise::thermo
