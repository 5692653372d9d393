// One mini-batch: F-propagation, adjoints by the learning rule, gradients and step, shared out among the threads of a
// team. The bits depend on rows and parameters, never on the number of threads: rows go through in chunks and weights
// in tiles of sizes that the problem fixes.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "base/team.h"
#include "learning/input.h"
#include "learning/step.h"

namespace poise::learning {

/// Sums over training rows, each weighted; divided by `weight` they are means.
struct BatchSums {
  double weight = 0, loss = 0, correct = 0;
  double entropy_gap = 0;  ///< CE − H(p); softmax head
  double bulk_energy = 0;  ///< ½Σ_l‖X_l − σ(Y_l)‖² after relaxing; kPredictiveCoding

  BatchSums& operator+=(const BatchSums& other);
};

class Batch {
 public:
  /// Room for `rows` rows. The references must outlive it.
  Batch(const Problem& problem, const InputScaling& scaling, const ParameterLayout& layout,
        const NetworkOptions& options, Index rows);

  /// Called by every member inside Team::run. Forward, adjoints, gradients and `step` on the given rows; the sums of
  /// the batch are added to `sums` (by one member). `number` tells batches apart for dropout.
  void train(Team& team, std::span<const Index> rows, std::uint64_t number, Floats& parameters, StepRule& step,
             BatchSums& sums);

  /// As train, without a step: gradient() then holds ∂L/∂w of the batch, as the rule has it.
  void find_gradient(Team& team, std::span<const Index> rows, const Floats& parameters, BatchSums& sums);

  const Floats& gradient() const { return gradient_; }

  Index room() const { return static_cast<Index>(share_.size()); }

  /// To be called when parameters were changed by anything but train.
  void parameters_changed() { parameters_ = nullptr; }

  /// Activations X_l of the last forward pass, row-major; X_0 only if the data is dense.
  const float* activations(Index l) const { return activation_[static_cast<std::size_t>(l)].data(); }

  /// Loss and accuracy of the rows, any number of them, with nothing dropped out; adds to `sums`.
  void evaluate(Team& team, std::span<const Index> rows, const Floats& parameters, BatchSums& sums);

  /// Called by every member: gradient() ← G v, G = mean J^T R J the Gauss–Newton matrix of the rows last passed to
  /// train or find_gradient, R the Hessian of ℓ in Y_L.
  void gauss_newton(Team& team, const Floats& direction);

 private:
  struct Chunk {
    Index number, begin, rows;  // rows [begin, begin + rows) of the batch
  };
  struct Tile {
    Index layer, begin, end;  // rows [begin, end) of W_lᵀ
    bool with_bias;           // the first of its layer also has b_l
  };

  Index chunk_count() const;
  Chunk chunk(Index number) const;
  std::pair<Index, Index> tiles_of(Index l) const;
  template <typename Matrices>
  auto* at(Matrices& matrices, Index l, Index row) {
    return matrices[static_cast<std::size_t>(l)].data() + row * layout_.width(l);
  }

  /// s_i, with mean 1 over the data, of row `i` of the batch.
  double row_weight(Index i) const {
    return static_cast<double>(problem_.rows()) * problem_.row_weight[rows_[static_cast<std::size_t>(i)]];
  }

  void plan_tiles();
  void begin(Team& team, std::span<const Index> rows, const Floats& parameters);
  void add_up(Team& team, BatchSums& sums);
  void round_weights(Index begin, Index count);
  void keep_rounded(std::vector<Floats>& values, std::vector<std::vector<Bfloat16>>& rounded, const Chunk& c, Index l);

  void load(const Chunk& c);
  void propagate(const Chunk& c, Index l, const float* parameters, float* to);
  void propagate_sparse(const Chunk& c, const float* weights, float* to);
  void preactivate(const Chunk& c, Index l, float* to);
  void forward(const Chunk& c, std::uint64_t number);
  void drop_out(const Chunk& c, Index l, std::uint64_t number);

  // head.cc: loss, sums and Y*_L
  void head(const Chunk& c, bool count);
  void exponentials_of_scores(const Chunk& c);
  double softmax_row(const float* target, const float* scores, float* adjoint, double& gap) const;
  double sigmoid_row(const float* target, float* scores, float* adjoint) const;

  void share_out(const Chunk& c, Index l);
  void back(const Chunk& c, Index l, const float* adjoint, float* to);
  void adjoint(const Chunk& c, Index l);
  void relax_rows(const Chunk& c, const float* x, float* adjoint, Index n);
  void adjoints(const Chunk& c);

  // curvature.cc
  void tangent(const Chunk& c, const float* direction);
  void head_curvature(const Chunk& c);

  // relaxation.cc: rules in which states move
  void relax_simultaneously(const Chunk& c);
  void relax_states(const Chunk& c);
  void predict_states(const Chunk& c);
  void find_signals(const Chunk& c);
  void move_states(const Chunk& c);

  void tile_gradient(const Tile& tile);
  void sparse_gradient(const Tile& tile, float* gradient);
  void apply_step(const Tile& tile, StepRule& step, float* parameters);

  const Problem& problem_;
  const InputScaling& scaling_;
  const ParameterLayout& layout_;
  const NetworkOptions& options_;
  const bool sparse_, rounded_, states_move_;
  const float rho_;  // what K relaxation steps leave

  std::span<const Index> rows_;
  std::vector<float> share_;  // of each row in the batch's gradient: s_i/B, s_i with mean 1
  const float* parameters_ = nullptr;
  std::vector<Floats> activation_, adjoint_;  // X_l, l = 0 … L, and Y*_l, l = 1 … L: rows×N_l
  std::vector<Floats> undropped_, mask_;      // dropout: X_l before, and 0 or 1/(1−p)
  std::vector<Floats> tangent_;               // curvature: scratch
  std::vector<Floats> predicted_, drive_;     // relaxation: σ(Y_l) and what pulls on a state
  std::vector<std::vector<Bfloat16>> activation16_, adjoint16_;
  std::vector<Bfloat16> weights16_;
  Floats gradient_;
  std::vector<Tile> tiles_;
  std::vector<BatchSums> chunk_sums_;
};

}  // namespace poise::learning
