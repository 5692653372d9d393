#include <algorithm>

#include "poise/dataset.h"

namespace poise {

Dataset select_rows(const Dataset& data, std::span<const Index> rows) {
  Dataset part = data;
  part.features = data.features.select_rows(rows);
  const auto count = static_cast<Index>(rows.size());
  if (!data.labels.empty()) {
    part.labels.resize(rows.size());
    std::transform(rows.begin(), rows.end(), part.labels.begin(), [&](Index row) { return data.labels[row]; });
  }
  if (data.targets.size() > 0) {
    part.targets.resize(count, data.targets.cols());
    for (Index i = 0; i < count; ++i) part.targets.row(i) = data.targets.row(rows[i]);
  }
  if (data.sample_weight.size() > 0) {
    part.sample_weight.resize(count);
    for (Index i = 0; i < count; ++i) part.sample_weight[i] = data.sample_weight[rows[i]];
  }
  return part;
}

}  // namespace poise
