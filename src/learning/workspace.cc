#include "learning/workspace.h"

#include <algorithm>

#include "base/random.h"
#include "learning/architecture.h"

namespace poise::learning {
namespace {

constexpr std::uint64_t kNothingDropped = ~std::uint64_t{0};  // a batch number

template <typename Numbers>
std::vector<Numbers> matrices(const ParameterLayout& layout, Index rows) {
  std::vector<Numbers> found(1);
  for (Index l = 1; l <= layout.layers(); ++l) found.emplace_back(rows * layout.width(l));
  return found;
}

}  // namespace

BatchSums& BatchSums::operator+=(const BatchSums& other) {
  weight += other.weight, loss += other.loss, correct += other.correct;
  entropy_gap += other.entropy_gap;
  score_variance += other.score_variance;
  bulk_energy += other.bulk_energy, energy += other.energy;
  worst_loss = std::max(worst_loss, other.worst_loss);
  return *this;
}

Workspace::Workspace(const Problem& problem, const InputScaling& scaling, const ParameterLayout& layout,
                     const NetworkOptions& options, Index rows)
    : problem_(problem),
      scaling_(scaling),
      layout_(layout),
      options_(options),
      sparse_(problem.features.is_sparse()),
      rounded_(options.precision == Precision::kBfloat16),
      loss_(loss_function(loss_of(options))),
      rule_(make_rule(options, layout.widths())),
      share_(rows),
      activation_(matrices<Floats>(layout, rows)),
      adjoint_(matrices<Floats>(layout, rows)),
      losses_(rows),
      score_variances_(options.entropy_weight != 0 ? rows : 0),
      gradient_(layout.size()) {
  make_room_for_dropout(rows);
  make_room_for_images();
  if (rule_.by_rows) room_ = matrices<Floats>(layout, rows);
  if (rule_.moves_states()) predicted_ = matrices<Floats>(layout, rows);
  if (rounded_) {
    activation16_ = matrices<Rounded>(layout, rows), adjoint16_ = matrices<Rounded>(layout, rows);
    weights16_.resize(layout.size());
  }
  plan_tiles();
}

void Workspace::make_room_for_dropout(Index rows) {
  const std::vector<HiddenLayer> hidden = hidden_layers(options_);
  undropped_.resize(layout_.layers() + 1), mask_.resize(layout_.layers() + 1);
  dropout_.resize(layout_.layers() + 1);
  for (Index l = 1; l <= std::min(std::ssize(hidden), layout_.layers() - 1); ++l) {
    dropout_[l] = hidden[l - 1].dropout;
    if (dropout_[l] == 0) continue;
    undropped_[l].resize(rows * layout_.width(l)), mask_[l].resize(rows * layout_.width(l));
  }
}

Index Workspace::chunk_count() const { return (row_count() + kChunkRows - 1) / kChunkRows; }

Workspace::Chunk Workspace::chunk(Index number) const {
  const Index begin = number * kChunkRows;
  return {number, begin, std::min(kChunkRows, row_count() - begin)};
}

/// Part by part, so that the blocks of a part go to one member.
Workspace::Block Workspace::block(Index l, Index number) const {
  const Chunk c = chunk(number % chunk_count());
  return {c.begin, c.rows, layout_.part(l, number / chunk_count())};
}

void Workspace::round_weights(Index begin, Index count) {
  if (rounded_) to_bfloat16(parameters_ + begin, weights16_.data() + begin, {1, count, count});
}

void Workspace::begin(Team& team, std::span<const Index> rows, const Floats& parameters) {
  team.share(1, [&](Index) {
    const bool others = parameters_ != parameters.data();
    rows_ = rows;
    parameters_ = parameters.data();
    chunk_sums_.assign(chunk_count(), {});
    if (others) round_weights(0, layout_.size());
    make_own(team.present());
    deal_tiles(team.present());
  });
}

/// X_0 of the batch. Every member makes its own: that takes less time than fetching it from another's cache. A large
/// batch has one for all.
void Workspace::load(Team& team) {
  if (sparse_) return;
  if (!input_is_shared()) return load({0, 0, row_count()});
  team.share(chunk_count(), [&](Index k) { load(chunk(k)); });
}

void Workspace::load(const Chunk& c) {
  constexpr Index kAhead = 4;  // rows in random order: nobody else would fetch them in time
  const Index width = layout_.width(0);
  Own& to = input_owner();
  for (Index i = c.begin; i < c.begin + c.rows; ++i) {
    if (i + kAhead < row_count()) prefetch_row(problem_.features, rows_[i + kAhead]);
    load_row(problem_.features, scaling_.map, rows_[i], to.input.data() + i * width);
  }
  const Index first = c.begin * width;
  if (rounded_) to_bfloat16(to.input.data() + first, to.input16.data() + first, {c.rows, width, width});
}

bool Workspace::input_is_shared() const {
  constexpr Index kMostNumbers = 1 << 22;
  return room() * layout_.width(0) > kMostNumbers;
}

/// Room for what members have for themselves.
void Workspace::make_own(int members) {
  const std::size_t had = own_.size(), wanted = members;
  if (had < wanted) own_.resize(wanted);
  if (sparse_) return;
  const std::size_t numbers = room() * layout_.width(0);
  for (std::size_t k = had; k < (input_is_shared() ? 1 : wanted); ++k) {
    own_[k].input.resize(numbers);
    if (rounded_) own_[k].input16.resize(numbers);
  }
}

const float* Workspace::below(Index l, Index row) {
  return l == 1 ? input_owner().input.data() + row * layout_.width(0) : at(activation_, l - 1, row);
}

const Bfloat16* Workspace::below16(Index l, Index row) {
  return l == 1 ? input_owner().input16.data() + row * layout_.width(0) : at(activation16_, l - 1, row);
}

float* Workspace::scratch(Index numbers) {
  Floats& room = own().scratch;
  if (std::ssize(room) < numbers) room.resize(numbers);
  return room.data();
}

/// to ← a block of X_{l−1} W_lᵀ, W_l from `parameters`; rows of `to` are `stride` apart.
void Workspace::propagate(const Block& b, Index l, const float* parameters, float* to, Index stride) {
  const Index k = layout_.inputs(l), columns = b.part.columns;
  if (l == 1 && sparse_) return propagate_sparse(b, parameters, to, stride);
  multiply({false, false, b.rows, columns, k, k, columns, stride}, below(l, b.row), parameters + b.part.weights, to);
}

/// The same of whole rows.
void Workspace::propagate(const Chunk& c, Index l, const float* parameters, float* to) {
  if (layout_.convolution(l)) return propagate_images(c.begin, c.rows, l, parameters, to);
  for (Index k = 0; k < layout_.parts(l); ++k) {
    const Part part = layout_.part(l, k);
    propagate({c.begin, c.rows, part}, l, parameters, to + part.column, layout_.width(l));
  }
}

void Workspace::propagate_sparse(const Block& b, const float* parameters, float* to, Index stride) {
  const CsrView& x = *problem_.features.sparse();
  const Index columns = b.part.columns;
  for (Index i = 0; i < b.rows; ++i) {
    const Index row = rows_[b.row + i];
    std::fill_n(to + i * stride, columns, 0.0f);
    for (Index e = x.row_start[row]; e < x.row_start[row + 1]; ++e) {
      const float* weights = parameters + b.part.weights + x.columns[e] * columns;
      add_scaled(static_cast<float>(x.value(e)) * scaling_.gain.data()[x.columns[e]], weights, to + i * stride,
                 columns);
    }
  }
}

/// A block of Y_l − b_l, in the precision of training.
void Workspace::preactivate(const Block& b, Index l, float* to, Index stride) {
  if (!rounded_ || (l == 1 && sparse_)) return propagate(b, l, parameters_, to, stride);
  const Index k = layout_.inputs(l), columns = b.part.columns;
  multiply({false, false, b.rows, columns, k, k, columns, stride}, below16(l, b.row),
           weights16_.data() + b.part.weights, to);
}

/// X_1 … X_{L−1}, the scores, and with them sums and Y*_L. `number`: of the batch, for dropout.
void Workspace::forward(Team& team, std::uint64_t number) {
  if (Team::member() == 0) number_ = number;  // read when all have met again
  load(team);
  for (Index l = 1; l < layout_.layers(); ++l) {
    if (layout_.convolution(l)) {
      team.share(images_count(), [&](Index k) { forward(images(k), l, number); });
    } else {
      team.share(block_count(l), [&](Index k) { forward(block(l, k), l, number); });
    }
  }
  team.share(chunk_count(), [&](Index k) { scores(chunk(k)); });
}

void Workspace::scores(const Chunk& c) {
  const Index last = layout_.layers();
  for (Index k = 0; k < layout_.parts(last); ++k) {
    const Block b{c.begin, c.rows, layout_.part(last, k)};
    preactivate(b, last, at(activation_, last, b), layout_.width(last));
  }
  float* y = at(activation_, last, c.begin);
  add_bias_and_activate(Activation::kIdentity, parameters_ + layout_.bias(last), y, layout_.width(last), y,
                        rectangle(c, last));
  head(c);
  keep_rounded(c, last);
}

/// A block of X_l, l < L.
void Workspace::forward(const Block& b, Index l, std::uint64_t number) {
  const Index columns = b.part.columns;
  float* y = scratch(b.rows * columns);
  preactivate(b, l, y, columns);
  add_bias_and_activate(options_.activation, parameters_ + layout_.bias(l) + b.part.column, y, columns,
                        at(activation_, l, b), rectangle(b, l));
  if (drops(l)) drop_out(b, l, number);
  keep_rounded(activation_, activation16_, b, l);
}

/// X_l ← X_l ∘ mask, mask 0 with probability p, else 1/(1 − p): the mean stays.
void Workspace::drop_out(const Block& b, Index l, std::uint64_t number) {
  const double share = dropout_[l];
  const auto keep = static_cast<float>(1 / (1 - share));
  const std::uint64_t stream = random_bits(random_bits(options_.seed, 0xd20u + static_cast<std::uint64_t>(l)), number);
  const Index n = layout_.width(l);
  for (Index i = 0; i < b.rows; ++i) {
    const Block row{b.row + i, 1, b.part};
    float *x = at(activation_, l, row), *mask = at(mask_, l, row);
    std::copy_n(x, b.part.columns, at(undropped_, l, row));
    for (Index k = 0; k < b.part.columns; ++k) {
      const auto counter = static_cast<std::uint64_t>(row.row * n + b.part.column + k);
      const bool dropped = number != kNothingDropped && random_uniform(stream, counter) < share;
      mask[k] = number == kNothingDropped ? 1 : dropped ? 0 : keep;
    }
  }
  multiply_by(at(mask_, l, b), at(activation_, l, b), rectangle(b, l));
}

void Workspace::keep_rounded(std::vector<Floats>& values, std::vector<Rounded>& rounded, const Block& b, Index l) {
  if (rounded_) to_bfloat16(at(values, l, b), at(rounded, l, b), rectangle(b, l));
}

/// Y*_l of whole rows.
void Workspace::keep_rounded(const Chunk& c, Index l) {
  keep_rounded(adjoint_, adjoint16_, {c.begin, c.rows, {0, layout_.width(l), 0}}, l);
}

void Workspace::find_gradient(Team& team, std::span<const Index> rows, const Floats& parameters, BatchSums& sums) {
  begin(team, rows, parameters);
  forward(team, kNothingDropped);
  adjoints(team);
  tile_gradients(team);
  team.share(1, [&](Index) { add_up(sums); });
}

void Workspace::train(Team& team, std::span<const Index> rows, std::uint64_t number, Floats& parameters, StepRule& step,
                      BatchSums& sums) {
  begin(team, rows, parameters);
  forward(team, number);
  const bool steps_first = rule_.by_layer && rule_.by_layer->steps_first();
  if (!steps_first) adjoints(team);
  if (Team::member() == 0) {  // complete by now; nobody reads them before the next meeting
    BatchSums all;
    add_up(all);
    if (rule_.moves_states()) rule_.by_rows->after_batch(all.energy / all.weight);
    sums += all;
  }
  auto step_of = [&](const Tile& tile) { update(tile, step, parameters.data()); };
  if (!steps_first) {
    for (Index l = 1; l <= layout_.layers(); ++l) image_gradients(team, l);
    return share_tiles(team, step_of);
  }
  // What is handed down goes through the weights above after their update (docs/theory/network.md#local-rules).
  for (Index l = layout_.layers(); l >= 1; --l) {
    image_gradients(team, l);
    share_tiles(team, [&](const Tile& tile) {
      if (tile.layer == l) step_of(tile);
    });
    if (l > 1) adjoint(team, l);
  }
}

void Workspace::evaluate(Team& team, std::span<const Index> rows, const Floats& parameters, BatchSums& sums) {
  const auto room = static_cast<Index>(share_.size()), count = static_cast<Index>(rows.size());
  for (Index first = 0; first < count; first += room) {
    begin(team, rows.subspan(first, std::min(room, count - first)), parameters);
    forward(team, kNothingDropped);
    team.share(1, [&](Index) { add_up(sums); });
  }
}

void Workspace::add_up(BatchSums& sums) const {
  for (const BatchSums& part : chunk_sums_) sums += part;
}

}  // namespace poise::learning
