#include "report/record/read_model.h"

#include <algorithm>
#include <cmath>

#include "report/record/json_reader.h"
#include "run/weights.h"

namespace poise::report {
namespace {

constexpr std::size_t kLargest = 20;
constexpr Index kMostPictures = 32, kMostPixels = 128 * 128;

/// Whether the weights of the first layer's units are.
bool are_images(const Network& model) {
  if (model.layers.front().convolution) return false;
  const std::vector<Index>& shape = model.schema.image_shape;
  return shape.size() == 2 && shape[0] * shape[1] == model.feature_count() && model.feature_count() <= kMostPixels;
}

}  // namespace

void add_weights(const Network& model, RunRecord& run) {
  const Matrix& first = model.layers.front().weights;
  run.units = first.rows();
  if (are_images(model)) {
    for (Index unit = 0; unit < std::min(kMostPictures, first.rows()); ++unit) {
      std::vector<float>& image = run.images.emplace_back();
      for (Index j = 0; j < first.cols(); ++j) image.push_back(static_cast<float>(first(unit, j)));
    }
  }
  if (!model.is_softmax_layer()) return;
  const Weights weights = weights_of(model, kLargest);
  for (const WeightEntry& entry : weights.entries) {
    run.largest_weights.push_back(
        {entry.feature, entry.class_id, entry.weight, weights.has_units ? entry.standardized : RunRecord::kNone});
  }
}

void add_intervals(const nlohmann::json& intervals, RunRecord& run) {
  run.intervals_meaning = text_in(intervals, "meaning");
  run.intervals_refused = text_in(intervals, "refused");
  for_each_in(intervals, "weights", [&](const nlohmann::json& one) {
    const std::string feature = text_in(one, "feature"), class_name = text_in(one, "class");
    for (RunRecord::Weight& weight : run.largest_weights) {
      if (run.schema.feature_name(weight.feature) != feature || run.schema.classes[weight.class_id] != class_name)
        continue;
      const double unit =
          std::isnan(weight.standardized) || weight.weight == 0 ? 1 : weight.standardized / weight.weight;
      weight.low = unit * number_in(one, "low"), weight.high = unit * number_in(one, "high");
    }
  });
}

}  // namespace poise::report
