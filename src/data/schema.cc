#include "poise/schema.h"

#include <fmt/core.h>

#include <algorithm>

#include "poise/error.h"

namespace poise {

Index Column::feature_count() const {
  return kind == ColumnKind::kCategorical ? static_cast<Index>(categories.size()) : (has_missing_feature ? 2 : 1);
}

Index Schema::feature_count() const {
  if (columns.empty()) return array_features;
  Index count = 0;
  for (const Column& column : columns) count += column.feature_count();
  return count;
}

bool Schema::is_indicator(Index feature) const {
  Index first = 0;
  for (const Column& column : columns) {
    const Index within = feature - first;
    if (within < column.feature_count()) return column.kind == ColumnKind::kCategorical || within == 1;
    first += column.feature_count();
  }
  return false;
}

bool Schema::has_indicators() const {
  return std::any_of(columns.begin(), columns.end(), [](const Column& column) {
    return column.kind == ColumnKind::kCategorical || column.has_missing_feature;
  });
}

std::string Schema::feature_name(Index feature) const {
  if (format == FileFormat::kLibsvm) return fmt::format("index {}", feature + 1);
  if (image_shape.size() == 2) {
    return fmt::format("pixel ({},{})", feature / image_shape[1], feature % image_shape[1]);
  }
  Index first = 0;
  for (const Column& column : columns) {
    const Index within = feature - first;
    if (within < column.feature_count()) {
      if (column.kind == ColumnKind::kNumeric) return within == 0 ? column.name : column.name + "=?";
      return column.name + "=" + column.categories[within];
    }
    first += column.feature_count();
  }
  return fmt::format("column {}", feature);
}

}  // namespace poise
