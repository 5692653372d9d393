// The values of one row, in float64 and exact.
#pragma once

#include <string>
#include <vector>

#include "poise/dataset.h"

namespace poise::inline data {

/// Loads rows one after the other. For writing, not for speed.
class RowValues {
 public:
  explicit RowValues(const Dataset& data);

  void load(Index row);
  double value(Index feature) const { return values_[feature]; }
  /// The shortest decimal that is read as the same float64.
  std::string text(Index feature) const;

 private:
  const Features& features_;
  std::vector<double> values_;
};

}  // namespace poise::inline data
