// The rows of a problem as exact doubles: what every proof reads. How features are stored is known here alone.
#pragma once

#include <algorithm>
#include <vector>

#include "base/index.h"
#include "convex/certificate/proof_stop.h"
#include "convex/problem.h"
#include "poise/dataset.h"
#include "rows/entries.h"

namespace poise::inline convex {

/// Rows x_i of d numbers, each exactly as in the file or array, and the features the solver sees in their place,
/// (x_j − center_j) / unit_j with unit_j a power of two. Keeps its own (cheap) copy of the features. Whoever goes
/// through them is ended by `stop`.
class ExactRows {
 public:
  explicit ExactRows(Features features, ColumnMap units = {}, ProofStop stop = {})
      : features_(std::move(features)), units_(std::move(units)), stop_(std::move(stop)) {}
  explicit ExactRows(const Problem& problem, ProofStop stop = {})
      : ExactRows(problem.given.cols() > 0 ? problem.given : problem.features, problem.units, std::move(stop)) {}

  Index rows() const { return features_.rows(); }
  Index cols() const { return features_.cols(); }
  bool sparse() const { return features_.is_sparse(); }
  const ProofStop& stop() const { return stop_; }
  double center(Index feature) const { return units_.identity() ? 0 : units_.center[feature]; }
  double unit(Index feature) const { return units_.identity() ? 1 : 1 / units_.gain[feature]; }

  /// Calls f(feature, value) for the entries of row i that may be nonzero, in the order of features.
  template <typename F>
  void for_each(Index i, const F& f) const {
    stop_.before_row();
    std::vector<double> scratch;
    for_each_entry(features_, i, scratch, f);
  }

  /// x_ij alone.
  double value(Index i, Index j) const {
    stop_.before_row();
    return features_.value(i, j);
  }

 private:
  Features features_;
  ColumnMap units_;
  ProofStop stop_;
};

/// The rows of positive weight, which alone decide on existence, in order.
inline std::vector<Index> rows_that_count(const Vector& weight) {
  std::vector<Index> rows;
  for (Index i = 0; i < weight.size(); ++i) {
    if (weight[i] > 0) rows.push_back(i);
  }
  return rows;
}

}  // namespace poise::inline convex
