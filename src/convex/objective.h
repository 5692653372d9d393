// The objective of softmax regression as solvers see it: what its rows add up to (row_owner.h), with the penalty; and
// dual bounds (certificate/dual_bound.cc).
#pragma once

#include <memory>
#include <vector>

#include "convex/pass/local_rows.h"
#include "convex/pass/row_owner.h"
#include "convex/preconditioner/row_sample.h"
#include "convex/problem.h"

namespace poise::inline convex {

/// f and its parts at one point, nats, in float64.
struct Evaluation {
  double objective = 0;      ///< cross_entropy + penalty
  double cross_entropy = 0;  ///< Σ s_i [lse(z_i) − ⟨t_i, z_i⟩]
  double entropy = 0;        ///< Σ s_i H(p_i), the dual process
  double penalty = 0;        ///< Σ_j (λ_j/2)‖W_j‖²
  double rounding = 0;       ///< bound on the error of `objective` in float64, with room; 0 after a float32 pass
};

/// Value, gradient and curvature of a Problem; one instance is used from one thread and runs its passes in parallel.
///
///   ∇ = X̃ᵀ(P − T) s + λW      (docs/theory/softmax.md#the-problem)
///   H V = X̃ᵀ[ s P∘(Z_V − ⟨P, Z_V⟩) ] + λV,   Z_V = X̃V
///
/// The bias row (the last) carries no penalty. Columns of every gradient sum to 0 over classes (gauge,
/// docs/theory/softmax.md#gauge-rank-recession).
class SoftmaxObjective {
 public:
  /// `memory`: bytes that may stay in memory, see Probabilities.
  SoftmaxObjective(Problem problem, int threads, std::uint64_t memory = 0);
  /// `make_owner` gives the one who passes over the rows of the problem that it is given.
  using MakeOwner = std::function<std::unique_ptr<RowOwner>(const Problem&)>;
  SoftmaxObjective(Problem problem, int threads, const MakeOwner& make_owner);
  SoftmaxObjective(const SoftmaxObjective&) = delete;
  SoftmaxObjective& operator=(const SoftmaxObjective&) = delete;

  const Problem& problem() const { return problem_; }
  /// Another λ, see poise::set_l2. What the objective remembers of its rows and of P stays.
  void set_l2(double l2) { poise::set_l2(problem_, l2); }
  Index rows() const { return owner_->grid().rows; }
  Index features() const { return problem_.cols(); }
  Index classes() const { return problem_.classes; }
  int threads() const { return threads_; }
  /// See RowOwner::stop_when.
  void stop_passes_when(Stop stop) { owner_->stop_when(std::move(stop)); }
  Parameters zero() const { return Parameters::Zero(features() + 1, classes()); }

  /// f(W) and, where asked, ∇f(W). Remembers P for hessian_product and preconditioners. One pass.
  /// In float32 the scores carry a relative 1e-7: values are good to about 1e-8, enough far from the optimum.
  Evaluation evaluate(const Parameters& w, Parameters* gradient, Arithmetic arithmetic = Arithmetic::kDouble);

  /// ∇²f(W) V at the W of the last evaluate, products in float32 (relative error about 1e-6) or float64. One pass.
  void hessian_product(const Parameters& v, Parameters& product, bool in_double = false) const;

  /// v with (Σ s_i R(p_i)) v = g, R(p) = diag p − ppᵀ: the Newton system of the biases alone; class sums of v are 0.
  /// Any g with class sum 0. No pass over the features.
  Vector solve_bias(const Vector& g) const;

  /// ⟨V, ∇²f V⟩ without the penalty at the W of the last evaluate, float64: all of it, and the part of rows whose
  /// scores V changes so much (by ½ or more between two classes) that their curvature at W says little about the way to
  /// W − V.
  struct CurvatureAlong {
    double all = 0, of_far_rows = 0;
  };
  /// One half pass.
  CurvatureAlong curvature_along(const Parameters& v) const;

  /// Diagonal of ∇²f at the W of the last evaluate, (d+1)×K. One pass over squared features.
  Parameters hessian_diagonal() const;

  /// The bound of V = 0 (docs/theory/softmax.md#the-certificate) from what evaluate(w, &gradient) returned: no pass.
  /// For λ > 0 everywhere.
  Certificate gradient_bound(const Parameters& w, const Evaluation& value, const Parameters& gradient) const;

  /// Dual bound from the point q' = q − (diag q − q qᵀ) V x̃ (docs/theory/softmax.md#the-certificate; V = 0 gives the
  /// bound above). Valid for any V; tight if V solves H V = ∇f. For λ > 0 everywhere: an unpenalized feature wants
  /// moments of exactly 0, so that with one the dual_value is −∞ (what takes its place is
  /// certificate/curvature_proof.h). One and a half passes.
  Certificate dual_bound(const Parameters& w, const Parameters& v) const;

