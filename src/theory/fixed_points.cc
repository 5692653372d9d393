// The states at which the dynamics of a septuple comes to rest.
#include <Eigen/Eigenvalues>
#include <algorithm>

#include "base/random.h"
#include "base/require.h"
#include "poise/theory/septuple.h"
#include "thermo/network/neuron.h"

namespace poise {
namespace {

constexpr double kSpread = 2;    // of random starts
constexpr double kSame = 1e-6;   // of 1 + max |x|: two that are as near are one
constexpr double kRest = 1e-12;  // FixedPointOptions::tolerance

double spectral_radius(const Septuple& septuple, const Vector& state) {
  const std::vector<Index> free = septuple.free_neurons();
  if (free.empty()) return 0;
  const Vector slope = thermo::slope(septuple.activation, septuple.weights * state + septuple.bias);
  const Eigen::MatrixXd step = (slope.asDiagonal() * septuple.weights)(free, free);
  return Eigen::EigenSolver<Eigen::MatrixXd>(step, false).eigenvalues().cwiseAbs().maxCoeff();
}

Vector start_of(const Septuple& septuple, Index number, std::uint64_t seed) {
  Vector start = Vector::Zero(septuple.neurons());
  if (number == 0) return start;
  for (Index i = 0; i < start.size(); ++i)
    start[i] = kSpread * random_normal(seed, static_cast<std::uint64_t>(number * start.size() + i));
  return start;
}

}  // namespace

std::vector<RestingState> resting_states(const Septuple& septuple, Index starts, std::uint64_t seed, Watcher* watcher) {
  require(starts > 0, "no starts", "one or more");
  std::vector<RestingState> found;
  for (Index number = 0; number < starts; ++number) {
    const FixedPoint rest =
        septuple.fixed_point({.rate = 0.5, .tolerance = kRest, .watcher = watcher}, start_of(septuple, number, seed));
    if (!rest.converged) continue;
    const double near = kSame * (1 + rest.state.cwiseAbs().maxCoeff());
    const auto known = std::ranges::find_if(found, [&](const RestingState& other) {
      return (other.rest.state - rest.state).cwiseAbs().maxCoeff() <= near;
    });
    if (known != found.end()) {
      ++known->starts;
    } else {
      found.push_back({rest, 1, septuple.loss(rest.state), spectral_radius(septuple, rest.state)});
    }
  }
  std::ranges::stable_sort(found, std::greater(), &RestingState::starts);
  return found;
}

}  // namespace poise
