#include "poise/theory/equilibrium.h"

#include <fmt/core.h>

#include "poise/error.h"
#include "theory/linear.h"

namespace poise {
namespace {

EnsembleChange balance(double temperature, double mean_loss, double entropy, double complexity) {
  return {mean_loss, entropy, complexity, mean_loss - temperature * entropy - temperature * complexity};
}

}  // namespace

EnsembleChange first_law(const EnsembleState& before, const EnsembleState& after) {
  return balance((before.temperature + after.temperature) / 2, after.mean_loss - before.mean_loss,
                 after.entropy - before.entropy, after.complexity - before.complexity);
}

EnsembleChange first_law(const Septuple& septuple, double temperature, const SeptupleChange& change) {
  const theory::LinearRest rest = theory::solve_linear(septuple, temperature);
  const Index n = septuple.neurons();
  if (change.weights.rows() != n || change.weights.cols() != n || change.bias.size() != n)
    throw Error(ErrorKind::kUsage, "a change of another shape than the septuple's",
                fmt::format("{}×{} weights and {} biases", n, n, n));
  const double free = static_cast<double>(rest.free), dt = change.temperature;
  const SeptupleGradient gradient = septuple.gradient(rest.state);
  const double least = gradient.weights.cwiseProduct(change.weights).sum() + gradient.bias.dot(change.bias);
  const double half_log_det = -rest.bulk_times_inverse.cwiseProduct(change.weights).sum();
  return balance(temperature, free / 2 * dt + least, free / 2 * dt / temperature - half_log_det,
                 half_log_det + least / temperature - rest.loss * dt / (temperature * temperature));
}

}  // namespace poise
