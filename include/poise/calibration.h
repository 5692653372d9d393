// Calibration: the temperature at which a classifier is as sure as it is right. It is stored in the model.
//
//   p(x) = softmax(z(x)/T),   T such that on held-out rows  mean CE = mean H(p)
//
// (docs/theory/softmax.md#rest-and-temperature; known as temperature scaling, Guo et al. 2017.) This T also minimizes
// the cross-entropy of those rows. The weights and bias of the last layer are divided by T, so that every reader of the
// model gets calibrated probabilities. No label changes. The metadata key `temperature` holds T; multiplying by it
// restores the weights as trained, which are the ones a certificate is about.
#pragma once

#include <map>
#include <string>

#include "poise/metrics.h"
#include "poise/network.h"

namespace poise {

struct Calibration {
  /// What the scores were divided by. If `temperature.at_limit`, no temperature is best, because all rows were
  /// classified correctly or the scores are no better than chance (poise/metrics.h); the model was left unchanged.
  Temperature temperature;
  Metrics before, after;  ///< on the held-out rows
};

/// Finds T on rows that the network was not trained on, and divides its last layer by it.
/// Throws Error(kUsage) unless the head is softmax, Error(kData) for rows without labels, and MeasurementStopped, which
/// leaves the network as it was.
Calibration calibrate(Network& network, const Dataset& held_out, const MeasureOptions& options = {});

/// Divides the last layer by `temperature`, a finite number above 0. The metadata hold the product of all such calls.
/// Throws Error(kUsage) for any other number and unless the head is softmax.
void divide_scores(Network& network, double temperature);

/// T as recorded in a model's metadata, or 1 if it is not there. Throws Error(kData) if it is not a positive number.
double recorded_temperature(const std::map<std::string, std::string>& metadata);

/// The layer as it was trained: weights and bias multiplied by T, and no `temperature` in the metadata.
Network as_trained(Network model);

}  // namespace poise
