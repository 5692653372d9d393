#include "learning/batch.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace poise::learning {
namespace {

// Rows of a chunk: enough for full speed of a product (32 rows: a tenth slower), few enough that a batch of 128 has
// work for two threads.
constexpr Index kChunkRows = 64;
constexpr std::uint64_t kNothingDropped = ~std::uint64_t{0};  // a batch number

std::vector<Floats> matrices(const ParameterLayout& layout, Index rows, bool with_input) {
  std::vector<Floats> found;
  for (Index l = 0; l <= layout.layers(); ++l) {
    found.emplace_back(static_cast<std::size_t>(l == 0 && !with_input ? 0 : rows * layout.width(l)));
  }
  return found;
}

}  // namespace

BatchSums& BatchSums::operator+=(const BatchSums& other) {
  weight += other.weight, loss += other.loss, correct += other.correct;
  entropy_gap += other.entropy_gap, bulk_energy += other.bulk_energy;
  return *this;
}

Batch::Batch(const Problem& problem, const InputScaling& scaling, const ParameterLayout& layout,
             const NetworkOptions& options, Index rows)
    : problem_(problem),
      scaling_(scaling),
      layout_(layout),
      options_(options),
      sparse_(problem.features.sparse() != nullptr),
      rounded_(options.precision == Precision::kBfloat16),
      states_move_(options.rule == Rule::kPredictiveCoding ||
                   (options.rule == Rule::kEquilibrium && options.relaxation == Relaxation::kSimultaneous)),
      rho_(static_cast<float>(std::pow(1 - options.relaxation_rate, options.relaxation_steps))),
      share_(static_cast<std::size_t>(rows)),
      activation_(matrices(layout, rows, !sparse_)),
      adjoint_(matrices(layout, rows, false)),
      gradient_(static_cast<std::size_t>(layout.size())) {
  if (options.dropout > 0) undropped_ = matrices(layout, rows, false), mask_ = matrices(layout, rows, false);
  if (states_move_) predicted_ = matrices(layout, rows, false), drive_ = matrices(layout, rows, false);
  if (rounded_) {
    for (Index l = 0; l <= layout.layers(); ++l) {
      const auto size = static_cast<std::size_t>(rows * layout.width(l));
      activation16_.emplace_back(l == 0 && sparse_ ? 0 : size);
      adjoint16_.emplace_back(size);
    }
    weights16_.resize(static_cast<std::size_t>(layout.size()));
  }
  if (options.step == Step::kGolden) tangent_ = matrices(layout, rows, false);
  plan_tiles();
}

Index Batch::chunk_count() const { return (static_cast<Index>(rows_.size()) + kChunkRows - 1) / kChunkRows; }

Batch::Chunk Batch::chunk(Index number) const {
  const Index begin = number * kChunkRows;
  return {number, begin, std::min(kChunkRows, static_cast<Index>(rows_.size()) - begin)};
}

void Batch::round_weights(Index begin, Index count) {
  if (rounded_) to_bfloat16(parameters_ + begin, weights16_.data() + begin, count);
}

void Batch::begin(Team& team, std::span<const Index> rows, const Floats& parameters) {
  team.share(1, [&](Index) {
    const bool others = parameters_ != parameters.data();
    rows_ = rows;
    parameters_ = parameters.data();
    chunk_sums_.assign(static_cast<std::size_t>(chunk_count()), {});
    if (others) round_weights(0, layout_.size());
  });
}

void Batch::load(const Chunk& c) {
  if (sparse_) return;
  for (Index i = 0; i < c.rows; ++i) {
    const Index row = rows_[static_cast<std::size_t>(c.begin + i)];
    load_row(problem_.features, scaling_, row, at(activation_, 0, c.begin + i));
  }
  keep_rounded(activation_, activation16_, c, 0);
}

/// to ← X_{l−1} W_lᵀ of a chunk, W_l from `parameters`.
void Batch::propagate(const Chunk& c, Index l, const float* parameters, float* to) {
  const Index n = layout_.outputs(l), k = layout_.inputs(l);
  const float* weights = parameters + layout_.weights(l);
  if (l == 1 && sparse_) return propagate_sparse(c, weights, to);
  multiply({false, false, c.rows, n, k, k, n, n}, at(activation_, l - 1, c.begin), weights, to);
}

