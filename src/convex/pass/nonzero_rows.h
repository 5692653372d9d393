// Rows most of whose numbers are 0, as indicators of categories are: the others alone, for what goes over the rows of a
// small problem again and again in float64.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "convex/problem.h"

namespace poise::inline convex {

class NonzeroRows {
 public:
  /// Null where that is not worth it: where products of two numbers of a row are not few beside those of all, in about
  /// a third of which a vector of the processor does without, or where it would take more than 32 MB.
  /// `always`: it is known to be.
  static std::unique_ptr<const NonzeroRows> find(const Problem& problem, int threads, bool always = false);

  /// x̃ of a row: columns ascending, the last one d, with a 1.
  struct Row {
    const std::uint16_t* columns;
    const double* values;
    Index count;
  };
  Row row(Index r) const { return {&columns_[start_[r]], &values_[start_[r]], start_[r + 1] - start_[r]}; }

  /// z += W X_Bᵀ of the features without the constant; W classes×width, z classes×ld, rows [first, first + rows).
  void add_scores(Index first, Index rows, const double* weights, Index classes, Index width, Index ld,
                  double* z) const;
  /// G (classes×width) += R X_B.
  void add_product(Index first, Index rows, const double* residual, Index classes, Index width, Index ld,
                   double* product) const;

 private:
  std::vector<Index> start_;
  std::vector<std::uint16_t> columns_;
  std::vector<double> values_;
};

}  // namespace poise::inline convex
