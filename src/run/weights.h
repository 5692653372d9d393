// The weights of a softmax layer, for people to read: which feature counts how much for which class.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "poise/network.h"

namespace poise::inline run {

struct WeightEntry {
  Index feature = 0, class_id = 0;
  double weight = 0;        ///< per original unit
  double standardized = 0;  ///< per unit of the feature that the penalty counts as 1; `weight` where that is not known
};

struct Weights {
  std::vector<WeightEntry> entries;  ///< of all, or of the `most` largest, by the size of `standardized`
  Index total = 0;                   ///< K·d
  Vector bias;                       ///< K: the score where all features are 0 in the file's units
  bool has_units = false;            ///< whether the model says what counts as 1
};

/// `most` 0: all. Ties in the order of features and classes.
Weights weights_of(const Network& model, std::size_t most);

/// {total, bias: [{class, value}], weights: [{feature, class, weight, standardized}]}
nlohmann::json to_json(const Weights& weights, const Schema& schema);
/// A table, the largest first.
std::string table_of(const Weights& weights, const Schema& schema);

}  // namespace poise::inline run