void Batch::propagate_sparse(const Chunk& c, const float* weights, float* to) {
  const CsrMatrix& x = *problem_.features.sparse();
  const Index n = layout_.outputs(1);
  std::fill_n(to, c.rows * n, 0.0f);
  for (Index i = 0; i < c.rows; ++i) {
    const auto row = static_cast<std::size_t>(rows_[static_cast<std::size_t>(c.begin + i)]);
    for (auto e = static_cast<std::size_t>(x.row_start[row]); e < static_cast<std::size_t>(x.row_start[row + 1]); ++e) {
      add_scaled(x.values[e] * scaling_.gain.data()[x.columns[e]], weights + x.columns[e] * n, to + i * n, n);
    }
  }
}

/// Y_l − b_l, in the precision of training.
void Batch::preactivate(const Chunk& c, Index l, float* to) {
  if (!rounded_ || (l == 1 && sparse_)) return propagate(c, l, parameters_, to);
  const Index n = layout_.outputs(l), k = layout_.inputs(l);
  multiply({false, false, c.rows, n, k, k, n, n, ProductInput::kBfloat16}, at(activation16_, l - 1, c.begin),
           weights16_.data() + layout_.weights(l), to);
}

void Batch::forward(const Chunk& c, std::uint64_t number) {
  load(c);
  for (Index l = 1; l <= layout_.layers(); ++l) {
    const bool last = l == layout_.layers();
    float* y = at(activation_, l, c.begin);
    preactivate(c, l, y);
    add_bias_and_activate(last ? Activation::kIdentity : options_.activation, parameters_ + layout_.bias(l), y, c.rows,
                          layout_.outputs(l));
    if (!last && !mask_.empty()) drop_out(c, l, number);
    if (!last) keep_rounded(activation_, activation16_, c, l);
  }
  head(c, true);
  keep_rounded(adjoint_, adjoint16_, c, layout_.layers());
}

/// X_l ← X_l ∘ mask, mask 0 with probability p, else 1/(1 − p): the mean stays.
void Batch::drop_out(const Chunk& c, Index l, std::uint64_t number) {
  if (number == kNothingDropped) {
    std::copy_n(at(activation_, l, c.begin), c.rows * layout_.outputs(l), at(undropped_, l, c.begin));
    std::fill_n(at(mask_, l, c.begin), c.rows * layout_.outputs(l), 1.0f);
    return;
  }
  const Index n = layout_.outputs(l);
  const auto keep = static_cast<float>(1 / (1 - options_.dropout));
  const std::uint64_t stream = random_bits(random_bits(options_.seed, 0xd20u + static_cast<std::uint64_t>(l)), number);
  float *x = at(activation_, l, c.begin), *mask = at(mask_, l, c.begin);
  std::copy_n(x, c.rows * n, at(undropped_, l, c.begin));
  for (Index k = 0; k < c.rows * n; ++k) {
    const auto counter = static_cast<std::uint64_t>(c.begin * n + k);
    mask[k] = random_uniform(stream, counter) < options_.dropout ? 0 : keep;
  }
  multiply_by(mask, x, c.rows * n);
}

void Batch::keep_rounded(std::vector<Floats>& values, std::vector<std::vector<Bfloat16>>& rounded, const Chunk& c,
                         Index l) {
  if (rounded_) to_bfloat16(at(values, l, c.begin), at(rounded, l, c.begin), c.rows * layout_.width(l));
}

/// to ← Y*_l W_l of a chunk: X*_{l−1}. `adjoint` and `to` are its rows.
void Batch::back(const Chunk& c, Index l, const float* adjoint, float* to) {
  const Index n = layout_.inputs(l), k = layout_.outputs(l);
  multiply({false, true, c.rows, n, k, k, k, n}, adjoint, parameters_ + layout_.weights(l), to);
}

