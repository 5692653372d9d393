// What stands for a missing value in a table: one list for training, prediction and the graph of a model file.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace poise::inline data {

/// An empty cell is missing everywhere. By default so are ? NA N/A NaN NULL and their like, and, beside numbers only,
/// texts that might be a category or a class elsewhere: - . none unknown and their like (docs/data.md has both lists).
class MissingValues {
 public:
  /// `given` replaces the default lists: exactly these texts, in every column.
  explicit MissingValues(const std::optional<std::vector<std::string>>& given = std::nullopt);

  /// Whether a cell of any column is missing.
  bool holds(std::string_view cell) const { return cell.empty() || contains(everywhere_, cell); }
  /// Whether it is where the other cells of its column are numbers, though not everywhere.
  bool holds_beside_numbers(std::string_view cell) const { return contains(beside_numbers_, cell); }

  /// Whether this number stands for a missing value: one of the texts given is a number, such as -999.
  bool holds_number(double value) const { return std::find(numbers_.begin(), numbers_.end(), value) != numbers_.end(); }
  bool has_numbers() const { return !numbers_.empty(); }

  /// The texts that are missing everywhere, besides the empty one.
  const std::vector<std::string>& everywhere() const { return everywhere_; }
  const std::vector<std::string>& beside_numbers() const { return beside_numbers_; }

 private:
  static bool contains(const std::vector<std::string>& texts, std::string_view cell) {
    for (const std::string& text : texts) {
      if (text == cell) return true;
    }
    return false;
  }

  std::vector<std::string> everywhere_, beside_numbers_;
  std::vector<double> numbers_;
};

}  // namespace poise::inline data
