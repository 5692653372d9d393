// Where a mini-batch is worked on: F-propagation, adjoints by the learning rule (learning/rule/rule.h), gradients and
// step, shared out among the threads of a team. Layers are cut by units: a thread goes forward, back and steps for the
// same ones in every batch, so that only activations and adjoints, which are small, travel between caches. Rules that
// work on rows take chunks of them instead.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "base/team.h"
#include "learning/input.h"
#include "learning/loss/loss.h"
#include "learning/rule/rule.h"
#include "learning/step.h"
#include "network/convolution.h"

namespace poise::learning {

/// Sums over training rows, each weighted; divided by `weight` they are means.
struct BatchSums {
  double weight = 0, loss = 0, correct = 0;
  double entropy_gap = 0;     ///< CE − H(p); softmax head
  double score_variance = 0;  ///< Var_p(z); with an entropy weight
  double bulk_energy = 0;     ///< ½Σ_l‖X_l − σ(Y_l)‖² of states that the rule has moved
  double energy = 0;          ///< ½Σ_l‖X_l − σ(Y_l)‖² + ℓ of such states
  double worst_loss = 0;      ///< not a sum: the largest weighted loss of a row

  BatchSums& operator+=(const BatchSums& other);
};

class Workspace {
 public:
  /// Room for `rows` rows. The references must outlive it.
  Workspace(const Problem& problem, const InputScaling& scaling, const ParameterLayout& layout,
            const NetworkOptions& options, Index rows);

  /// Called by every member inside Team::run. Forward, adjoints, gradients and `step` on the given rows; the sums of
  /// the batch are added to `sums` (by one member). `number` tells batches apart for dropout.
  void train(Team& team, std::span<const Index> rows, std::uint64_t number, Floats& parameters, StepRule& step,
             BatchSums& sums);

  /// As train, without a step: gradient() then holds ∂L/∂w of the batch, as the rule has it.
  void find_gradient(Team& team, std::span<const Index> rows, const Floats& parameters, BatchSums& sums);

  const Floats& gradient() const { return gradient_; }

  /// Of the states that the rule draws; 0 if it draws none.
  double temperature() const { return rule_.by_rows ? rule_.by_rows->temperature() : 0; }

  /// What the rule carries from batch to batch, and back.
  std::vector<double> rule_state() const { return rule_.by_rows ? rule_.by_rows->state() : std::vector<double>(); }
  void restore_rule(std::span<const double> state) {
    if (rule_.by_rows && !state.empty()) rule_.by_rows->restore(state);
  }

  Index room() const { return static_cast<Index>(share_.size()); }

  /// To be called when parameters were changed by anything but train.
  void parameters_changed() { parameters_ = nullptr; }

  /// Activations X_l of the last forward pass, l = 1 … L, row-major.
  const float* activations(Index l) const { return activation_[l].data(); }

  /// Loss and accuracy of the rows, any number of them, with nothing dropped out; adds to `sums`.
  void evaluate(Team& team, std::span<const Index> rows, const Floats& parameters, BatchSums& sums);

  /// Called by every member: gradient() ← G v, G = mean J^T R J the Gauss–Newton matrix of the rows last passed to
  /// train or find_gradient by the same team, R the Hessian of ℓ in Y_L.
  void gauss_newton(Team& team, const Floats& direction);

 private:
  static constexpr Index kChunkRows = 64;  // enough for full speed of a product (32 rows: a tenth slower)
  struct Chunk {
    Index number, begin, rows;  // rows [begin, begin + rows) of the batch
  };
  struct Block {  // some rows of the batch, in the part of the units
    Index row, rows;
    Part part;
  };
  struct Tile {  // inputs [begin, end) of a part of a layer; the first one has the biases, too
    Index layer, begin, end;
    Part part;

    Index weights() const { return part.weights + begin * part.columns; }
    Index count() const { return (end - begin) * part.columns; }
    bool with_bias() const { return begin == 0; }
  };
  using Rounded = std::vector<Bfloat16>;
  using Choice = std::vector<std::uint8_t>;
  struct Images {  // rows [row, row + rows) of the batch, in a convolution
    Index number, row, rows;
  };
  struct Own {     // what a member of the team has for itself
    Floats input;  // X_0 of the batch
    Rounded input16;
    Floats scratch;  // a block of Y_l or X*_l, or the gradient of a tile
    Floats turned;   // kernels, for the adjoint
    ConvolutionWork<float> convolution;
  };

  void make_room_for_dropout(Index rows);
  Index row_count() const { return static_cast<Index>(rows_.size()); }
  Index chunk_count() const;
  Chunk chunk(Index number) const;
  Index block_count(Index l) const { return layout_.parts(l) * chunk_count(); }
  Block block(Index l, Index number) const;
  Rectangle rectangle(const Chunk& c, Index l) const { return {c.rows, layout_.width(l), layout_.width(l)}; }
  Rectangle rectangle(const Block& b, Index l) const { return {b.rows, b.part.columns, layout_.width(l)}; }
  template <typename Matrices>
  auto* at(Matrices& matrices, Index l, Index row) {
    return matrices[l].data() + row * layout_.width(l);
  }
  template <typename Matrices>
  auto* at(Matrices& matrices, Index l, const Block& b) {
    return at(matrices, l, b.row) + b.part.column;
  }
  bool input_is_shared() const;
  Own& input_owner() { return input_is_shared() ? own_.front() : own(); }
  Own& own() { return own_[Team::member()]; }
  float* scratch(Index numbers);
  const float* below(Index l, Index row);  // X_{l−1}
  const Bfloat16* below16(Index l, Index row);

