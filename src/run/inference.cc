#include "run/inference.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/words.h"
#include "convex/fields.h"
#include "convex/inference.h"
#include "network/model_check.h"
#include "network/provenance.h"
#include "poise/error.h"
#include "poise/run.h"
#include "run/training/trained_rows.h"

namespace poise {

Inference infer_weights(const Network& network, const Dataset& data, const InferenceOptions& options) {
  if (!data.has_targets())
    throw Error(ErrorKind::kData, "the data has no labels", "the rows and labels that the model was trained on");
  require_softmax_layer(network);
  if (recorded<RowProvenance>(network.metadata).fingerprint.empty()) return infer(network, data, options);
  if (const std::optional<Dataset> rows = rows_trained_on(network.metadata, data))
    return infer(network, *rows, options);
  throw Error(ErrorKind::kData, "these are not the rows the model was trained on",
              "those rows, with their labels and weights: the uncertainty of weights is about them",
              "poise train on this data gives weights of its own", {data.name})
      .with_code("inference.other_rows");
}

}  // namespace poise

namespace poise::inline run {
namespace {

using nlohmann::json;

std::string name_of_feature(const InferredWeight& one, const Schema& schema) {
  return one.feature == schema.feature_count() ? "(bias)" : schema.feature_name(one.feature);
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t have = width_of(text);
  return have < width ? text + std::string(width - have, ' ') : text;
}

}  // namespace

json to_json(const Inference& inference, const Schema& schema) {
  json weights = json::array();
  for (const InferredWeight& one : inference.weights) {
    weights.push_back({{"feature", name_of_feature(one, schema)},
                       {"class", schema.classes[one.class_id]},
                       {"estimate", one.estimate},
                       {"standard_error", one.standard_error},
                       {"z", one.z},
                       {"p_value", one.p_value},
                       {"low", one.low},
                       {"high", one.high}});
  }
  const SolveReport& report = inference.report;
  return {{"reference", schema.classes[inference.reference]},
          {"variance", to_string(inference.variance)},
          {"level", inference.level},
          {"rows", inference.rows},
          {"l2", inference.l2},
          {"meaning", inference.meaning},
          {"status", to_string(report.status)},
          {"gap", report.gap ? json(*report.gap) : json()},
          {"weights", std::move(weights)}};
}

std::string table_of(const Inference& inference, const Schema& schema) {
  std::size_t features = 7, classes = 5;
  for (const InferredWeight& one : inference.weights) {
    features = std::max(features, width_of(name_of_feature(one, schema)));
    classes = std::max(classes, width_of(schema.classes[one.class_id]));
  }
  std::string text = padded("feature", features) + "  " + padded("class", classes) +
                     fmt::format("  {:>12}  {:>12}  {:>8}  {:>8}  {:>12}  {:>12}\n", "estimate", "std. error", "z", "p",
                                 fmt::format("{:g} % from", 100 * inference.level), "to");
  for (const InferredWeight& one : inference.weights) {
    text += padded(name_of_feature(one, schema), features) + "  " + padded(schema.classes[one.class_id], classes) +
            fmt::format("  {:>12.6g}  {:>12.6g}  {:>8.3f}  {:>8.2g}  {:>12.6g}  {:>12.6g}\n", one.estimate,
                        one.standard_error, one.z, one.p_value, one.low, one.high);
  }
  return text + fmt::format("per unit of the data, against the class {}, from {:g} rows; variance: {}\n{}\n",
                            schema.classes[inference.reference], inference.rows, to_string(inference.variance),
                            inference.meaning);
}

}  // namespace poise::inline run
