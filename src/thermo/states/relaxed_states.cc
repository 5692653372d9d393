#include "thermo/states/relaxed_states.h"

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <functional>
#include <utility>

namespace poise::thermo {
namespace {

constexpr int kMostHalvings = 8;

using States = std::vector<Matrix>;  // one matrix a hidden layer, [0] and [L] empty

Vector energies(const Propagation& pass, const Matrix& targets, const States& displacement, ScoreLoss loss) {
  Vector energy = loss.losses(pass.preactivation.back(), targets);
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

/// The R of QR of one row's Vᵀ, K×N with K ≥ N, in its N first rows.
void triangulate(const States& jacobian, Index row, Index outputs, Index neurons, States& to) {
  Eigen::MatrixXd v(outputs, neurons);
  Index begin = 0;
  for (const Matrix& of_layer : jacobian) {
    if (of_layer.size() > 0) v.middleCols(begin, of_layer.cols()) = of_layer.middleRows(row * outputs, outputs);
    begin += of_layer.cols();
  }
  const Eigen::HouseholderQR<Eigen::Ref<Eigen::MatrixXd>> qr(v);
  const Eigen::MatrixXd triangle = qr.matrixQR().topRows(neurons).triangularView<Eigen::Upper>();
  begin = 0;
  for (Matrix& of_layer : to) {
    if (of_layer.size() > 0) of_layer.middleRows(row * neurons, neurons) = triangle.middleCols(begin, of_layer.cols());
    begin += of_layer.cols();
  }
}

}  // namespace

States state_jacobian(States activation_adjoint, Index rows, ScoreLoss loss) {
  States& jacobian = activation_adjoint;
  const Index outputs = jacobian.back().cols();
  jacobian.front().resize(0, 0), jacobian.back().resize(0, 0);  // inputs and scores are not displaced
  Index neurons = 0;
  for (const Matrix& of_layer : jacobian) neurons += of_layer.cols();
  if (loss.of_classes() || neurons == 0 || neurons >= outputs) return jacobian;
  States narrow(jacobian.size());
  for (std::size_t l = 1; l + 1 < jacobian.size(); ++l) narrow[l].resize(rows * neurons, jacobian[l].cols());
  for (Index i = 0; i < rows; ++i) triangulate(jacobian, i, outputs, neurons, narrow);
  return narrow;
}

Index rank_of(const States& jacobian, Index rows) { return jacobian.size() > 2 ? jacobian[1].rows() / rows : 0; }

Eigen::MatrixXd gram_of_row(const States& jacobian, Index row, Index rank) {
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(rank, rank);
  for (const Matrix& of_layer : jacobian) {
    if (of_layer.size() == 0) continue;
    const auto j = of_layer.middleRows(row * rank, rank);
    gram += j * j.transpose();
  }
  return gram;
}

double complexity_of_row(const States& jacobian, Index row, Index rank) {
  Eigen::MatrixXd gram = gram_of_row(jacobian, row, rank);
  gram.diagonal().array() += 1;
  return gram.llt().matrixLLT().diagonal().array().log().sum();
}

States apply_inverse(const States& jacobian, Index rank, States g) {
  for (Index i = 0; g.size() > 2 && i < g[1].rows(); ++i) {
    Eigen::MatrixXd inner = gram_of_row(jacobian, i, rank);
    inner.diagonal().array() += 1;
    Vector image = Vector::Zero(rank);
    for (std::size_t l = 1; l + 1 < g.size(); ++l)
      image += jacobian[l].middleRows(i * rank, rank) * g[l].row(i).transpose();
    const Vector solved = inner.llt().solve(image);
    for (std::size_t l = 1; l + 1 < g.size(); ++l)
      g[l].row(i) -= solved.transpose() * jacobian[l].middleRows(i * rank, rank);
  }
  return g;
}

RelaxedStates relax(const std::vector<Layer>& layers, const Matrix& first_preactivation, const Matrix& targets,
                    double tolerance, ScoreLoss loss, int steps) {
  const std::size_t depth = layers.size();
  const Index rows = targets.rows();
  RelaxedStates at;
  at.displacement.resize(depth + 1);
  for (std::size_t l = 1; l < depth; ++l) at.displacement[l] = Matrix::Zero(rows, layers[l - 1].bias.size());
  const auto energy_at = [&](const States& displacement) {
    return energies(propagate_displaced(layers, first_preactivation, displacement), targets, displacement, loss);
  };
  for (int count = 0;; ++count) {
    const Propagation pass = propagate_displaced(layers, first_preactivation, at.displacement);
    const Matrix q = loss.outputs(pass.preactivation.back());
    at.energy = energies(pass, targets, at.displacement, loss);
    at.jacobian = state_jacobian(output_adjoints(layers, pass.slope, q, loss).activation_adjoint, rows, loss);
    States slope_of_energy = adjoint(layers, pass.slope, q - targets).activation_adjoint;
    for (std::size_t l = 1; l < depth; ++l) slope_of_energy[l] += at.displacement[l];
    at.slope = inner_products(slope_of_energy, slope_of_energy, rows).cwiseSqrt();
    const States step = apply_inverse(at.jacobian, rank_of(at.jacobian, rows), slope_of_energy);
    const Vector decrement = inner_products(slope_of_energy, step, rows);
    Vector rate = (decrement.array() > tolerance).cast<double>();
    if (count == steps || rate.sum() == 0) return at;
    if (!search(energy_at, step, decrement, std::move(rate), at)) return at;
  }
}

}  // namespace poise::thermo
