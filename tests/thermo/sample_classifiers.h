// Networks with a data set, as users have them, for the tests of measurements.
#pragma once

#include "brute_force.h"
#include "poise/thermodynamics.h"
#include "sample_models.h"
#include "thermo/network/measured_rows.h"

namespace poise {

struct Classifier {
  Network network;
  Dataset data;
};

/// Widths N_0 … N_L. Features in odd units, labels drawn from the network's own outputs.
inline Classifier random_classifier(const std::vector<Index>& widths, Activation activation, Index rows,
                                    std::uint64_t seed, double gain = 1) {
  const SampleNetwork sample = random_network(widths, activation, Loss::kCrossEntropy, rows, seed, gain);
  const Index features = widths.front(), classes = widths.back();
  std::vector<std::string> names;
  for (Index c = 0; c < classes; ++c) names.push_back(std::to_string(c));
  Classifier made;
  made.network.schema = array_schema(features, names);
  made.network.center = Vector::LinSpaced(features, -1, 2);
  made.network.layers = sample.layers;
  const Vector unit = Vector::LinSpaced(features, 0.5, 3);
  made.network.layers[0].weights *= unit.cwiseInverse().asDiagonal();
  made.data = float_data(sample.inputs.cast<float>(), made.network.schema);
  Matrix values = sample.inputs.cast<float>().cast<double>() * unit.asDiagonal();
  values.rowwise() += (made.network.center + Vector::Constant(features, 0.25)).transpose();
  made.data.features =
      Features::from_values(std::vector<double>(values.data(), values.data() + values.size()), rows, features);
  const Matrix scores = predict_scores(made.network, made.data);
  for (Index i = 0; i < rows; ++i) {
    const Vector q = softmax(scores.row(i).transpose());
    double rest = random_uniform(seed + 77, static_cast<std::uint64_t>(i));
    Index label = 0;
    while (label + 1 < classes && (rest -= q[label]) >= 0) ++label;
    made.data.labels.push_back(static_cast<std::int32_t>(label));
  }
  return made;
}

/// The classifier in the units it is measured in, all rows in their order: input for brute force.
inline SampleNetwork in_measured_units(const Classifier& classifier, ThermodynamicsOptions options = {}) {
  options.rows = 0;
  const thermo::MeasuredRows rows(classifier.data, options);
  const thermo::RowBlock all = rows.block(0, rows.size());
  SampleNetwork out{rows.layers_of(classifier.network), all.inputs, all.targets, Loss::kCrossEntropy};
  for (Index i = 0; i < rows.size(); ++i) {  // measured in random order
    const Index row = rows.numbers()[static_cast<std::size_t>(i)];
    out.inputs.row(row) = all.inputs.row(i);
    out.targets.row(row) = all.targets.row(i);
  }
  return out;
}

}  // namespace poise
