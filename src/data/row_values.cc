#include "data/row_values.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "data/number.h"

namespace poise {

RowValues::RowValues(const Dataset& data)
    : data_(data),
      as_given_((data.offset.array() == 0).all() && (data.scale.array() == 1).all()),
      stored_(static_cast<std::size_t>(data.features.cols()), 0.0F) {}

void RowValues::load(Index row) {
  const Features& features = data_.features;
  const Index cols = features.cols();
  switch (features.kind()) {
    case Features::Kind::kFloat:
      std::copy_n(features.floats() + row * cols, cols, stored_.data());
      break;
    case Features::Kind::kBytes:
      std::copy_n(features.bytes() + row * cols, cols, stored_.data());
      break;
    case Features::Kind::kSparse: {
      const CsrMatrix& matrix = *features.sparse();
      const auto column = [&](Index k) {
        return static_cast<std::size_t>(matrix.columns[static_cast<std::size_t>(k)]);
      };
      for (Index k = sparse_begin_; k < sparse_end_; ++k) stored_[column(k)] = 0;
      sparse_begin_ = matrix.row_start[static_cast<std::size_t>(row)];
      sparse_end_ = matrix.row_start[static_cast<std::size_t>(row) + 1];
      for (Index k = sparse_begin_; k < sparse_end_; ++k)
        stored_[column(k)] = matrix.values[static_cast<std::size_t>(k)];
      break;
    }
  }
}

double RowValues::original(Index feature) const {
  return data_.offset[feature] + data_.scale[feature] * static_cast<double>(stored(feature));
}

std::string RowValues::text(Index feature) const {
  std::array<char, 40> buffer;
  char* const begin = buffer.data();
  char* const end = begin + buffer.size();
  if (data_.offset[feature] == 0 && data_.scale[feature] == 1)
    return {begin, std::to_chars(begin, end, stored(feature)).ptr};
  // Rounded to the coarsest power of ten that does not change what is stored.
  const double wanted = original(feature);
  const int coarsest = static_cast<int>(std::ceil(std::log10(data_.scale[feature]))) + 1;
  for (int power = coarsest; power > -300; --power) {
    const double digits = std::nearbyint(wanted * std::pow(10.0, -power));
    if (!(std::abs(digits) < 1e17)) break;
    const std::string text = fmt::format("{:.0f}e{}", digits, power);
    double candidate = 0;
    std::from_chars(text.data(), text.data() + text.size(), candidate);
    const double again = (candidate - data_.offset[feature]) / data_.scale[feature];
    if (static_cast<float>(again) == stored(feature)) return number_text(candidate == 0 ? 0 : candidate);  // not "-0"
  }
  return number_text(wanted);
}

double RowValues::value(Index feature) const {
  double result = 0;
  parse_number(text(feature), result);
  return result;
}

}  // namespace poise
