// What the last steps of L-BFGS say about the inverse Hessian, in the compact form of Byrd, Nocedal and Schnabel
// (1994).
#pragma once

#include <vector>

#include "convex/preconditioner/preconditioner.h"
#include "convex/solver/state.h"

namespace poise::inline convex {

/// The m last steps s_k and changes of the gradient y_k, as rows of S and Y, over a preconditioner M with factor γ:
///   H G = z + Sᵀ R⁻ᵀ (D u − Y z),   u = R⁻¹ S G,   z = γ M⁻¹ (G − Yᵀ u),
/// R the upper triangle of S Yᵀ, D its diagonal. The same product as that of the two-loop recursion (Nocedal 1980), but
/// each of S and Y is read twice, not five times: on sparse data with a million parameters that is most of the work.
/// Vectors are float32, since they only shape a direction; sums float64.
class QuasiNewton {
 public:
  explicit QuasiNewton(int threads) : threads_(threads) {}

  void clear() { pairs_.clear(); }
  bool empty() const { return pairs_.empty(); }

  QuasiNewtonState state() const;
  void restore(const QuasiNewtonState& state);

  /// Takes s = `to` − `from` and y likewise, if ⟨s, y⟩ > 0 beyond rounding; then the oldest of ten makes room.
  void push(const Parameters& w_from, const Parameters& w_to, const Parameters& gradient_from,
            const Parameters& gradient_to, const Preconditioner& preconditioner);

  /// About H⁻¹ G.
  MatrixF product(const Preconditioner& preconditioner, const Parameters& gradient) const;

 private:
  struct Pair {
    MatrixF step, change;
    std::vector<double> products;  // ⟨s_i, y⟩ of this pair's y with the steps s_i up to its own, the oldest first
  };
  using Member = MatrixF Pair::*;

  std::vector<double> dots(Member vectors, const MatrixF& with) const;
  void subtract(Member vectors, const Eigen::VectorXd& factors, MatrixF& from) const;
  Eigen::MatrixXd triangle() const;

  int threads_;
  std::vector<Pair> pairs_;         // the oldest first
  Pair spare_;                      // storage for the next: of the pair that made room, or of one not taken
  double inverse_metric_size_ = 1;  // ⟨s, y⟩/⟨y, M⁻¹ y⟩ of the last pair: 1 where M has the size of the Hessian
};

}  // namespace poise::inline convex
