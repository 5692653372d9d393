#include "poise/theory/septuple.h"
#include "base/index.h"

#include <fmt/core.h>

#include <algorithm>

#include "poise/error.h"
#include "poise/watcher.h"
#include "thermo/network/layers.h"
#include "thermo/network/neuron.h"

namespace poise {
namespace {

[[noreturn]] void refuse(std::string found, std::string expected) {
  throw Error(ErrorKind::kUsage, "septuple: " + std::move(found), std::move(expected));
}

/// Adds `neurons` to `taken`, one mark a neuron; refuses what is out of range or marked already.
void mark(const std::vector<Index>& neurons, const char* name, std::vector<bool>& taken) {
  for (const Index i : neurons) {
    if (i < 0 || i >= static_cast<Index>(taken.size()))
      refuse(fmt::format("neuron {} of `{}` does not exist", i, name), fmt::format("0 … {}", taken.size() - 1));
    if (taken[i]) refuse(fmt::format("neuron {} of `{}` is named twice", i, name), "distinct neurons");
    taken[i] = true;
  }
}

}  // namespace

void Septuple::validate() const {
  const Index n = neurons();
  if (n == 0) refuse("no neurons", "at least one");
  if (weights.rows() != n || weights.cols() != n)
    refuse(fmt::format("{}×{} weights of {} neurons", weights.rows(), weights.cols(), n), "a square matrix");
  if (std::ssize(activation) != n)
    refuse(fmt::format("{} activations of {} neurons", activation.size(), n), "one each");
  if (data.size() != static_cast<Index>(clamped.size()))
    refuse(fmt::format("{} data of {} clamped neurons", data.size(), clamped.size()), "one each");
  std::vector<bool> boundary(n), held_ones(n);
  mark(inputs, "inputs", boundary);
  mark(outputs, "outputs", boundary);
  mark(clamped, "clamped", held_ones);
  if (!weights.allFinite() || !bias.allFinite() || !data.allFinite() || !std::isfinite(mass_squared))
    refuse("a weight, bias, datum or mass is not finite", "finite numbers");
}

std::vector<Index> Septuple::free_neurons() const {
  std::vector<Index> out;
  for (Index i = 0; i < neurons(); ++i) {
    if (std::find(clamped.begin(), clamped.end(), i) == clamped.end()) out.push_back(i);
  }
  return out;
}

Vector Septuple::residual_mask() const {
  if (place == LossPlace::kBulk) return Vector::Ones(neurons());
  Vector mask = Vector::Zero(neurons());
  if (place != LossPlace::kInputs) mask(outputs).setOnes();
  if (place != LossPlace::kOutputs) mask(inputs).setOnes();
  return mask;
}

// Kahn 1962: take neurons whose free predecessors have all been taken.
std::optional<std::vector<Index>> Septuple::topological_order() const {
  const std::vector<Index> free = free_neurons();
  std::vector<Index> waiting_for(neurons(), 0), order;
  for (const Index i : free) {
    for (const Index j : free) waiting_for[i] += weights(i, j) != 0;
    if (waiting_for[i] == 0) order.push_back(i);
  }
  for (std::size_t k = 0; k < order.size(); ++k) {
    for (const Index i : free) {
      if (weights(i, order[k]) != 0 && --waiting_for[i] == 0) order.push_back(i);
    }
  }
  if (order.size() < free.size()) return std::nullopt;
  return order;
}

Vector Septuple::held(Vector x) const {
  for (std::size_t k = 0; k < clamped.size(); ++k) x[clamped[k]] = data[static_cast<Index>(k)];
  return x;
}

Vector Septuple::step(const Vector& x) const { return held(thermo::activate(activation, weights * x + bias)); }

Vector Septuple::residual(const Vector& x) const { return x - thermo::activate(activation, weights * x + bias); }

double Septuple::potential(const Vector& x) const { return -0.5 * mass_squared * x.squaredNorm(); }

double Septuple::loss(const Vector& x) const {
  return 0.5 * residual(x).cwiseAbs2().dot(residual_mask()) + potential(x);
}

Vector Septuple::state_gradient(const Vector& x) const {
  const Vector error = residual(x).cwiseProduct(residual_mask());
  const Vector slope = thermo::slope(activation, weights * x + bias);
  return error - weights.transpose() * error.cwiseProduct(slope) - mass_squared * x;
}

SeptupleGradient Septuple::gradient(const Vector& x) const {
  const Vector slope = thermo::slope(activation, weights * x + bias);
  const Vector by_bias = -residual(x).cwiseProduct(residual_mask()).cwiseProduct(slope);
  return {by_bias * x.transpose(), by_bias};
}

FixedPoint Septuple::fixed_point(const FixedPointOptions& options, const Vector& start) const {
  validate();
  if (start.size() != 0 && start.size() != neurons())
    refuse(fmt::format("a start of {} values for {} neurons", start.size(), neurons()), "as many");
  if (!(options.rate > 0 && options.rate <= 1)) refuse(fmt::format("rate {}", options.rate), "in (0, 1]");
  if (options.max_steps < 0) refuse(fmt::format("max_steps {}", options.max_steps), "0 or more");
  const double rate = is_feed_forward() ? 1 : options.rate;
  FixedPoint out{.state = held(start.size() == 0 ? Vector::Zero(neurons()) : start)};
  for (;; ++out.steps) {
    if (options.watcher && options.watcher->on_event({}) == Answer::kStop) throw MeasurementStopped();
    const Vector next = step(out.state);
    out.residual = (next - out.state).cwiseAbs().maxCoeff();
    out.converged = out.residual <= options.tolerance * (1 + out.state.cwiseAbs().maxCoeff());
    if (out.converged || out.steps == options.max_steps) return out;
    out.state = rate == 1 ? next : Vector(out.state + rate * (next - out.state));
  }
}

Septuple to_septuple(const std::vector<Layer>& layers, const Vector& input) {
  thermo::check_layers(layers, input.size());
  Index neurons = input.size();
  for (const Layer& layer : layers) neurons += layer.weights.rows();
  Septuple out;
  out.weights = Matrix::Zero(neurons, neurons);
  out.bias.resize(neurons);
  out.bias.head(input.size()) = input;
  out.activation.assign(input.size(), Activation::kIdentity);
  Index column = 0, row = input.size();
  for (const Layer& layer : layers) {
    const Index size = layer.weights.rows();
    out.weights.block(row, column, size, layer.weights.cols()) = layer.weights;
    out.bias.segment(row, size) = layer.bias;
    out.activation.insert(out.activation.end(), size, layer.activation);
    column = row;
    row += size;
  }
  for (Index i = 0; i < input.size(); ++i) out.inputs.push_back(i);
  for (Index i = column; i < neurons; ++i) out.outputs.push_back(i);
  out.validate();
  return out;
}

Septuple to_septuple(const Network& network, const Vector& row) {
  if (row.size() != network.center.size())
    refuse(fmt::format("a row of {} values", row.size()), fmt::format("{} features", network.center.size()));
  return to_septuple(network.layers, row - network.center);
}

Septuple clamp(Septuple septuple, const std::vector<Index>& neurons, const Vector& data) {
  const Index before = septuple.data.size();
  septuple.clamped.insert(septuple.clamped.end(), neurons.begin(), neurons.end());
  septuple.data.conservativeResize(before + data.size());
  septuple.data.tail(data.size()) = data;
  septuple.validate();
  return septuple;
}

}  // namespace poise
