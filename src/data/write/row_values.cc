#include "data/write/row_values.h"

#include "data/bytes/number.h"
#include "rows/load.h"

namespace poise::inline data {

RowValues::RowValues(const Dataset& data) : features_(data.features), values_(data.features.cols()) {}

void RowValues::load(Index row) { load_row(features_, {}, row, values_.data()); }

std::string RowValues::text(Index feature) const { return number_text(value(feature)); }

}  // namespace poise::inline data
