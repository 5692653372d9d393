#include "thermo/states/relaxed_states.h"

#include <Eigen/Cholesky>
#include <functional>
#include <utility>

namespace poise::thermo {
namespace {

constexpr int kMostSteps = 32, kMostHalvings = 8;

using States = std::vector<Matrix>;  // one matrix a hidden layer, [0] and [L] empty

Vector energies(const Propagation& pass, const Matrix& targets, const States& displacement) {
  Vector energy = learning::reference::losses(Loss::kCrossEntropy, pass.preactivation.back(), targets);
  for (const Matrix& eta : displacement) {
    if (eta.size() > 0) energy += 0.5 * eta.rowwise().squaredNorm();
  }
  return energy;
}

/// ⟨a, b⟩ of every row, over all hidden layers.
Vector inner_products(const States& a, const States& b, Index rows) {
  Vector sum = Vector::Zero(rows);
  for (std::size_t l = 1; l + 1 < a.size(); ++l) sum += a[l].cwiseProduct(b[l]).rowwise().sum();
  return sum;
}

/// Moves the displacements of rows with a positive rate by −rate · step, halving a row's rate until its energy falls by
/// a share of what the slope promises; whether any row moved.
bool search(const std::function<Vector(const States&)>& energy_at, const States& step, const Vector& decrement,
            Vector rate, RelaxedStates& at) {
  bool moved = false;
  for (int half = 0; half < kMostHalvings && rate.sum() > 0; ++half) {
    States trial = at.displacement;
    for (std::size_t l = 1; l + 1 < trial.size(); ++l) trial[l] -= rate.asDiagonal() * step[l];
    const Vector energy = energy_at(trial);
    for (Index i = 0; i < rate.size(); ++i) {
      if (rate[i] == 0) continue;
      if (energy[i] > at.energy[i] - 1e-4 * rate[i] * decrement[i]) {
        rate[i] /= 2;
        continue;
      }
      for (std::size_t l = 1; l + 1 < trial.size(); ++l) at.displacement[l].row(i) = trial[l].row(i);
      rate[i] = 0;
      moved = true;
    }
  }
  return moved;
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

double complexity_of_row(const States& jacobian, Index row, Index classes) {
  Eigen::MatrixXd gram = gram_of_row(jacobian, row, classes);
  gram.diagonal().array() += 1;
  return gram.llt().matrixLLT().diagonal().array().log().sum();
}

States apply_inverse(const States& jacobian, Index classes, States g) {
  for (Index i = 0; g.size() > 2 && i < g[1].rows(); ++i) {
    Eigen::MatrixXd inner = gram_of_row(jacobian, i, classes);
    inner.diagonal().array() += 1;
    Vector image = Vector::Zero(classes);
    for (std::size_t l = 1; l + 1 < g.size(); ++l)
      image += jacobian[l].middleRows(i * classes, classes) * g[l].row(i).transpose();
    const Vector solved = inner.llt().solve(image);
    for (std::size_t l = 1; l + 1 < g.size(); ++l)
      g[l].row(i) -= solved.transpose() * jacobian[l].middleRows(i * classes, classes);
  }
  return g;
}

RelaxedStates relax(const std::vector<Layer>& layers, const Matrix& first_preactivation, const Matrix& targets,
                    double tolerance) {
  const std::size_t depth = layers.size();
  const Index rows = targets.rows(), classes = targets.cols();
  RelaxedStates at;
  at.displacement.resize(depth + 1);
  for (std::size_t l = 1; l < depth; ++l) at.displacement[l] = Matrix::Zero(rows, layers[l - 1].bias.size());
  const auto energy_at = [&](const States& displacement) {
    return energies(propagate_displaced(layers, first_preactivation, displacement), targets, displacement);
  };
  for (int count = 0;; ++count) {
    const Propagation pass = propagate_displaced(layers, first_preactivation, at.displacement);
    const Matrix q = probabilities(pass);
    at.energy = energies(pass, targets, at.displacement);
    at.jacobian = class_adjoints(layers, pass.slope, q).activation_adjoint;
    at.jacobian.front().resize(0, 0), at.jacobian.back().resize(0, 0);  // inputs and scores are not displaced
    States slope_of_energy = adjoint(layers, pass.slope, q - targets).activation_adjoint;
    for (std::size_t l = 1; l < depth; ++l) slope_of_energy[l] += at.displacement[l];
    const States step = apply_inverse(at.jacobian, classes, slope_of_energy);
    const Vector decrement = inner_products(slope_of_energy, step, rows);
    Vector rate = (decrement.array() > tolerance).cast<double>();
    if (count == kMostSteps || rate.sum() == 0) return at;
    if (!search(energy_at, step, decrement, std::move(rate), at)) return at;
  }
}

}  // namespace poise::thermo
