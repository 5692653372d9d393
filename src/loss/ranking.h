// How well scores rank rows: areas under ROC curves.
#pragma once

#include <vector>

namespace poise::inline loss {

/// P(s⁺ > s⁻) + ½ P(s⁺ = s⁻) for a positive and a negative row drawn by their weights, which is the area under the ROC
/// curve. About O(n + n⁺ log n⁺). NaN if one kind has no weight, or some score of a row with a weight is NaN.
/// `weight` may be empty (all 1).
double area_under_roc(const std::vector<double>& score, const std::vector<char>& is_positive,
                      const std::vector<double>& weight);

}  // namespace poise::inline loss
