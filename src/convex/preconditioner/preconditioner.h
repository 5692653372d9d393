// Preconditioners: cheap positive definite stand-ins M for the Hessian. Solvers use M⁻¹ to precondition; that is what
// makes the answer come as fast on unscaled features as on scaled ones.
#pragma once

#include <functional>
#include <memory>

#include "convex/objective.h"

namespace poise::inline convex {

/// Whoever makes one asks `stop` while that takes long; true gives it up, and there is none: a null pointer.
class Preconditioner {
 public:
  virtual ~Preconditioner() = default;
  /// M⁻¹ G; G and the result are (d+1)×K.
  virtual Parameters solve(const Parameters& gradient) const = 0;
  /// The same of float32 numbers, where M⁻¹ only shapes a direction.
  virtual MatrixF solve_float(const MatrixF& gradient) const { return solve(gradient.cast<double>()).cast<float>(); }
  /// Whether M has the size of the Hessian, not only its shape: then a unit step is the natural one.
  virtual bool has_size() const { return true; }
  /// The Hessian with its penalty, in float64, if M is that, up to the gauge: as dense_hessian has it. Else null.
  virtual const Matrix* hessian() const { return nullptr; }
};

/// Where a d×d matrix is affordable: the Böhning preconditioner (docs/theory/softmax.md#gauge-rank-recession,
/// docs/theory/softmax.md#solvers), H ⪯ ½ Σ s x̃x̃ᵀ ⊗ I + Λ. The free bias is eliminated by centering the features: with
/// C the covariance of the features,
///   M = (½C + Λ on the weights) ⊕ (½ on the bias of centered features).
/// H ⪯ M holds, so M⁻¹∇ is a descent step of length 1 (MM). One factorization of d×d.
std::unique_ptr<Preconditioner> bohning_preconditioner(const SoftmaxObjective& objective, const Stop& stop = {});

/// The square root of the Hessian's diagonal at the objective's last point: no d×d matrix. The root, because few rows
/// share many sparse features and the diagonal overstates what they have alone. news20, λ = 1e-5, f after 40 iterations
/// of L-BFGS: 0.108 with the root, 0.144 with exponent 0.7, above 0.5 with the diagonal itself.
std::unique_ptr<Preconditioner> root_diagonal_preconditioner(const SoftmaxObjective& objective);

/// Likewise: the Hessian at W = 0, (1/K)(I − 11ᵀ/K) ⊗ Σ s x̃x̃ᵀ + Λ, exact. The preconditioner to start with.
std::unique_ptr<Preconditioner> uniform_preconditioner(const SoftmaxObjective& objective, const Stop& stop = {});

/// Likewise: the K diagonal blocks of the Hessian at the objective's last point,
///   A_c = Σ_i s_i p_ic(1 − p_ic) x̃_i x̃_iᵀ + Λ,
/// each from about 2(d+1) rows drawn with probability proportional to their weight s p(1 − p) and reweighted
/// (unbiased); the result is projected onto class sums 0. Measured on MNIST, passes to 1e-6 of f*: 25, against 71 with
/// one Kronecker factor and 300 with the Böhning preconditioner, because well classified rows have no curvature.
std::unique_ptr<Preconditioner> class_block_preconditioner(const SoftmaxObjective& objective, const Stop& stop = {});

/// Sparse features: of each class's block A_c (as above) the largest curvatures σ² along V, one level for the rest,
///   M_c = V diag(σ² + λ) Vᵀ + (σ²_min + λ)(I − VVᵀ),
/// the bias as if it had the mean penalty, from a randomized factorization (Frangella, Tropp, Udell 2023) of about
/// 4,000 rows drawn as above. V = AᵀZ is kept as Z, a number a row and curvature, so that M needs no d×r matrix and M⁻¹
/// costs two products with the sparse rows. For the end alone: far away curvatures change too fast, and L-BFGS did no
/// better with it than with the root. news20, λ = 1e-5, passes in all to a certified 1e-8 of f*: 1,120, against 2,396
/// with the root of the diagonal.
std::unique_ptr<Preconditioner> low_rank_preconditioner(const SoftmaxObjective& objective, const Stop& stop = {});

/// Takes the mean over the classes off every row: directions that are the same for all classes change nothing.
inline void project_onto_class_sums_zero(Parameters& w) { w.colwise() -= w.rowwise().mean().eval(); }

/// The whole Hessian at the objective's last point, K(d+1) square, in float64. For small problems, of any conditioning.
std::unique_ptr<Preconditioner> full_preconditioner(const SoftmaxObjective& objective, const Stop& stop = {});
/// Whether it costs no more than a Newton system whose conjugate gradients do not get there.
bool affords_full(const SoftmaxObjective& objective);

/// The best of the above for the objective's last point: full, class blocks, low rank or diagonal, by size and kind.
std::unique_ptr<Preconditioner> local_preconditioner(const SoftmaxObjective& objective, const Stop& stop = {});
/// A preconditioner with H ⪯ M everywhere (Böhning), or the diagonal where d×d is not affordable.
std::unique_ptr<Preconditioner> global_preconditioner(const SoftmaxObjective& objective, const Stop& stop = {});

/// Whether preconditioners may hold a d×d matrix.
bool affords_gram(const SoftmaxObjective& objective);

/// Which problems are solved with the full Hessian.
bool is_small(const SoftmaxObjective& objective);

inline constexpr Index kMaxGramFeatures = 5000;
inline constexpr Index kMaxSparseGramFeatures = 2000;  ///< a pass over sparse rows costs less, a factorization does not
inline constexpr Index kLowRankRows = 4096;  ///< about as many are drawn for a class; news20 has 2,700 with a curvature
inline constexpr Index kLowRank = 64;        ///< curvatures kept of a class

}  // namespace poise::inline convex
