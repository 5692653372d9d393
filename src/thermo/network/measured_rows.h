// The rows of a data set that are measured, in the units of training, and networks in those units.
#pragma once

#include <vector>

#include "convex/problem.h"
#include "learning/input.h"
#include "poise/thermodynamics.h"
#include "thermo/network/rows.h"

namespace poise::thermo {

class MeasuredRows : public Rows {
 public:
  /// Input units from all rows of `data`; then options.rows of those with a positive weight, drawn and put in random
  /// order by options.seed.
  MeasuredRows(const Dataset& data, const ThermodynamicsOptions& options);

  Index size() const override { return problem_.rows(); }
  RowBlock block(Index first, Index count) const override;

  ScoreLoss loss() const { return loss_; }
  const Vector& weight() const { return problem_.row_weight; }  ///< adds up to 1
  /// Number of a row in the data set: random numbers go by it, so that they belong to the row.
  const std::vector<Index>& numbers() const { return numbers_; }

  /// The layers of `network` for the inputs of the blocks: Ŵ_1 = W_1 diag(gain)⁻¹, b̂_1 = b_1 + W_1 (c − center), c and
  /// gain those of the inputs. A constant input (gain 0) gets the weight 0. The linear head's outputs likewise become
  /// those of the targets t = (x − c') ∘ gain': Ŵ_L = diag(gain') W_L, b̂_L = (b_L − c') ∘ gain'. Throws as
  /// Thermometer::measure.
  std::vector<Layer> layers_of(const Network& network) const;

 private:
  void check(const Network& network) const;

  ScoreLoss loss_;
  Head head_;
  Problem problem_;            // of the drawn rows
  ColumnMap inputs_, target_;  // the latter of features that are the target
  std::vector<Index> numbers_;
};

}  // namespace poise::thermo