  /// s_i, with mean 1 over the data, of row `i` of the batch.
  double row_weight(Index i) const { return static_cast<double>(problem_.rows()) * problem_.row_weight[rows_[i]]; }

  void begin(Team& team, std::span<const Index> rows, const Floats& parameters);
  void add_up(BatchSums& sums) const;
  void round_weights(Index begin, Index count);
  void keep_rounded(std::vector<Floats>& values, std::vector<Rounded>& rounded, const Block& b, Index l);
  void keep_rounded(const Chunk& c, Index l);

  void make_own(int members);
  void load(Team& team);
  void load(const Chunk& c);
  void propagate(const Block& b, Index l, const float* parameters, float* to, Index stride);
  void propagate(const Chunk& c, Index l, const float* parameters, float* to);
  void propagate_sparse(const Block& b, const float* parameters, float* to, Index stride);
  void preactivate(const Block& b, Index l, float* to, Index stride);
  void forward(Team& team, std::uint64_t number);
  void forward(const Block& b, Index l, std::uint64_t number);
  void scores(const Chunk& c);
  bool drops(Index l) const { return !mask_[l].empty(); }
  void drop_out(const Block& b, Index l, std::uint64_t number);

  // head.cc: loss, sums and Y*_L
  void head(const Chunk& c);
  void targets(const Chunk& c, float* to, Index* wanted) const;
  void find_losses(const Chunk& c, Index* wanted, float* best, double* gap);
  void add_entropy(const Chunk& c);
  void share_out(const Chunk& c, Index l);

  // adjoint.cc
  void adjoints(Team& team);
  void adjoint(Team& team, Index l);
  void adjoint(const Block& b, Index l);
  void back(const Block& b, Index l, float* to);
  void back(const Chunk& c, Index l, const float* adjoint, float* to);
  void hand_down(const Block& b, Index l, float* found);

  // convolution.cc
  void make_room_for_images();
  Index images_count() const;
  Images images(Index number) const;
  Block block(const Images& some, Index l) const { return {some.row, some.rows, {0, layout_.width(l), 0}}; }
  std::uint8_t* choice(Index l, Index row) {  // null without pooling
    return choice_[l].empty() ? nullptr : choice_[l].data() + row * layout_.width(l);
  }
  void forward(const Images& some, Index l, std::uint64_t number);
  void add_bias_and_activate_images(Index l, Index rows, const float* parameters, Activation activation, float* y);
  void propagate_images(Index row, Index rows, Index l, const float* parameters, float* to);
  void back_images(Index row, Index rows, Index l, const float* adjoint, float* to);
  void tangent_images(const Chunk& c, Index l, const float* direction, float* change);
  void adjoint(const Images& some, Index l);
  void image_gradients(Team& team, Index l);
  void image_gradient(const Images& some, Index l);
  void add_up_images(const Tile& tile, float* weights, float* bias) const;

  // rule_rows.cc
  class ChunkRows;
  void find_adjoints(const Chunk& c);
  double bulk_energy(const Chunk& c);

  // curvature.cc
  void tangent(const Chunk& c, const float* direction);
  void through_activation(const Chunk& c, Index l, float* change);
  void add_change_from_below(const Chunk& c, Index l, float* change);
  void head_curvature(const Chunk& c);

  // tiles.cc: gradients and steps
  void plan_tiles();
  void deal_tiles(int members);
  template <typename Task>
  void share_tiles(Team& team, Task&& task) {  // task(tile)
    team.share_parts([&](int member) { return first_tile_[member]; }, [&](Index t) { task(tiles_[t]); });
  }
  void tile_gradients(Team& team);
  void tile_gradient(const Tile& tile, float* weights, float* bias);
  void sparse_gradient(const Tile& tile, float* gradient);
  void update(const Tile& tile, StepRule& step, float* parameters);

  const Problem& problem_;
  const InputScaling& scaling_;
  const ParameterLayout& layout_;
  const NetworkOptions& options_;
  const bool sparse_, rounded_;
  const LossFunction& loss_;
  const RuleInUse rule_;

  std::span<const Index> rows_;
  std::uint64_t number_ = 0;  // of the batch, among those of the training
  std::vector<float> share_;  // of each row in the batch's gradient: s_i/B, s_i with mean 1
  const float* parameters_ = nullptr;
  std::vector<Own> own_;                      // by member
  std::vector<Floats> activation_, adjoint_;  // X_l and Y*_l, l = 1 … L: rows×N_l
  std::vector<double> dropout_;               // by layer: p
  std::vector<Floats> undropped_, mask_;      // dropout: X_l before, and 0 or 1/(1−p); empty where there is none
  std::vector<Choice> choice_;                // of convolutions that pool: where every number of Y_l comes from
  std::vector<Floats> image_gradients_;       // of convolutions: ∂/∂W_l and ∂/∂b_l of the rows of every Images
  std::vector<Floats> predicted_, room_;  // of rules that work on rows: σ(Y_l) where states move; for their own use
  std::vector<double> losses_;            // of such rules: ℓ of every row, of the last scores
  std::vector<double> score_variances_;   // Var_p(z) of every row, with an entropy weight
  std::vector<Rounded> activation16_, adjoint16_;
  Rounded weights16_;
  Floats gradient_;
  std::vector<Tile> tiles_;
  std::vector<Index> first_tile_;  // by member, and the end
  std::vector<BatchSums> chunk_sums_;
};

}  // namespace poise::learning
