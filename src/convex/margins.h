// Margins of all rows along a direction U: the smallest of every pair of classes in float64, and an exact verdict on
// their signs, which is what makes a direction of recession a proof (THEORY 4.4).
#pragma once

#include <vector>

#include "convex/problem.h"
#include "poise/dataset.h"

namespace poise {

/// The rows that count (positive weight) of data with labels, with their classes. Keeps a reference to the data.
class Margins {
 public:
  explicit Margins(const Dataset& data);

  const Vector& largest_values() const { return largest_; }  ///< max over the rows of |x_j|, d
  bool has_rows(Index c) const { return rows_of_[static_cast<std::size_t>(c)] > 0; }

  /// M(k, c) = min over rows of class k of (xᵀU)_k − (xᵀU)_c, biases left out; infinite for classes without rows.
  Matrix smallest(const Parameters& u) const;

  /// The number of rows with a margin above 0 if no margin is below 0, else 0. Exact; U has biases.
  Index rows_helped(const Parameters& u) const;

 private:
  bool counts(Index i) const { return data_.sample_weight.size() == 0 || data_.sample_weight[i] > 0; }
  Index label(Index i) const { return data_.labels[static_cast<std::size_t>(i)]; }
  void scores(const Parameters& u, const std::vector<Index>& active, Index i, Vector& z) const;
  int exact_sign(const Parameters& u, Index i, Index k, Index c) const;

  const Dataset& data_;
  Index classes_;
  Vector largest_;
  std::vector<Index> rows_of_;
};

}  // namespace poise
