#include "thermo/row_figures.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/watched_work.h"
#include "poise/error.h"
#include "thermo/network/hessian.h"

namespace poise::thermo {
namespace {

std::span<const Index> numbers_of(const MeasuredRows& rows, const RowBlock& block) {
  return std::span(rows.numbers()).subspan(block.first, block.size());
}

void check_finite(const Matrix& scores) {
  if (!scores.allFinite()) {
    throw Error(ErrorKind::kNumeric, "the scores of the network are not finite", "finite weights and features",
                "training has diverged, or the data is in other units than the network's");
  }
}

/// ⟨∇ℓ_i, ∇ℓ_j⟩ = Σ_l ⟨Y*_l,i, Y*_l,j⟩ ⟨x̃_{l−1,i}, x̃_{l−1,j}⟩ of all pairs of the block, B×B.
Matrix gradient_products(const State& state) {
  Matrix products = Matrix::Zero(state.q.rows(), state.q.rows());
  for (std::size_t l = 1; l < state.pass.activation.size(); ++l) {
    const Matrix &y = state.star.preactivation_adjoint[l], &x = state.pass.activation[l - 1];
    products.array() += times_transposed(y, y).array() * (times_transposed(x, x).array() + 1);
  }
  return products;
}

void measure_gradients(const State& state, const RowBlock& block, RowFigures& out) {
  const Index count = block.size();
  const Vector share = static_cast<double>(out.squared_gradient.size()) * block.weight;  // n s_n
  const Matrix products = share.asDiagonal() * gradient_products(state) * share.asDiagonal();
  out.squared_gradient.segment(block.first, count) = products.diagonal();
  out.noise.segment(block.first, count) = products.diagonal();
  if (count < 2) return;
  const Vector others = products.rowwise().sum() - products.diagonal();
  out.noise.segment(block.first, count) -= 2 / static_cast<double>(count - 1) * others;
}

void add_gradient(const State& state, const RowBlock& block, Vector& sum) {
  double* to = sum.data();
  for (std::size_t l = 1; l < state.pass.activation.size(); ++l) {
    const Matrix y_star = state.star.preactivation_adjoint[l].array().colwise() * block.weight.array();
    const Matrix& x = state.pass.activation[l - 1];
    add_layer_gradient(y_star, x, to);
    to += y_star.cols() * (x.cols() + 1);
  }
}

/// ½ ln det(I + Σ_l BᵀJ_l J_lᵀB) of every row.
Vector complexities(const std::vector<Matrix>& jacobian, Index rows) {
  const Index rank = rank_of(jacobian, rows);
  Vector complexity(rows);
  for (Index i = 0; i < rows; ++i) complexity[i] = complexity_of_row(jacobian, i, rank);
  return complexity;
}

/// Every row of every step has a matrix of this size and its inverse.
void check_size_of_states(const std::vector<Layer>& layers, ScoreLoss loss) {
  constexpr Index kMost = 256;
  const Index outputs = layers.back().bias.size();
  Index neurons = 0;
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) neurons += layers[l].bias.size();
  if (loss.of_classes() || std::min(outputs, neurons) <= kMost) return;
  throw Error(ErrorKind::kResource, fmt::format("states of {} hidden neurons behind {} features", neurons, outputs),
              fmt::format("at most {} of one or the other", kMost), "the detail 'light' leaves them out");
}

}  // namespace

RowFigures measure_rows(const std::vector<Layer>& layers, const MeasuredRows& rows, const CurvatureMeter& meter,
                        const ThermodynamicsOptions& options) {
  WatchedWork work(options.watcher, "measuring", rows.size());
  const Index n = rows.size(), classes = layers.back().bias.size();
  RowFigures out{Matrix(n, classes), Matrix(n, classes), RowCurvature(n, std::ssize(layers)), Vector(n), Vector(n), {}};
  out.gradient =
      sum_over_blocks(rows, parameter_count(layers), options.threads, [&](const RowBlock& block, Vector& sum) {
        if (work.stopped()) return;
        const State state = state_of(layers, block);
        check_finite(state.pass.preactivation.back());
        out.scores.middleRows(block.first, block.size()) = state.pass.preactivation.back();
        out.targets.middleRows(block.first, block.size()) = block.targets;
        meter.measure(state, block.first, numbers_of(rows, block), out.curvature);
        measure_gradients(state, block, out);
        add_gradient(state, block, sum);
        work.go_on(block.size());
      });
  if (!work.go_on(0)) throw MeasurementStopped();
  return out;
}

RowStates measure_states(const std::vector<Layer>& layers, const MeasuredRows& rows, const CurvatureMeter& meter,
                         const ThermodynamicsOptions& options, RowCurvature& curvature) {
  const Index n = rows.size(), outputs = layers.back().bias.size();
  check_size_of_states(layers, rows.loss());
  const ForwardNoise noise(layers, options.temperatures, options.draws, options.seed, rows.loss());
  WatchedWork work(options.watcher, "measuring states", n);
  RowStates out{Vector(n), std::vector<RowEnsemble>(options.temperatures.size(), RowEnsemble(n, options.draws))};
  for_each_block(
      rows, rows_of_stacks(std::max<Index>(outputs, options.draws)), options.threads, [&](const RowBlock& block) {
        if (work.stopped()) return;
        const State state = state_of(layers, block);
        Adjoint of_outputs = output_adjoints(layers, state.pass.slope, state.q, state.loss);
        meter.add_output_adjoints(state, of_outputs, block.first, curvature);
        out.complexity.segment(block.first, block.size()) = complexities(
            state_jacobian(std::move(of_outputs.activation_adjoint), block.size(), state.loss), block.size());
        if (!options.temperatures.empty())
          noise.measure(state.pass.preactivation[1], block, numbers_of(rows, block), out.ensembles);
        work.go_on(block.size());
      });
  if (!work.go_on(0)) throw MeasurementStopped();
  return out;
}

}  // namespace poise::thermo
