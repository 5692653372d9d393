#include "learning/step.h"

#include <algorithm>
#include <cmath>

namespace poise::learning {

StepRule::StepRule(const NetworkOptions& options, double momentum, Index parameters)
    : kind_(options.step), momentum_(momentum), phase_(options.momentum_phase), first_(parameters) {
  if (kind_ == Step::kAdam || phase_ != 0) second_.resize(first_.size());
  adam_ = {0.9f, 0.999f, 1, 1, 1e-8f};
}

void StepRule::begin_step() {
  ++steps_;
  const auto t = static_cast<double>(steps_);
  adam_.correction1 = static_cast<float>(1 - std::pow(static_cast<double>(adam_.beta1), t));
  adam_.correction2 = static_cast<float>(1 - std::pow(static_cast<double>(adam_.beta2), t));
}

void StepRule::apply(Index begin, Index count, double l2, const float* gradient, float* parameters) {
  const auto rate = static_cast<float>(learning_rate_), penalty = static_cast<float>(l2);
  float* first = first_.data() + begin;
  if (kind_ == Step::kAdam) {
    adam_step(adam_, rate, penalty, gradient, first, second_.data() + begin, parameters, count);
  } else if (phase_ != 0) {
    complex_momentum_step(static_cast<float>(momentum_ * std::cos(phase_)),
                          static_cast<float>(momentum_ * std::sin(phase_)), rate, penalty, gradient, first,
                          second_.data() + begin, parameters, count);
  } else {
    heavy_ball_step(static_cast<float>(momentum_), rate, penalty, gradient, first, parameters, count);
  }
}

void StepRule::rest() {
  steps_ = 0;
  std::fill(first_.begin(), first_.end(), 0.0f);
  std::fill(second_.begin(), second_.end(), 0.0f);
}

}  // namespace poise::learning
