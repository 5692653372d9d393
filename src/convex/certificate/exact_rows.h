// The rows of a problem as exact doubles: what every proof reads. How features are stored is known here alone.
#pragma once

#include <algorithm>
#include <vector>

#include "convex/problem.h"
#include "poise/dataset.h"

namespace poise {

/// Rows x_i of d numbers, each exactly as in the file or array, and the features the solver sees in their place,
/// (x_j − center_j) / unit_j with unit_j a power of two. Keeps its own (cheap) copy of the features.
class ExactRows {
 public:
  explicit ExactRows(Features features) : features_(std::move(features)) {}

  Index rows() const { return features_.rows(); }
  Index cols() const { return features_.cols(); }
  bool sparse() const { return features_.sparse() != nullptr; }
  double center(Index /*feature*/) const { return 0; }
  double unit(Index /*feature*/) const { return 1; }

  /// Calls f(feature, value) for the entries of row i that may be nonzero, in the order of features.
  template <typename F>
  void for_each(Index i, const F& f) const {
    if (const CsrMatrix* csr = features_.sparse()) {
      for (Index k = csr->row_start[static_cast<std::size_t>(i)]; k < csr->row_start[static_cast<std::size_t>(i) + 1];
           ++k) {
        f(static_cast<Index>(csr->columns[static_cast<std::size_t>(k)]),
          static_cast<double>(csr->values[static_cast<std::size_t>(k)]));
      }
      return;
    }
    const Index d = cols();
    for (Index j = 0; j < d; ++j) {
      f(j, features_.bytes() ? static_cast<double>(features_.bytes()[i * d + j])
                             : static_cast<double>(features_.floats()[i * d + j]));
    }
  }

  /// x_ij alone.
  double value(Index i, Index j) const {
    if (features_.bytes()) return static_cast<double>(features_.bytes()[i * cols() + j]);
    if (features_.floats()) return static_cast<double>(features_.floats()[i * cols() + j]);
    const CsrMatrix& csr = *features_.sparse();
    const auto begin = csr.columns.begin() + csr.row_start[static_cast<std::size_t>(i)];
    const auto end = csr.columns.begin() + csr.row_start[static_cast<std::size_t>(i) + 1];
    const auto found = std::lower_bound(begin, end, static_cast<std::int32_t>(j));
    if (found == end || *found != j) return 0;
    return static_cast<double>(csr.values[static_cast<std::size_t>(found - csr.columns.begin())]);
  }

 private:
  Features features_;
};

/// The rows of positive weight, which alone decide on existence, in order.
inline std::vector<Index> rows_that_count(const Vector& weight) {
  std::vector<Index> rows;
  for (Index i = 0; i < weight.size(); ++i) {
    if (weight[i] > 0) rows.push_back(i);
  }
  return rows;
}

}  // namespace poise
