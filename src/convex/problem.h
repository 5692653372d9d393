// The softmax problem in the solver's units: centered and scaled features, normalized row weights, one penalty per
// feature.
#pragma once

#include <functional>
#include <span>

#include "poise/dataset.h"
#include "poise/softmax_regression.h"
#include "rows/column_moments.h"
#include "rows/load.h"

namespace poise::inline convex {

/// Parameters of the layer: (d+1)×K, row j the weights of feature j over the classes, the last row the biases.
/// Feature-major, because sparse rows and the penalty both run over features.
using Parameters = Matrix;

/// minimize  Σ_i s_i [lse(z_i) − ⟨t_i, z_i⟩] + Σ_j (λ_j/2)‖W_j‖²,   Σ_i s_i = 1,   z_i = x̃_iᵀ W,  x̃_i = (x_i, 1).
///
/// x_i are the file's numbers in the units of `units`: (original − center) · gain. Centers have few digits and gains
/// are powers of two, so that x_i is the file's number exactly wherever float64 can hold it, and one rounding off
/// elsewhere: what is proven of the problem is proven of the file.
struct Problem {
  Features features;                 ///< n×d: dense rows as in the file, sparse ones in the solver's units
  Features given;                    ///< n×d: the file's rows, for proofs; empty if `features` are they
  ColumnMap units;                   ///< from the file's numbers to x; empty: x as they are
  std::vector<std::int32_t> labels;  ///< n; empty if `targets` are given
  Matrix targets;                    ///< n×K; empty for labels
  double smoothing = 0;              ///< ε: t = (1−ε) t + ε/K
  Vector row_weight;                 ///< n, sums to 1
  double l2 = 0;                     ///< λ
  Vector penalty;                    ///< d, λ_j ≥ 0: λ in the solver's units
  Vector unit;                       ///< d: what λ counts as 1 of a feature, in original units
  Index classes = 0;

  Index rows() const { return features.rows(); }
  Index cols() const { return features.cols(); }

  /// What is left to do to a row of `features` as it is loaded.
  const ColumnMap& map() const;
  /// Rows [first, first + count) of x as float or double, row r at `to` + r·ld.
  template <typename Real>
  void load(Index first, Index count, Real* to, Index ld) const {
    load_rows(features, map(), first, count, to, ld);
  }
  std::span<const double> weights() const { return std::span(row_weight.data(), row_weight.size()); }

  /// t_i as K numbers.
  void target_of(Index row, std::span<double> target) const;
};

/// What kAuto means for this data.
Scale resolve_scale(const Dataset& data, Scale scale);

/// The penalty asked for, or the default of this data.
inline double resolve_l2(const Dataset& data, const ObjectiveOptions& options) {
  return options.l2 ? *options.l2 : default_l2(data);
}

/// Shares that add up to 1 of weights of any size. Throws Error(kData) if no weight is above 0, or if a share would be
/// 0 where `given`, which the weights were made from, is above 0.
Vector row_shares(const Dataset& data, const Vector& weight, const Vector& given);

/// Rows, targets and weights alone: features as they are, no penalty.
Problem weigh_rows(const Dataset& data, const ObjectiveOptions& options);

/// The whole problem: weigh_rows, units in which features are of size 1, and the penalty in those units.
Problem make_problem(const Dataset& data, const ObjectiveOptions& options, int threads);

/// The same from what weigh_rows gave: its units and penalty, by the moments that `ask` finds, if they are asked for.
void choose_scale(Problem& problem, const Dataset& data, const ObjectiveOptions& options,
                  const std::function<ColumnMoments()>& ask);

/// Sets λ, and with it λ_j = λ (unit_j gain_j)²; nothing else of a problem depends on it.
void set_l2(Problem& problem, double l2);

/// Everything but the rows.
Problem without_rows(const Problem& problem);
/// Labels or targets, and weights, of some rows.
void pick_targets(const Problem& from, std::span<const Index> rows, Problem& to);
/// The problem on some of its rows; the penalty stays.
Problem pick_rows(const Problem& problem, std::span<const Index> rows);
/// The same, row weights renormalized.
Problem select_rows(const Problem& problem, std::span<const Index> rows);
/// The problem on neighboring rows, whose features share the storage; row weights as they are.
Problem slice_rows(const Problem& problem, Index first, Index count);

/// Σ_i s_i |x_ij| for every feature j.
Vector mean_absolute(const Problem& problem, int threads);

/// Parameters of a problem ↔ the same scores from the file's numbers: W_j·gain_j, and b − Σ_j gain_j W_j center_j.
Parameters to_file_units(const Parameters& parameters, const ColumnMap& units);

/// Solver's parameters ↔ model. Throws Error(kData) if the data has other columns or classes than the model.
Parameters to_parameters(const Network& model, const Dataset& data, const ColumnMap& units);
Network to_model(const Parameters& parameters, const ColumnMap& units, Schema schema);

/// Throws Error(kData) if the data has other columns or classes than the model, whose weights then mean something else.
void check_same_columns(const Network& model, const Dataset& data);

}  // namespace poise::inline convex