  /// Whether every λ_j is so large that the rounding of moments in float64 costs dual bounds less than 1e-10.
  bool has_dual_bounds() const;
  /// Whether a minimizer exists whatever the features are: every class has mass (convex/existence/comparisons.h), and
  /// every feature a penalty or every class a target in every row, by smoothing.
  bool minimizer_is_given() const {
    return every_class_has_mass_ && ((problem_.penalty.array() > 0).all() || problem_.smoothing > 0);
  }

  /// Relative error of a sum over all rows, as the passes make them.
  double rounding_of_sums() const;
  /// Relative error of a sum of positive numbers over all features: of penalties, and of what moments cost.
  double rounding_of_feature_sums() const;

  /// p_ic at the point of the last evaluate, float32.
  float probability(Index row, Index class_id) const { return local().probability(row, class_id); }
  /// Whether this process can read them.
  bool has_rows() const { return !problem_.features.is_elsewhere(); }
  /// All rows, for what this process does alone. Where others have a part of them they have a point of their own.
  LocalRows& local() const;
  /// They at w. Half a pass.
  LocalRows& local_at(const Parameters& w) const;

  /// Σ s (x − c)(x − c)ᵀ around the means c, d×d, in float32 products. Where d×d is affordable. One pass; 0×0 if it was
  /// stopped, by `stop` or as all passes.
  Matrix second_moments(const Stop& stop = {}) const;
  /// X̃ᵀ[s X̃V], (d+1)×K.
  Parameters moment_product(const Parameters& v) const;
  /// For every class about `wanted` rows, drawn by what they add to its curvature s p(1 − p) at the point of the last
  /// evaluate: row i with probability min(1, τ_c w_ic), its weight w_ic over that.
  std::vector<RowSample> draw_rows(double wanted, std::uint64_t seed) const;
  /// Some rows and where to find them.
  struct PickedRows {
    const Problem* problem;
    std::vector<Index> rows;               // of that problem
    std::shared_ptr<const Problem> owned;  // where they had to be fetched
  };
  PickedRows pick_rows(const std::vector<Index>& rows) const;
  /// The problem on some of its rows, see select_rows.
  Problem part(std::span<const Index> rows) const;

  const Vector& mean_features() const { return moments().mean_features; }  ///< Σ s_i x_i, d
  double passes() const { return passes_; }                                ///< made so far, by all methods
  bool has_moments() const { return moments_ != nullptr; }  ///< and whether their half a pass is among them
  /// As if it had made these, and its moments.
  void count_passes(double passes, bool with_moments) {
    if (with_moments) (void)moments();
    passes_ = passes;
  }

  friend Matrix dense_hessian(const SoftmaxObjective& objective, const Matrix* probabilities, const Stop& stop);

 private:
  /// Weighted means over the rows that the bound needs; computed at the first need.
  struct Moments {
    Vector mean_features, mean_absolute_features;  // Σ s x, Σ s |x|: d
    Parameters target_moment;                      // Σ s x̃ tᵀ: (d+1)×K
  };
  const Moments& moments() const;
  const Vector& sizes() const;  // Σ s |x|, d; at the first need
  double add_penalty(const Parameters& v, Parameters* to) const;
  double rounding_of_value(const Parameters& w, const Evaluation& value) const;
  /// The certificate of a dual point with mean entropy `entropy` and moments `moment` = Σ s (q' − t) x̃ᵀ; of `value`,
  /// f and its penalty count.
  Certificate bound_from(const Parameters& w, const Parameters* v, const Evaluation& value, double entropy,
                         Parameters& moment) const;
  /// What moments R cost a bound.
  struct MomentCost {
    double loss = 0;      // Σ_j ‖R_j‖²/(2λ_j), infinite if λ_j = 0 and R_j is not
    double rounding = 0;  // what their rounding costs
  };
  MomentCost moment_cost(const Parameters& moment) const;
  Index longest_row() const;  // terms in the longest sum of a score

  Problem problem_;
  int threads_;
  std::unique_ptr<RowOwner> owner_;
  mutable std::unique_ptr<LocalRows> alone_;
  bool every_class_has_mass_;
  mutable std::unique_ptr<Moments> moments_;
  mutable Vector sizes_;
  mutable double passes_ = 0;
};

/// The Hessian of the loss (without the penalty) at the objective's last point, float64, where its size is affordable:
/// K(d+1) square, entry (c(d+1)+j, k(d+1)+l) = Σ_i s_i p_ic(δ_ck − p_ik) x̃_ij x̃_il; 1 − p_ic as the sum of the other
/// classes, which does not cancel and makes rows of the matrix add up to 0 over k.
/// `probabilities` (n×K): in place of the ones the objective keeps, which are float32. 0×0 if it was stopped, by `stop`
/// or as all passes.
Matrix dense_hessian(const SoftmaxObjective& objective, const Matrix* probabilities = nullptr, const Stop& stop = {});

}  // namespace poise::inline convex
