// The second phase of a batch: tiles of weights, each with its gradient and its step.
#include <algorithm>

#include "learning/batch.h"

namespace poise::learning {
namespace {

// Numbers of a tile of weights: its gradient stays in the second-level cache until the step has used it.
constexpr Index kTileNumbers = 16384;

}  // namespace

/// Tiles of about kTileNumbers; four or a multiple of it a layer, so that two and four threads share them evenly.
void Batch::plan_tiles() {
  for (Index l = layout_.layers(); l >= 1; --l) {
    const Index numbers = layout_.inputs(l) * layout_.outputs(l);
    const Index most = std::max<Index>(1, layout_.inputs(l) / 8);
    const Index parts = numbers <= kTileNumbers ? 1 : std::min(most, (numbers / kTileNumbers + 3) / 4 * 4);
    for (Index part = 0; part < std::max<Index>(1, parts); ++part) {
      tiles_.push_back(
          {l, part_begin(layout_.inputs(l), parts, part), part_begin(layout_.inputs(l), parts, part + 1), part == 0});
    }
  }
}

/// mean X_{l−1}ᵀ Y*_l over the tile's inputs, all rows of the batch (the mean is in Y*).
void Batch::tile_gradient(const Tile& tile) {
  const Index l = tile.layer, n = layout_.outputs(l), rows = static_cast<Index>(rows_.size());
  float* gradient = gradient_.data() + layout_.weights(l) + tile.begin * n;
  if (tile.with_bias) {
    float* bias = gradient_.data() + layout_.bias(l);
    std::fill_n(bias, n, 0.0f);
    add_columns(at(adjoint_, l, 0), rows, n, bias);
  }
  if (l == 1 && sparse_) return sparse_gradient(tile, gradient);
  const Index inputs = layout_.inputs(l);
  ProductShape shape{true, false, tile.end - tile.begin, n, rows, inputs, n, n};
  if (rounded_) {
    shape.input = ProductInput::kBfloat16;
    multiply(shape, at(activation16_, l - 1, 0) + tile.begin, at(adjoint16_, l, 0), gradient);
  } else {
    multiply(shape, at(activation_, l - 1, 0) + tile.begin, at(adjoint_, l, 0), gradient);
  }
}

void Batch::sparse_gradient(const Tile& tile, float* gradient) {
  const CsrMatrix& x = *problem_.features.sparse();
  const Index n = layout_.outputs(1);
  std::fill_n(gradient, (tile.end - tile.begin) * n, 0.0f);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const auto row = static_cast<std::size_t>(rows_[i]);
    const auto begin = x.columns.begin() + x.row_start[row], end = x.columns.begin() + x.row_start[row + 1];
    for (auto at_column = std::lower_bound(begin, end, tile.begin); at_column != end && *at_column < tile.end;
         ++at_column) {
      const auto e = static_cast<std::size_t>(at_column - x.columns.begin());
      add_scaled(x.values[e] * scaling_.gain.data()[*at_column], at(adjoint_, 1, static_cast<Index>(i)),
                 gradient + (*at_column - tile.begin) * n, n);
    }
  }
}

void Batch::apply_step(const Tile& tile, StepRule& step, float* parameters) {
  const Index l = tile.layer, n = layout_.outputs(l);
  const Index first = layout_.weights(l) + tile.begin * n, count = (tile.end - tile.begin) * n;
  step.apply(first, count, options_.l2, gradient_.data() + first, parameters + first);
  round_weights(first, count);
  if (!tile.with_bias) return;
  step.apply(layout_.bias(l), n, 0, gradient_.data() + layout_.bias(l), parameters + layout_.bias(l));
}

/// The range of tiles that make up layer l: they lie together.
std::pair<Index, Index> Batch::tiles_of(Index l) const {
  const auto of_layer = [l](const Tile& tile) { return tile.layer == l; };
  const auto first = std::find_if(tiles_.begin(), tiles_.end(), of_layer);
  const auto last = std::find_if_not(first, tiles_.end(), of_layer);
  return {first - tiles_.begin(), last - tiles_.begin()};
}

}  // namespace poise::learning
