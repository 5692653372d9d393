#include "learning/reference/reference.h"

#include <algorithm>
#include <cmath>

#include "learning/loss/loss.h"

namespace poise::learning::reference {
namespace {

double sigmoid(double y) { return 1 / (1 + std::exp(-y)); }

double sigmoid_slope(double y) { return sigmoid(y) * sigmoid(-y); }  // σ (1 − σ)

double activate_one(Activation activation, double y) {
  switch (activation) {
    case Activation::kIdentity:
      return y;
    case Activation::kSigmoid:
      return sigmoid(y);
    case Activation::kTanh:
      return std::tanh(y);
    case Activation::kRelu:
      return std::max(0.0, y);
  }
  return y;
}

double slope_one(Activation activation, double y) {
  switch (activation) {
    case Activation::kIdentity:
      return 1;
    case Activation::kSigmoid:
      return sigmoid_slope(y);
    case Activation::kTanh:
      return 1 - std::tanh(y) * std::tanh(y);
    case Activation::kRelu:
      return y > 0 ? 1 : 0;
  }
  return 1;
}

/// Y_l of layer l from X_{l−1}
Matrix affine(const Layer& layer, const Matrix& x) {
  return (x * layer.weights.transpose()).rowwise() + layer.bias.transpose();
}

Adjoint empty_adjoint(std::size_t depth) {
  Adjoint star;
  star.preactivation_adjoint.resize(depth + 1);
  star.activation_adjoint.resize(depth + 1);
  return star;
}

/// X*_l ∘ σ'_l(Y_l)
Matrix through_activation(const std::vector<Layer>& layers, const Propagation& pass, std::size_t l, const Matrix& x) {
  return x.cwiseProduct(slope(layers[l - 1].activation, pass.preactivation[l]));
}

/// The layer after a step of `rate` on Y*_lᵀ X_{l−1} and Y*_lᵀ 1
Layer descend(Layer layer, const Matrix& y_star, const Matrix& x_below, double rate) {
  layer.weights -= rate * (y_star.transpose() * x_below);
  layer.bias -= rate * y_star.colwise().sum().transpose();
  return layer;
}

Matrix relax(const Matrix& start, const Matrix& target, const Relaxing& relaxing, Evaluation evaluation) {
  if (evaluation == Evaluation::kClosedForm) return target + relaxing.residual() * (start - target);
  Matrix x = start;
  for (int k = 0; k < relaxing.steps; ++k) x -= relaxing.rate * (x - target);
  return x;
}

/// e_l = X_l − σ_l(Y_l)
Matrix prediction_error(const std::vector<Layer>& layers, const Propagation& states, std::size_t l) {
  return states.activation[l] - activate(layers[l - 1].activation, states.preactivation[l]);
}

}  // namespace

Matrix activate(Activation activation, const Matrix& y) {
  return y.unaryExpr([activation](double value) { return activate_one(activation, value); });
}

Matrix slope(Activation activation, const Matrix& y) {
  return y.unaryExpr([activation](double value) { return slope_one(activation, value); });
}

Propagation propagate(const std::vector<Layer>& layers, const Matrix& inputs) {
  Propagation pass{.preactivation = {Matrix()}, .activation = {inputs}};
  for (const Layer& layer : layers) {
    pass.preactivation.push_back(affine(layer, pass.activation.back()));
    pass.activation.push_back(activate(layer.activation, pass.preactivation.back()));
  }
  return pass;
}

Vector losses(Loss loss, const Matrix& scores, const Matrix& targets) {
  Vector out(scores.rows());
  for (Index i = 0; i < scores.rows(); ++i)
    out[i] = loss_function(loss).value(scores.row(i).transpose(), targets.row(i).transpose());
  return out;
}

Matrix output_adjoint(Loss loss, const Matrix& scores, const Matrix& targets) {
  Matrix out(scores.rows(), scores.cols());
  for (Index i = 0; i < scores.rows(); ++i)
    out.row(i) = loss_function(loss).adjoint(scores.row(i).transpose(), targets.row(i).transpose()).transpose();
  return out;
}

Adjoint adjoint(const std::vector<Layer>& layers, const Propagation& pass, const Matrix& output_adjoint) {
  Adjoint star = empty_adjoint(layers.size());
  star.preactivation_adjoint.back() = star.activation_adjoint.back() = output_adjoint;
  for (std::size_t l = layers.size(); l >= 1; --l) {
    star.activation_adjoint[l - 1] = star.preactivation_adjoint[l] * layers[l - 1].weights;
    if (l > 1)
      star.preactivation_adjoint[l - 1] = through_activation(layers, pass, l - 1, star.activation_adjoint[l - 1]);
  }
  return star;
}

Gradient gradient(const Adjoint& adjoint, const std::vector<Matrix>& activation) {
  Gradient out;
  for (std::size_t l = 1; l < adjoint.preactivation_adjoint.size(); ++l) {
    out.weights.push_back(adjoint.preactivation_adjoint[l].transpose() * activation[l - 1]);
    out.bias.push_back(adjoint.preactivation_adjoint[l].colwise().sum().transpose());
  }
  return out;
}

std::vector<Layer> descend(const std::vector<Layer>& layers, const Gradient& gradient, double rate) {
  std::vector<Layer> out = layers;
  for (std::size_t l = 1; l <= layers.size(); ++l) {
    out[l - 1].weights -= rate * gradient.weights[l - 1];
    out[l - 1].bias -= rate * gradient.bias[l - 1];
  }
  return out;
}

Update adjoint_update(const std::vector<Layer>& layers, const Propagation& pass, const Matrix& output_adjoint,
                      double rate) {
  const Adjoint star = adjoint(layers, pass, output_adjoint);
  return {star, descend(layers, gradient(star, pass.activation), rate)};
}

double Relaxing::residual() const { return std::pow(1 - rate, steps); }

Update equilibrium_update(const std::vector<Layer>& layers, const Propagation& pass, const Matrix& output_adjoint,
                          double rate, Order order, const Relaxing& relaxing, Evaluation evaluation) {
  Update update{empty_adjoint(layers.size()), layers};
  auto& x_star = update.adjoint.activation_adjoint;
  auto& y_star = update.adjoint.preactivation_adjoint;
  y_star.back() = x_star.back() = output_adjoint;
  for (std::size_t l = layers.size(); l >= 1; --l) {
    update.layers[l - 1] = descend(layers[l - 1], y_star[l], pass.activation[l - 1], rate);
    const Layer& seen = order == Order::kGaussSeidel ? update.layers[l - 1] : layers[l - 1];
    x_star[l - 1] = y_star[l] * seen.weights;
    if (l == 1) break;
    x_star[l - 1] = relax(pass.activation[l - 1], x_star[l - 1], relaxing, evaluation);
    y_star[l - 1] = through_activation(layers, pass, l - 1, x_star[l - 1]);
  }
  return update;
}

Adjoint simultaneous_relaxation(const std::vector<Layer>& layers, const Propagation& pass, const Matrix& output_adjoint,
                                const Relaxing& relaxing) {
  const std::size_t depth = layers.size();
  std::vector<Matrix> x = pass.activation;
  auto y_star = [&](std::size_t l) { return l == depth ? output_adjoint : through_activation(layers, pass, l, x[l]); };
  for (int k = 0; k < relaxing.steps; ++k) {
    std::vector<Matrix> next = x;
    for (std::size_t l = 1; l < depth; ++l)
      next[l] = (1 - relaxing.rate) * x[l] + relaxing.rate * (y_star(l + 1) * layers[l].weights);
    x = next;
  }
  Adjoint star{.preactivation_adjoint = {Matrix()}, .activation_adjoint = {}};
  for (std::size_t l = 1; l <= depth; ++l) star.preactivation_adjoint.push_back(y_star(l));
  x.front() = star.preactivation_adjoint[1] * layers.front().weights;
  x.back() = output_adjoint;
  star.activation_adjoint = x;
  return star;
}

Update published_update(const std::vector<Layer>& layers, const Propagation& pass, const Matrix& targets, double rate,
                        const Relaxing& relaxing) {
  const Matrix& scores = pass.preactivation.back();
  const Matrix output = activate(Activation::kSigmoid, scores);
  const Matrix y_star = output_adjoint(Loss::kSquared, scores, targets);
  const Matrix delta =
      slope(Activation::kSigmoid, y_star).cwiseProduct(y_star + relaxing.residual() * (output - y_star));
  return equilibrium_update(layers, pass, delta, rate, Order::kGaussSeidel, relaxing);
}

Propagation predict(const std::vector<Layer>& layers, std::vector<Matrix> activation) {
  Propagation states{.preactivation = {Matrix()}, .activation = std::move(activation)};
  for (std::size_t l = 1; l <= layers.size(); ++l)
    states.preactivation.push_back(affine(layers[l - 1], states.activation[l - 1]));
  states.activation.resize(layers.size());
  states.activation.push_back(states.preactivation.back());
  return states;
}

Vector bulk_energy(const std::vector<Layer>& layers, const Propagation& states) {
  Vector sum = Vector::Zero(states.activation[0].rows());
  for (std::size_t l = 1; l < layers.size(); ++l)
    sum += 0.5 * prediction_error(layers, states, l).rowwise().squaredNorm();
  return sum;
}

Vector energy(const std::vector<Layer>& layers, const Propagation& states, const Clamp& clamp) {
  return bulk_energy(layers, states) + clamp.weight * losses(clamp.loss, states.preactivation.back(), clamp.targets);
}

Adjoint energy_adjoint(const std::vector<Layer>& layers, const Propagation& states, const Clamp& clamp) {
  Adjoint star = empty_adjoint(layers.size());
  star.preactivation_adjoint.back() = star.activation_adjoint.back() =
      clamp.weight * output_adjoint(clamp.loss, states.preactivation.back(), clamp.targets);
  for (std::size_t l = layers.size(); l >= 1; --l) {
    star.activation_adjoint[l - 1] = star.preactivation_adjoint[l] * layers[l - 1].weights;
    if (l == 1) break;
    const Matrix error = prediction_error(layers, states, l - 1);
    star.activation_adjoint[l - 1] += error;
    star.preactivation_adjoint[l - 1] = through_activation(layers, states, l - 1, -error);
  }
  return star;
}

PredictiveCoding predictive_coding(const std::vector<Layer>& layers, const Matrix& inputs, const Clamp& clamp,
                                   const Relaxing& relaxing) {
  PredictiveCoding result;
  result.states = propagate(layers, inputs);
  result.energy_before = energy(layers, result.states, clamp);
  for (int k = 0; k < relaxing.steps; ++k) {
    const Adjoint star = energy_adjoint(layers, result.states, clamp);
    std::vector<Matrix> x = result.states.activation;
    for (std::size_t l = 1; l < layers.size(); ++l) x[l] -= relaxing.rate * star.activation_adjoint[l];
    result.states = predict(layers, std::move(x));
  }
  result.adjoint = energy_adjoint(layers, result.states, clamp);
  result.energy_after = energy(layers, result.states, clamp);
  return result;
}

}  // namespace poise::learning::reference
