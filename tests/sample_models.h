// Small schemas, models and data sets for the tests, with numbers that are awkward on purpose.
#pragma once

#include <cmath>
#include <string>

#include "base/random.h"
#include "poise/network.h"

namespace poise {

inline double random_normalish(std::uint64_t seed, std::uint64_t counter) {
  double sum = 0;
  for (std::uint64_t i = 0; i < 12; ++i) sum += random_uniform(seed, 12 * counter + i);
  return sum - 6;
}

/// Weights, bias and center at random, as many as the schema asks for.
inline Network random_model(const Schema& schema, std::uint64_t seed) {
  Network model;
  model.schema = schema;
  Layer& layer = model.layers.emplace_back();
  layer.weights.resize(schema.class_count(), schema.feature_count());
  std::uint64_t counter = 0;
  for (double& weight : layer.weights.reshaped()) weight = random_normalish(seed, counter++);
  layer.bias = Vector::NullaryExpr(schema.class_count(), [&] { return random_normalish(seed, counter++); });
  model.center = Vector::NullaryExpr(schema.feature_count(), [&] { return random_normalish(seed, counter++); });
  return model;
}

/// Hidden layers of the given widths and activation; weights of size 1/√inputs, so that nothing saturates. With a head
/// that gives features there are as many outputs as features, and no classes.
inline Network random_network(const Schema& schema, const std::vector<Index>& hidden, Activation activation, Head head,
                              std::uint64_t seed) {
  Network network;
  network.schema = schema;
  network.head = head;
  if (network.reconstructs()) network.schema.classes.clear();
  std::uint64_t counter = 0;
  const auto draw = [&] { return random_normalish(seed, counter++); };
  Index inputs = schema.feature_count();
  network.center = Vector::NullaryExpr(inputs, draw);
  for (std::size_t l = 0; l <= hidden.size(); ++l) {
    const bool last = l == hidden.size();
    const Index results = network.reconstructs() ? schema.feature_count() : schema.class_count();
    const Index outputs = last ? results : hidden[l];
    Layer layer{Matrix::NullaryExpr(outputs, inputs, draw) / std::sqrt(static_cast<double>(inputs)),
                Vector::NullaryExpr(outputs, draw), last ? Activation::kIdentity : activation};
    network.layers.push_back(std::move(layer));
    inputs = outputs;
  }
  return network;
}

inline Schema array_schema(Index features, std::vector<std::string> classes) {
  Schema schema;
  schema.format = FileFormat::kNpy;
  schema.array_features = features;
  schema.classes = std::move(classes);
  return schema;
}

inline Column numeric_column(const std::string& name, Index position) {
  Column column;
  column.name = name;
  column.position = position;
  return column;
}

inline Column categorical_column(const std::string& name, Index position, std::vector<std::string> categories) {
  Column column = numeric_column(name, position);
  column.kind = ColumnKind::kCategorical;
  column.categories = std::move(categories);
  return column;
}

inline Column filled(Column column, double fill, bool has_missing_feature = false) {
  column.can_fill = true;
  column.fill = fill;
  column.has_missing_feature = has_missing_feature;
  return column;
}

/// A table with everything a schema can have: fills, indicators, categories, names that are not plain.
inline Schema mixed_schema() {
  Schema schema;
  schema.columns = {filled(numeric_column("age", 0), 38.6, true),
                    filled(categorical_column("color", 1, {"?", "blue", "dark \"red\"", "grün"}), 0),
                    numeric_column("weights", 3),  // the name of a constant in the graph
                    filled(categorical_column("size", 4, {"L", "M", "S"}), 1),
                    categorical_column("kind, or type", 5, {"?", "a"}),
                    filled(numeric_column("", 6), -1e6 / 3)};
  schema.label_name = "income";
  schema.label_position = 7;
  schema.classes = {"<=50K", ">50K", "naïve, \"quoted\""};
  schema.has_header = true;
  schema.missing = MissingPolicy::kCategory;
  return schema;
}

/// Rows of float32 as a data set; `offset` and `scale` are 0 and 1.
inline Dataset float_data(const MatrixF& rows, const Schema& schema) {
  Dataset data;
  data.name = "test";
  data.features =
      Features::from_values(std::vector<float>{rows.data(), rows.data() + rows.size()}, rows.rows(), rows.cols());
  data.schema = schema;
  return data;
}

}  // namespace poise
