// Rules in which hidden states move on E = ½ Σ_l ‖x_l − μ_l‖² + ℓ (predictive_coding.cc): what they have in common.
#pragma once

#include "learning/rule/rule.h"

namespace poise::learning {

/// μ_l, scores and s_L from the states below.
void predict_states(RuleRows& rows);

/// s_l of the hidden layers from states and predictions.
void find_signals(RuleRows& rows);

}  // namespace poise::learning
