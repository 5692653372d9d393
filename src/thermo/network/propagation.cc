#include "thermo/network/propagation.h"

#include "base/blas.h"
#include "thermo/network/neuron.h"

namespace poise::thermo {
Matrix times(const Matrix& a, const Matrix& b) {
  Matrix c(a.rows(), b.cols());
  gemm(false, false, a.rows(), b.cols(), a.cols(), a.data(), a.cols(), b.data(), b.cols(), 0, c.data(), c.cols());
  return c;
}

Matrix times_transposed(const Matrix& a, const Matrix& b) {
  Matrix c(a.rows(), b.rows());
  gemm(false, true, a.rows(), b.rows(), a.cols(), a.data(), a.cols(), b.data(), b.cols(), 0, c.data(), c.cols());
  return c;
}

void add_transposed_times(const Matrix& a, const Matrix& b, double* to) {
  gemm(true, false, a.cols(), b.cols(), a.rows(), a.data(), a.cols(), b.data(), b.cols(), 1, to, b.cols());
}

void add_layer_gradient(const Matrix& y_star, const Matrix& x, double* to) {
  add_transposed_times(y_star, x, to);
  Eigen::Map<Vector>(to + y_star.cols() * x.cols(), y_star.cols()) += y_star.colwise().sum().transpose();
}

Matrix preactivation(const Layer& layer, const Matrix& x) {
  Matrix y = times_transposed(x, layer.weights);
  y.rowwise() += layer.bias.transpose();
  return y;
}

Propagation propagate(const std::vector<Layer>& layers, const Matrix& inputs) {
  Propagation pass = propagate_displaced(layers, preactivation(layers[0], inputs), {});
  pass.activation[0] = inputs;
  return pass;
}

Propagation propagate_displaced(const std::vector<Layer>& layers, Matrix first_preactivation,
                                const std::vector<Matrix>& displacement) {
  const std::size_t depth = layers.size();
  Propagation pass;
  pass.preactivation.resize(depth + 1);
  pass.activation = pass.slope = pass.preactivation;
  pass.preactivation[1] = std::move(first_preactivation);
  for (std::size_t l = 1; l <= depth; ++l) {
    const Activation activation = layers[l - 1].activation;
    if (l > 1) pass.preactivation[l] = preactivation(layers[l - 1], pass.activation[l - 1]);
    Matrix& x = pass.activation[l] = learning::reference::activate(activation, pass.preactivation[l]);
    if (l == depth) break;
    pass.slope[l] = x.unaryExpr(entry_of(activation).slope_at);
    if (!displacement.empty()) x += displacement[l];
  }
  return pass;
}

std::vector<Matrix> bends(const std::vector<Layer>& layers, const Propagation& pass,
                          const std::vector<Matrix>& displacement) {
  std::vector<Matrix> out(layers.size() + 1);
  for (std::size_t l = 1; l < layers.size(); ++l) {
    const Activation activation = layers[l - 1].activation;
    const Matrix x = displacement.empty() ? pass.activation[l] : pass.activation[l] - displacement[l];
    out[l] = is_bent(activation) ? Matrix(x.unaryExpr(entry_of(activation).bend_at)) : Matrix::Zero(x.rows(), x.cols());
  }
  return out;
}

bool is_bent(Activation activation) { return entry_of(activation).bend_at != nullptr; }

Matrix repeat_rows(const Matrix& matrix, Index copies) {
  Matrix out(matrix.rows() * copies, matrix.cols());
  for (Index i = 0; i < matrix.rows(); ++i) out.middleRows(i * copies, copies).rowwise() = matrix.row(i);
  return out;
}

void times_repeated(Matrix& rows, const Matrix& factor) {
  const Index copies = rows.rows() / factor.rows();
  for (Index i = 0; i < rows.rows(); ++i) rows.row(i).array() *= factor.row(i / copies).array();
}

Adjoint adjoint(const std::vector<Layer>& layers, const std::vector<Matrix>& slopes, const Matrix& starts) {
  const std::size_t depth = layers.size();
  Adjoint star;
  star.preactivation_adjoint.resize(depth + 1);
  star.activation_adjoint.resize(depth + 1);
  star.preactivation_adjoint[depth] = star.activation_adjoint[depth] = starts;
  for (std::size_t l = depth; l > 1; --l) {
    star.activation_adjoint[l - 1] = times(star.preactivation_adjoint[l], layers[l - 1].weights);
    star.preactivation_adjoint[l - 1] = star.activation_adjoint[l - 1];
    times_repeated(star.preactivation_adjoint[l - 1], slopes[l - 1]);
  }
  return star;
}

Adjoint output_adjoints(const std::vector<Layer>& layers, const std::vector<Matrix>& slopes, const Matrix& q,
                        ScoreLoss loss) {
  return adjoint(layers, slopes, loss.curvature_factors(q));
}

State state_of(const std::vector<Layer>& layers, const RowBlock& block) {
  State state;
  state.pass = propagate(layers, block.inputs);
  state.bend = bends(layers, state.pass);
  state.loss = block.loss;
  state.q = block.loss.outputs(state.pass.preactivation.back());
  state.star = adjoint(layers, state.pass.slope, state.q - block.targets);
  return state;
}

}  // namespace poise::thermo
