// From the file's numbers to the inputs of the first layer: x̂_j = (x_j − center_j) · gain_j, a row at a time.
#pragma once

#include "convex/problem.h"
#include "learning/parameters.h"
#include "poise/training.h"

namespace poise::learning {

/// The affine map of every feature.
struct InputScaling {
  ColumnMap map;        ///< never empty; sparse data: center 0
  Floats gain;          ///< the gains in float32
  ColumnMap target;     ///< Target::kFeatures: from the file's numbers to t
  double variance = 1;  ///< likewise: Σ_j of t_j over the rows, 1 if that is 0

  explicit InputScaling(ColumnMap map = {});

  /// Divides the first layer by what the inputs were multiplied by: weights per original unit, and the center that goes
  /// with them.
  void to_original_units(Layer& first, Vector& center) const;

  /// Rounds the center to float32, which an image has around which a convolution sees zeros (poise/network.h).
  void round_center();

  /// Target::kFeatures. Of the squared error t are the inputs; of the binary cross-entropy x/unit.
  /// Throws Error(kData) for that where it is not in [0, 1], and for sparse data.
  void set_targets(const Dataset& data, const Vector& row_weight, Loss loss, int threads);
  /// The outputs of such a network, and its head, in the file's units.
  void to_file_units(Network& network) const;
  /// What counts as 1 of a feature in the loss, in the file's units; 1 where a feature is constant.
  Vector target_units() const;
  /// The same of the inputs; 0 where a feature is constant.
  Vector input_units() const;
};

/// Outputs of a network: classes, or features.
Index output_count(const Dataset& data, const NetworkOptions& options);

/// The rows as inputs that are their own targets. Throws Error(kData) if there are none, or no weight.
Problem weigh_inputs(const Dataset& data);

/// The data as networks take it: tables of many categories, which are stored as sparse rows, made dense, because their
/// numbers are to be centered, and sparse `images`; columns that lie apart brought together. Everything else as it is,
/// sharing its storage.
Dataset input_rows(const Dataset& data, bool images = false);

/// Inputs of mean square 1, whatever the user's units (docs/theory/network.md#the-golden-step-in-poise). Tables and
/// NPY: per column, mean 0 and standard deviation 1, a constant column 0; but indicators of a category or a missing
/// value stay 0 and 1. Images, and whatever is to be taken for `images`: one mean and one deviation of all pixels, so
/// that rare pixels do not weigh more. Sparse
/// data, whose zeros stay zeros: with p_j the share of rows in which feature j is not 0, and a_j the mean of |x_j| over
/// those rows,
///   x̂_j ∝ x_j / (a_j p_j^¼),   of mean square 1 over all features,
/// so that units do not matter and the step of a weight is divided by √p_j, as AdaGrad would (docs/theory/network.md).
/// A feature that is always 0 gets weights 0. Not standardized: in units of `data.unit`.
InputScaling scale_inputs(const Dataset& data, const Vector& row_weight, bool standardize, int threads,
                          bool images = false);

/// What the weights of the first layer are multiplied by when they are drawn: 1, and 0.1 for sparse data as
/// scale_inputs scales it. Most rows hold few of its features, and a weight that training hardly ever meets stays what
/// it was drawn as: noise in new rows.
double first_weights_share(const Dataset& data, bool standardize);

}  // namespace poise::learning
