#include "run/surest_errors.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rows/load.h"

namespace poise::inline run {
namespace {

bool are_images(const Dataset& data) {
  const std::vector<Index>& shape = data.schema.image_shape;
  const Index pixels = data.features.cols();
  return shape.size() == 2 && shape[0] * shape[1] == pixels && pixels <= SurestErrors::kMostPixels;
}

/// All of one scale, so that rows can be compared.
void add_pixels(const Dataset& data, std::vector<SurestErrors::Row>& rows) {
  std::vector<std::vector<double>> values;
  double low = 0, high = 0;
  for (const SurestErrors::Row& row : rows) {
    values.emplace_back(data.features.cols());
    load_row(data.features, {}, row.wrong.row, values.back().data());
    const auto [least, largest] = std::minmax_element(values.back().begin(), values.back().end());
    low = std::min(low, *least), high = std::max(high, *largest);
  }
  if (!(high > low) || !std::isfinite(high - low)) return;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    for (const double value : values[k])
      rows[k].pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * (value - low) / (high - low))));
  }
}

}  // namespace

std::optional<SurestErrors> surest_errors(const MeasuredParts& measured, const Parts& parts) {
  const std::pair<const std::optional<Metrics>*, const char*> all[] = {
      {&measured.test, "test"}, {&measured.validation, "validation"}, {&measured.train, "train"}};
  const auto telling =
      std::find_if(std::begin(all), std::end(all), [](const auto& part) { return part.first->has_value(); });
  if (telling == std::end(all) || (**telling->first).surest_errors.empty()) return std::nullopt;
  SurestErrors found{telling->second, {}};
  for (const WrongRow& wrong : (**telling->first).surest_errors) found.rows.push_back({wrong, {}});
  const Dataset& data = found.part == "test"         ? *parts.test
                        : found.part == "validation" ? *parts.validation
                                                     : parts.train;
  if (are_images(data)) add_pixels(data, found.rows);
  return found;
}

}  // namespace poise::inline run
