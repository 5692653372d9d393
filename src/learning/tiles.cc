// The second phase of a batch: tiles of weights, each with its gradient and its step.
#include <algorithm>

#include "learning/workspace.h"

namespace poise::learning {
namespace {

// Numbers of a tile of weights: its gradient stays in the second-level cache until the step has used it.
constexpr Index kTileNumbers = 16384;

}  // namespace

/// In the order of the parts' places in their layers, which is that of the team's members.
void Workspace::plan_tiles() {
  for (Index l = layout_.layers(); l >= 1; --l) {
    for (Index k = 0; k < layout_.weight_parts(l); ++k) {
      const Part part = layout_.weight_part(l, k);
      const Index inputs = layout_.weight_rows(l), most = std::max<Index>(1, inputs / 8);
      const Index pieces = std::clamp<Index>(inputs * part.columns / kTileNumbers, 1, most);
      for (Index piece = 0; piece < pieces; ++piece) {
        tiles_.push_back({l, part_begin(inputs, pieces, piece), part_begin(inputs, pieces, piece + 1), part});
      }
    }
  }
  auto place = [&](const Tile& tile) {  // from 0 to 1: by units, in layers of one part by inputs
    const auto l = tile.layer;
    return layout_.weight_parts(l) > 1 ? static_cast<double>(tile.part.column) / static_cast<double>(layout_.outputs(l))
                                       : static_cast<double>(tile.begin) / static_cast<double>(layout_.weight_rows(l));
  };
  std::stable_sort(tiles_.begin(), tiles_.end(), [&](const Tile& a, const Tile& b) { return place(a) < place(b); });
}

/// Equal shares of the numbers, so that the parts of a layer fall to the members as they do in its other phases.
void Workspace::deal_tiles(int members) {
  if (std::ssize(first_tile_) == members + 1) return;
  first_tile_.assign(members + 1, static_cast<Index>(tiles_.size()));
  first_tile_[0] = 0;
  Index all = 0, before = 0;
  for (const Tile& tile : tiles_) all += tile.count();
  int member = 1;
  for (std::size_t t = 0; t < tiles_.size(); before += tiles_[t++].count()) {
    for (; member < members && before + tiles_[t].count() / 2 >= part_begin(all, members, member); ++member) {
      first_tile_[member] = static_cast<Index>(t);
    }
  }
}

void Workspace::tile_gradients(Team& team) {
  for (Index l = 1; l <= layout_.layers(); ++l) image_gradients(team, l);
  share_tiles(team, [&](const Tile& tile) {
    float* gradient = gradient_.data();
    tile_gradient(tile, gradient + tile.weights(), gradient + layout_.bias(tile.layer) + tile.part.column);
  });
}

/// mean X_{l−1}ᵀ Y*_l of the tile, all rows of the batch (the mean is in Y*), and of the biases, if it has them.
void Workspace::tile_gradient(const Tile& tile, float* weights, float* bias) {
  if (layout_.convolution(tile.layer)) return add_up_images(tile, weights, bias);
  const Index l = tile.layer, n = layout_.outputs(l), inputs = layout_.inputs(l), columns = tile.part.columns;
  if (tile.with_bias()) {
    std::fill_n(bias, columns, 0.0f);
    add_columns(at(adjoint_, l, 0) + tile.part.column, {row_count(), columns, n}, bias);
  }
  if (l == 1 && sparse_) return sparse_gradient(tile, weights);
  const ProductShape shape{true, false, tile.end - tile.begin, columns, row_count(), inputs, n, columns};
  if (rounded_) {
    multiply(shape, below16(l, 0) + tile.begin, at(adjoint16_, l, 0) + tile.part.column, weights);
  } else {
    multiply(shape, below(l, 0) + tile.begin, at(adjoint_, l, 0) + tile.part.column, weights);
  }
}

void Workspace::sparse_gradient(const Tile& tile, float* gradient) {
  const CsrView& x = *problem_.features.sparse();
  const Index columns = tile.part.columns;
  std::fill_n(gradient, tile.count(), 0.0f);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Index row = rows_[i];
    const auto begin = x.columns.begin() + x.row_start[row], end = x.columns.begin() + x.row_start[row + 1];
    const float* adjoint = at(adjoint_, 1, static_cast<Index>(i)) + tile.part.column;
    for (auto at_column = std::lower_bound(begin, end, tile.begin); at_column != end && *at_column < tile.end;
         ++at_column) {
      const auto e = at_column - x.columns.begin();
      add_scaled(static_cast<float>(x.value(e)) * scaling_.gain.data()[*at_column], adjoint,
                 gradient + (*at_column - tile.begin) * columns, columns);
    }
  }
}

void Workspace::update(const Tile& tile, StepRule& step, float* parameters) {
  const Index count = tile.count(), columns = tile.part.columns;
  const Index bias = layout_.bias(tile.layer) + tile.part.column;
  float *gradient = scratch(count + columns), *bias_gradient = gradient + count;
  tile_gradient(tile, gradient, bias_gradient);
  // The sum of a batch is so many times the mean, and so is the penalty's part.
  const double l2 = options_.objective.l2.value_or(0) *
                    (options_.reduction == Reduction::kSum ? static_cast<double>(row_count()) : 1);
  step.apply(tile.weights(), count, l2, gradient, parameters + tile.weights());
  round_weights(tile.weights(), count);
  if (tile.with_bias()) step.apply(bias, columns, 0, bias_gradient, parameters + bias);
}

}  // namespace poise::learning
