// What a solver asks of rows, as plain values: a closed set. Who has the rows answers with sums; solvers and their
// scalars need no rows of their own.
#pragma once

#include <functional>
#include <span>

#include "convex/pass/pass.h"

namespace poise::inline convex {

enum class Arithmetic : std::uint8_t { kFloat, kDouble };

/// W is the request's `first`, V its `second` or, alone, its `first`; P is what kValue or kGradient found last.
enum class Question : std::uint8_t {
  kValue,     ///< numbers: Σ s [lse(z) − ⟨t, z⟩] and Σ s H(p) at W; P is kept
  kGradient,  ///< the same, and X̃ᵀ[s (P − T)]
  kProduct,   ///< X̃ᵀ[s P∘(Z_V − ⟨P, Z_V⟩)]
  kAlong,     ///< numbers: ⟨V, ∇²f V⟩ without the penalty, and the part of rows whose scores V moves far
  kDiagonal,  ///< (X̃∘X̃)ᵀ[s P∘(1 − P)]
  kHessian,   ///< all of it, in blocks (hessian_blocks.h)
  kDualPoint,  ///< kValue with the entropy of the dual point at W and V, and X̃ᵀ[s (Q' − T)]; `vector`: class balance
  kTargets,    ///< X̃ᵀ[s T]
  kSizes,      ///< Σ s |x|, d×1
  kMeans,      ///< list: first_moments (rows/column_moments.h) of every chunk in the file's units, `vector`: origin
  kSpreads,    ///< list: second_moments, `vector`: means and the two units
  kMoment,     ///< X̃ᵀ[s X̃V]
  kGram,       ///< Σ s (x − c)(x − c)ᵀ, `vector`: c
  kBiases,     ///< numbers: Σ s p pᵀ, K×K
  kCurvature,  ///< numbers: Σ w_ic of every class, w = s p(1 − p); with a `vector` τ, Σ min(1, τ_c w_ic)
  kDrawn       ///< list: (class, row, weight) of rows drawn with probability min(1, τ_c w_ic), `vector`: τ
};

struct Request {
  Question question = Question::kValue;
  Arithmetic arithmetic = Arithmetic::kDouble;
  const Parameters* first = nullptr;
  const Parameters* second = nullptr;
  Vector vector = {};
  std::uint64_t seed = 0;  ///< of kDrawn
  /// Ends it, too; may be null or empty. It is asked where the request is made.
  const Stop* stop = nullptr;
};

/// Rows of a problem and what passes over them add up.
class RowOwner {
 public:
  virtual ~RowOwner() = default;

  /// Of all rows.
  virtual Sums ask(const Request& request) = 0;
  /// The problem on some of its rows, in the order given; row weights as they are.
  virtual Problem rows_at(std::span<const Index> rows) = 0;
  virtual const ChunkGrid& grid() const = 0;
  /// From now on `ask` asks `stop` (may be empty) and throws PassStopped once it says true.
  virtual void stop_when(Stop stop) = 0;
};

}  // namespace poise::inline convex
