#include "network/model_check.h"

#include <fmt/core.h>

#include "data/schema_json.h"

namespace poise {

std::string model_fault(const SoftmaxModel& model) {
  const std::string fault = schema_fault(model.schema);
  if (!fault.empty()) return fault;
  const Index K = model.class_count(), d = model.feature_count();
  if (K < 1 || d < 1) return fmt::format("the weights are {}×{}, not at least 1×1", K, d);
  if (K != model.schema.class_count())
    return fmt::format("{} rows of weights, {} classes", K, model.schema.class_count());
  if (d != model.schema.feature_count()) {
    return fmt::format("{} columns of weights, {} features in the schema", d, model.schema.feature_count());
  }
  if (model.bias.size() != K) return fmt::format("{} biases, {} classes", model.bias.size(), K);
  if (model.center.size() != d) return fmt::format("a center of {} numbers, {} features", model.center.size(), d);
  if (!model.weights.allFinite() || !model.bias.allFinite() || !model.center.allFinite()) {
    return "a weight, bias or center is not finite";
  }
  return {};
}

}  // namespace poise
