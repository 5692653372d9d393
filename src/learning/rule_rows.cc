// A chunk of the batch as rules that work on rows see it.
#include <algorithm>
#include <array>

#include "learning/workspace.h"

namespace poise::learning {

class Workspace::ChunkRows : public RuleRows {
 public:
  ChunkRows(Workspace& all, const Chunk& chunk) : all_(all), c_(chunk) {}

  Index count() const override { return c_.rows; }
  Index layers() const override { return all_.layout_.layers(); }
  Index width(Index l) const override { return all_.layout_.width(l); }

  float* state(Index l) override { return all_.at(all_.activation_, l, c_.begin); }
  float* predicted(Index l) override { return all_.at(all_.predicted_, l, c_.begin); }
  float* adjoint(Index l) override { return all_.at(all_.adjoint_, l, c_.begin); }
  float* room(Index l) override { return all_.at(all_.room_, l, c_.begin); }

  void propagate(Index l, float* to) override { preactivate(l, all_.options_.activation, to); }

  void back(Index l, const float* adjoint, float* to) override { all_.back(c_, l, adjoint, to); }

  void times_slope(Index l, const float* x, float* v) override {
    times_derivative(all_.options_.activation, x, v, width(l), v, all_.rectangle(c_, l));
  }

  void output() override {
    std::array<Index, kChunkRows> wanted;
    std::array<float, kChunkRows> best;
    std::array<double, kChunkRows> gap;
    preactivate(layers(), Activation::kIdentity, state(layers()));
    all_.find_losses(c_, wanted.data(), best.data(), gap.data());
  }
  std::span<const double> losses() const override { return std::span(all_.losses_).subspan(c_.begin, c_.rows); }

  Index first() const override { return c_.begin; }
  std::uint64_t batch() const override { return all_.number_; }

 private:
  void preactivate(Index l, Activation activation, float* to) {
    all_.propagate(c_, l, all_.parameters_, to);
    if (all_.layout_.convolution(l))
      return all_.add_bias_and_activate_images(l, c_.rows, all_.parameters_, activation, to);
    add_bias_and_activate(activation, all_.parameters_ + all_.layout_.bias(l), to, width(l), to, all_.rectangle(c_, l));
  }

  Workspace& all_;
  const Chunk c_;
};

/// The rule has single rows; the share of each in the batch's mean comes in at the end.
void Workspace::find_adjoints(const Chunk& c) {
  const bool moves = rule_.moves_states();
  for (Index l = 1; l < layout_.layers() && moves; ++l) {
    std::copy_n(at(activation_, l, c.begin), c.rows * layout_.width(l), at(predicted_, l, c.begin));
  }
  ChunkRows rows(*this, c);
  rule_.by_rows->find_adjoints(rows);
  if (moves) {
    BatchSums& sums = chunk_sums_[c.number];
    sums.energy = sums.bulk_energy = bulk_energy(c);
    for (Index i = c.begin; i < c.begin + c.rows; ++i) sums.energy += row_weight(i) * losses_[i];
  }
  for (Index l = 1; l <= layout_.layers(); ++l) share_out(c, l);
}

/// ½Σ_l‖X_l − σ(Y_l)‖², every row with its weight.
double Workspace::bulk_energy(const Chunk& c) {
  double energy = 0;
  for (Index l = 1; l < layout_.layers(); ++l) {
    for (Index i = c.begin; i < c.begin + c.rows; ++i) {
      const float *x = at(activation_, l, i), *mean = at(predicted_, l, i);
      double square = 0;
      for (Index k = 0; k < layout_.width(l); ++k) {
        const float apart = mean[k] - x[k];
        square += static_cast<double>(apart) * static_cast<double>(apart);
      }
      energy += 0.5 * square * row_weight(i);
    }
  }
  return energy;
}

}  // namespace poise::learning
