#include "poise/theory/septuple_training.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/require.h"
#include "theory/expansion.h"

namespace poise {
namespace {

/// Which parameters are learned.
struct Learned {
  Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> weights;
  Eigen::Array<bool, Eigen::Dynamic, 1> bias;
};

/// What nothing leads to has its datum as its bias.
Learned learned(const Septuple& septuple, const std::vector<Index>& neurons) {
  Learned mask{septuple.weights.array() != 0,
               Eigen::Array<bool, Eigen::Dynamic, 1>::Constant(septuple.neurons(), true)};
  for (const Index i : neurons) mask.bias[i] = mask.weights.row(i).any();
  return mask;
}

Septuple clamped_to(const Septuple& septuple, const std::vector<Index>& neurons, const Vector& data,
                    const Learned& mask) {
  Septuple row = clamp(septuple, neurons, data);
  for (std::size_t k = 0; k < neurons.size(); ++k) {
    if (!mask.bias[neurons[k]]) row.bias[neurons[k]] = data[static_cast<Index>(k)];
  }
  return row;
}

/// Those that are free when the network is asked: all but the clamped ones that are no outputs.
std::vector<Index> moving(const Septuple& septuple, const std::vector<Index>& neurons) {
  const auto contains = [](const std::vector<Index>& all, Index i) { return std::ranges::find(all, i) != all.end(); };
  std::vector<Index> out;
  for (Index i = 0; i < septuple.neurons(); ++i) {
    const bool held = contains(neurons, i) || contains(septuple.clamped, i);
    if (!held || contains(septuple.outputs, i)) out.push_back(i);
  }
  return out;
}

/// Scales the weights among `neurons` so that their largest singular value is at most `most`.
void contract(Matrix& weights, const std::vector<Index>& neurons, double most) {
  const Eigen::MatrixXd among = weights(neurons, neurons);
  const double norm = std::sqrt(std::max(0.0, theory::spectrum_of(among.transpose() * among).values.maxCoeff()));
  if (norm > most) weights(neurons, neurons) *= most / norm;
}

/// G and its gradient; `states`, one a row, go to rest.
double least_loss(const std::vector<Septuple>& rows, const Septuple& at, const Learned& mask,
                  std::vector<Vector>& states, SeptupleGradient& gradient) {
  const auto share = 1 / static_cast<double>(rows.size());
  gradient = {Matrix::Zero(at.neurons(), at.neurons()), Vector::Zero(at.neurons())};
  double sum = 0;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    Septuple row = at;
    row.clamped = rows[r].clamped, row.data = rows[r].data;
    row.bias = mask.bias.select(at.bias, rows[r].bias);
    states[r] = states[r].size() > 0 ? theory::settle(row, states[r]) : theory::settle_from_fixed_point(row);
    const SeptupleGradient of_row = row.gradient(states[r]);
    gradient.weights += share * of_row.weights;
    gradient.bias += share * of_row.bias;
    sum += share * row.loss(states[r]);
  }
  return sum;
}

}  // namespace

SeptupleTraining train_septuple(const Septuple& septuple, const std::vector<Index>& neurons, const Matrix& rows,
                                const SeptupleTrainingOptions& options) {
  require(rows.rows() > 0 && rows.cols() == std::ssize(neurons) && rows.allFinite(),
          fmt::format("{}×{} numbers to clamp {} neurons to", rows.rows(), rows.cols(), neurons.size()),
          "a row or more of one finite number each");
  require(options.learning_rate > 0 && std::isfinite(options.learning_rate),
          fmt::format("learning_rate {}", options.learning_rate), "above 0");
  require(options.momentum >= 0 && options.momentum < 1, fmt::format("momentum {}", options.momentum), "in [0, 1)");
  require(options.contraction > 0, fmt::format("contraction {}", options.contraction), "above 0");
  require(options.steps >= 0, fmt::format("steps {}", options.steps), "0 or more");
  clamp(septuple, neurons, rows.row(0).transpose());  // refuses neurons that are not there, or that are held already
  const Learned mask = learned(septuple, neurons);
  std::vector<Septuple> clamped;
  for (const auto& row : rows.rowwise()) clamped.push_back(clamped_to(septuple, neurons, row.transpose(), mask));

  SeptupleTraining out{septuple, std::numeric_limits<double>::infinity(), {}};
  Septuple at = septuple;
  const std::vector<Index> among = moving(septuple, neurons);
  if (!among.empty()) contract(at.weights, among, options.contraction);
  std::vector<Vector> states(clamped.size());
  SeptupleGradient gradient, motion{Matrix::Zero(at.neurons(), at.neurons()), Vector::Zero(at.neurons())};
  double rate = options.learning_rate;
  for (int step = 0; step <= options.steps; ++step) {
    const double loss = least_loss(clamped, at, mask, states, gradient);
    if (!std::isfinite(loss)) {
      at.weights = out.septuple.weights, at.bias = out.septuple.bias;
      motion.weights.setZero(), motion.bias.setZero();
      states.assign(clamped.size(), Vector());
      rate /= 2;
      continue;
    }
    out.history.push_back(loss);
    if (loss < out.loss) out.loss = loss, out.septuple.weights = at.weights, out.septuple.bias = at.bias;
    if (loss <= options.loss) break;
    motion.weights = options.momentum * motion.weights - rate * mask.weights.select(gradient.weights, 0);
    motion.bias = options.momentum * motion.bias - rate * mask.bias.select(gradient.bias, 0);
    at.weights += motion.weights, at.bias += motion.bias;
    if (!among.empty()) contract(at.weights, among, options.contraction);
  }
  return out;
}

}  // namespace poise
