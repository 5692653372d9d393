// Calibration: the temperature at which a classifier is as sure as it is right, stored in the model.
//
//   p(x) = softmax(z(x)/T),   T such that on held-out rows  mean CE = mean H(p)
//
// (THEORY 1.7 D1, A.2; known as temperature scaling, Guo et al. 2017.) T also minimizes their cross-entropy. The
// weights and the bias of the last layer are divided by T, so that whoever reads the model has calibrated
// probabilities; no label changes. The metadata key `temperature` holds T, with which the weights as they were trained
// come back: a certificate is about those.
#pragma once

#include <map>
#include <string>

#include "poise/metrics.h"
#include "poise/network.h"

namespace poise {

struct Calibration {
  /// By what the scores were divided. `temperature.at_limit`: no temperature is the best, because all rows were
  /// classified correctly or the scores are no better than chance (poise/metrics.h); the model was left as it is.
  Temperature temperature;
  Metrics before, after;  ///< on the held-out rows
};

/// Finds T on rows that the network was not trained on and divides its last layer by it.
/// Throws Error(kUsage) for another head than softmax, Error(kData) for rows without labels.
Calibration calibrate(Network& network, const Dataset& held_out, int threads = 0);

/// Divides the last layer by a finite number above 0; the metadata hold the product of all so far.
/// Throws Error(kUsage) for another number or another head than softmax.
void divide_scores(Network& network, double temperature);

/// T as the metadata of a model have it; 1 if they do not. Throws Error(kData) if it is no positive number.
double recorded_temperature(const std::map<std::string, std::string>& metadata);

/// The layer as it was trained: weights and bias times T, and no `temperature` in the metadata.
SoftmaxModel as_trained(SoftmaxModel model);

}  // namespace poise
