#include "run/measured_parts.h"

#include <algorithm>
#include <numeric>

#include "base/stopwatch.h"
#include "poise/calibration.h"

namespace poise::inline run {

namespace {

template <typename Measure>
auto unless_stopped(const Measure& measure) -> std::optional<decltype(measure())> {
  try {
    return measure();
  } catch (const MeasurementStopped&) {
    return std::nullopt;
  }
}

/// Of parts that are not measured yet; the rows trained on last, if they are here.
template <typename Measured, typename Measure>
void measure_each(const Parts& parts, Measured& measured, const Measure& measure) {
  const auto part = [&](const Dataset& rows, auto& found) {
    if (!found) found = unless_stopped([&] { return measure(rows); });
  };
  if (parts.test) part(*parts.test, measured.test);
  if (parts.validation) part(*parts.validation, measured.validation);
  if (!parts.train.features.is_elsewhere()) part(parts.train, measured.train);
}

Network network_of(const std::vector<Layer>& layers, const Schema& schema) {
  Network network;
  network.schema = schema;
  network.layers = layers;
  network.center = Vector::Zero(network.feature_count());
  if (schema.classes.empty()) network.head = Head::kLinear;
  return network;
}

}  // namespace

std::optional<Metrics> measure_unless_stopped(const Network& network, const Dataset& rows,
                                              const MeasureOptions& options) {
  return unless_stopped([&] { return evaluate_network(network, rows, options); });
}

void measure_parts(const Network& network, const Parts& parts, const MeasureOptions& options, MeasuredParts& measured) {
  measure_each(parts, measured, [&](const Dataset& rows) { return evaluate_network(network, rows, options); });
}

void measure_parts(const Network& network, const Parts& parts, const MeasureOptions& options,
                   ReconstructedParts& measured) {
  measure_each(parts, measured, [&](const Dataset& rows) { return evaluate_reconstruction(network, rows, options); });
}

std::optional<CalibratedParts> calibrate_parts(Network& network, const Parts& parts, const MeasuredParts& before,
                                               const MeasureOptions& options) {
  if (!before.validation) return std::nullopt;
  CalibratedParts found{before.validation->temperature, before.validation->rows, before, before};
  if (found.temperature.at_limit) return found;
  divide_scores(network, found.temperature.temperature);
  found.after = {};
  measure_parts(network, parts, options, found.after);
  return found;
}

double seconds_to_measure(const std::vector<Layer>& layers, const Parts& parts, int threads) {
  constexpr Index kRows = 4096;
  Index all = parts.train.rows();
  for (const auto* part : {&parts.validation, &parts.test}) all += *part ? (*part)->rows() : 0;
  std::vector<Index> some(std::min(kRows, parts.train.rows()));
  std::iota(some.begin(), some.end(), Index{0});
  Dataset rows = select_rows(parts.train, some);
  rows.sample_weight.resize(0);  // these rows' may all be 0
  const Stopwatch measuring;
  const Network network = network_of(layers, parts.train.schema);
  if (network.reconstructs()) {
    (void)evaluate_reconstruction(network, rows, {.threads = threads});
  } else {
    (void)evaluate_network(network, rows, {.threads = threads});
  }
  return measuring.seconds() * static_cast<double>(all) / static_cast<double>(rows.rows());
}

}  // namespace poise::inline run