/// Y*_{l−1} of a chunk from Y*_l, relaxed as far as the rule does.
void Batch::adjoint(const Chunk& c, Index l) {
  const Index n = layout_.inputs(l), k = layout_.outputs(l), size = c.rows * n;
  float* to = at(adjoint_, l - 1, c.begin);
  if (rounded_) {
    multiply({false, true, c.rows, n, k, k, k, n, ProductInput::kBfloat16}, at(adjoint16_, l, c.begin),
             weights16_.data() + layout_.weights(l), to);
  } else {
    back(c, l, at(adjoint_, l, c.begin), to);
  }
  const bool dropped = !mask_.empty();
  const float* x = at(activation_, l - 1, c.begin);
  if (options_.rule == Rule::kEquilibrium) relax_rows(c, x, to, n);
  if (dropped) multiply_by(at(mask_, l - 1, c.begin), to, size);
  times_derivative(options_.activation, dropped ? at(undropped_, l - 1, c.begin) : x, to, size);
  keep_rounded(adjoint_, adjoint16_, c, l - 1);
}

/// X* + ρ (X − X*), each row with its share: the adjoint has it already, the activation has not.
void Batch::relax_rows(const Chunk& c, const float* x, float* adjoint, Index n) {
  for (Index i = 0; i < c.rows; ++i) {
    relax(rho_, share_[static_cast<std::size_t>(c.begin + i)], x + i * n, adjoint + i * n, n);
  }
}

/// All adjoints below the head, with one set of weights.
void Batch::adjoints(const Chunk& c) {
  if (options_.rule == Rule::kPredictiveCoding) return relax_states(c);
  if (options_.rule == Rule::kEquilibrium && options_.relaxation == Relaxation::kSimultaneous) {
    return relax_simultaneously(c);
  }
  for (Index l = layout_.layers(); l >= 2; --l) adjoint(c, l);
}

void Batch::find_gradient(Team& team, std::span<const Index> rows, const Floats& parameters, BatchSums& sums) {
  begin(team, rows, parameters);
  team.share(chunk_count(), [&](Index number) {
    forward(chunk(number), kNothingDropped);
    adjoints(chunk(number));
  });
  team.share(static_cast<Index>(tiles_.size()), [&](Index t) { tile_gradient(tiles_[static_cast<std::size_t>(t)]); });
  add_up(team, sums);
}

void Batch::train(Team& team, std::span<const Index> rows, std::uint64_t number, Floats& parameters, StepRule& step,
                  BatchSums& sums) {
  begin(team, rows, parameters);
  const bool top_down = options_.rule == Rule::kEquilibrium && options_.order == Order::kGaussSeidel;
  team.share(chunk_count(), [&](Index k) {
    forward(chunk(k), number);
    if (!top_down) adjoints(chunk(k));
  });
  auto update = [&](Index t) {
    const Tile& tile = tiles_[static_cast<std::size_t>(t)];
    tile_gradient(tile);
    apply_step(tile, step, parameters.data());
  };
  if (!top_down) {
    team.share(static_cast<Index>(tiles_.size()), update);
    return add_up(team, sums);
  }
  // Gauss–Seidel: a layer relaxes against the weights above it after their update (THEORY 3.4).
  for (Index l = layout_.layers(); l >= 1; --l) {
    const auto [first, last] = tiles_of(l);
    team.share(last - first, [&, first = first](Index t) { update(first + t); });
    if (l > 1) team.share(chunk_count(), [&](Index k) { adjoint(chunk(k), l); });
  }
  add_up(team, sums);
}

void Batch::evaluate(Team& team, std::span<const Index> rows, const Floats& parameters, BatchSums& sums) {
  const auto room = static_cast<Index>(share_.size()), count = static_cast<Index>(rows.size());
  for (Index first = 0; first < count; first += room) {
    begin(team, rows.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(std::min(room, count - first))),
          parameters);
    team.share(chunk_count(), [&](Index k) { forward(chunk(k), kNothingDropped); });
    add_up(team, sums);
  }
}

void Batch::add_up(Team& team, BatchSums& sums) {
  team.share(1, [&](Index) {
    for (const BatchSums& part : chunk_sums_) sums += part;
  });
}

}  // namespace poise::learning
