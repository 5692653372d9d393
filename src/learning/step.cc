#include "learning/step.h"

#include <algorithm>
#include <cmath>

namespace poise::learning {

StepRule::StepRule(const NetworkOptions& options, double momentum, Index parameters)
    : kind_(options.step), momentum_(momentum), phase_(options.momentum_phase) {
  state_.first.resize(parameters);
  if (kind_ == Step::kAdam || phase_ != 0) state_.second.resize(parameters);
  adam_ = {0.9f, 0.999f, 1, 1, 1e-8f};
}

void StepRule::begin_step() {
  ++state_.steps;
  const auto t = static_cast<double>(state_.steps);
  adam_.correction1 = static_cast<float>(1 - std::pow(static_cast<double>(adam_.beta1), t));
  adam_.correction2 = static_cast<float>(1 - std::pow(static_cast<double>(adam_.beta2), t));
}

void StepRule::apply(Index begin, Index count, double l2, const float* gradient, float* parameters) {
  const auto rate = static_cast<float>(learning_rate_), penalty = static_cast<float>(l2);
  float* first = state_.first.data() + begin;
  if (kind_ == Step::kAdam) {
    adam_step(adam_, rate, penalty, gradient, first, state_.second.data() + begin, parameters, count);
  } else if (phase_ != 0) {
    complex_momentum_step(static_cast<float>(momentum_ * std::cos(phase_)),
                          static_cast<float>(momentum_ * std::sin(phase_)), rate, penalty, gradient, first,
                          state_.second.data() + begin, parameters, count);
  } else {
    heavy_ball_step(static_cast<float>(momentum_), rate, penalty, gradient, first, parameters, count);
  }
}

void StepRule::rest() {
  state_.steps = 0;
  std::fill(state_.first.begin(), state_.first.end(), 0.0f);
  std::fill(state_.second.begin(), state_.second.end(), 0.0f);
}

}  // namespace poise::learning
