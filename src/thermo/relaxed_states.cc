#include "thermo/relaxed_states.h"

#include <Eigen/Cholesky>
#include <utility>

namespace poise::thermo {
namespace {

constexpr int kMostSteps = 16, kMostHalvings = 8;

using States = std::vector<Matrix>;  // one matrix a hidden layer, [0] and [L] empty

Vector energies(const Propagation& pass, const Matrix& targets, const States& displacement) {
  Vector energy = reference::losses(Loss::kCrossEntropy, pass.preactivation.back(), targets);
  for (const Matrix& eta : displacement) {
    if (eta.size() > 0) energy += 0.5 * eta.rowwise().squaredNorm();
  }
  return energy;
}

/// A descent step and what E falls by along it, to first order, of every row.
struct Direction {
  States step;
  Vector decrement;
};

Direction gauss_newton_step(const States& displacement, const Adjoint& star, const States& jacobian, Index classes) {
  Direction found{displacement, Vector::Zero(star.preactivation_adjoint.back().rows())};
  States& step = found.step;
  for (std::size_t l = 1; l + 1 < step.size(); ++l) step[l] += star.activation_adjoint[l];  // ∇E
  for (Index i = 0; i < found.decrement.size(); ++i) {
    const Index first = i * classes;
    Eigen::MatrixXd inner = gram_of_row(jacobian, i, classes);
    inner.diagonal().array() += 1;
    Vector image = Vector::Zero(classes);  // Σ_l BᵀJ_l ∇E
    for (std::size_t l = 1; l + 1 < step.size(); ++l) {
      image += jacobian[l].middleRows(first, classes) * step[l].row(i).transpose();
      found.decrement[i] += step[l].row(i).squaredNorm();
    }
    const Vector solved = inner.llt().solve(image);  // (I + VVᵀ)⁻¹ = I − V (I + VᵀV)⁻¹ Vᵀ
    found.decrement[i] -= image.dot(solved);
    for (std::size_t l = 1; l + 1 < step.size(); ++l) {
      step[l].row(i) -= solved.transpose() * jacobian[l].middleRows(first, classes);
      step[l].row(i) *= -1;
    }
  }
  return found;
}

}  // namespace

Eigen::MatrixXd gram_of_row(const States& jacobian, Index row, Index classes) {
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(classes, classes);
  for (const Matrix& of_layer : jacobian) {
    if (of_layer.size() == 0) continue;
    const auto j = of_layer.middleRows(row * classes, classes);
    gram += j * j.transpose();
  }
  return gram;
}

RelaxedStates relax(const std::vector<Layer>& layers, const Matrix& first_preactivation, const Matrix& targets,
                    double tolerance) {
  const std::size_t depth = layers.size();
  const Index rows = targets.rows(), classes = targets.cols();
  RelaxedStates at;
  at.displacement.resize(depth + 1);
  for (std::size_t l = 1; l < depth; ++l) at.displacement[l] = Matrix::Zero(rows, layers[l - 1].bias.size());
  for (int count = 0;; ++count) {
    const Propagation pass = propagate_displaced(layers, first_preactivation, at.displacement);
    const States slope = slopes(layers, pass);
    const Matrix q = probabilities(pass);
    at.energy = energies(pass, targets, at.displacement);
    at.jacobian = class_adjoints(layers, slope, q).activation_adjoint;
    at.jacobian.front().resize(0, 0), at.jacobian.back().resize(0, 0);  // inputs and scores are not displaced
    const Direction along =
        gauss_newton_step(at.displacement, adjoint(layers, slope, q - targets), at.jacobian, classes);
    Vector rate = (along.decrement.array() > tolerance).cast<double>();
    if (count == kMostSteps || rate.sum() == 0) return at;
    bool moved = false;
    for (int half = 0; half < kMostHalvings && rate.sum() > 0; ++half) {
      States trial = at.displacement;
      for (std::size_t l = 1; l < depth; ++l) trial[l] += rate.asDiagonal() * along.step[l];
      const Vector energy = energies(propagate_displaced(layers, first_preactivation, trial), targets, trial);
      for (Index i = 0; i < rows; ++i) {
        if (rate[i] == 0) continue;
        if (energy[i] > at.energy[i] - 1e-4 * rate[i] * along.decrement[i]) {
          rate[i] /= 2;
          continue;
        }
        for (std::size_t l = 1; l < depth; ++l) at.displacement[l].row(i) = trial[l].row(i);
        rate[i] = 0;
        moved = true;
      }
    }
    if (!moved) return at;
  }
}

}  // namespace poise::thermo
