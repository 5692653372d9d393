// What rows should be classified as: a label or a distribution each.
#pragma once

#include <cstdint>
#include <vector>

#include "base/index.h"
#include "poise/dataset.h"

namespace poise::inline loss {

class TargetRows {
 public:
  TargetRows(const TargetRows&) = delete;
  TargetRows& operator=(const TargetRows&) = delete;
  /// `data` must outlive it.
  explicit TargetRows(const Dataset& data) : labels_(&data.labels) {
    if (data.targets.size() > 0) take(data.targets);
  }
  explicit TargetRows(const Matrix& distributions) { take(distributions); }

  bool are_soft() const { return dense_.size() > 0; }

  /// Of a distribution, the class of its largest entry.
  std::int32_t label(Index row) const { return (*labels_)[row]; }
  double of_class(Index row, Index class_id) const {
    return are_soft() ? dense_(row, class_id) : label(row) == class_id ? 1 : 0;
  }
  /// Σ_c t_c (z_c − top) over t_c > 0, with `top` the largest score: 0 if all of the target is there, else below.
  double score(Index row, const double* z, double top) const {
    if (!are_soft()) return z[label(row)] - top;
    double sum = 0;
    for (Index c = 0; c < dense_.cols(); ++c) {
      if (dense_(row, c) > 0) sum += dense_(row, c) * (z[c] - top);
    }
    return sum;
  }
  /// Adds weight·t to `to`, K numbers.
  void add(Index row, double weight, Vector& to) const {
    if (are_soft()) {
      to += weight * dense_.row(row).transpose();
    } else {
      to[label(row)] += weight;
    }
  }

 private:
  void take(const Matrix& distributions) {
    dense_ = distributions;
    for (Index i = 0; i < dense_.rows(); ++i) {
      dense_.row(i) /= dense_.row(i).sum();
      Index largest = 0;
      dense_.row(i).maxCoeff(&largest);
      largest_.push_back(static_cast<std::int32_t>(largest));
    }
    labels_ = &largest_;
  }

  const std::vector<std::int32_t>* labels_ = nullptr;
  Matrix dense_;                       // rows add up to 1; empty for labels
  std::vector<std::int32_t> largest_;  // of distributions
};

}  // namespace poise::inline loss
