// Convolution layers in a batch (docs/theory/network.md#convolutions). A few images at a time are a task: what they
// are depends on the batch alone, so that bits do not depend on the threads. Elementwise all is as in other layers.
#include <algorithm>

#include "learning/workspace.h"

namespace poise::learning {
namespace {

constexpr Index kLeastImages = 4, kMostTasks = 32;  // fewer images waste time on preparation; every task has a gradient

}  // namespace

void Workspace::make_room_for_images() {
  choice_.resize(layout_.layers() + 1), image_gradients_.resize(layout_.layers() + 1);
  const Index tasks = std::min(kMostTasks, (room() + kLeastImages - 1) / kLeastImages);
  for (Index l = 1; l <= layout_.layers(); ++l) {
    const Convolution* const c = layout_.convolution(l);
    if (!c) continue;
    if (c->pool > 1) choice_[l].resize(room() * layout_.width(l));
    image_gradients_[l].resize(tasks * c->kernels * (c->kernel_size() + 1));
  }
}

Index Workspace::images_count() const { return std::min(kMostTasks, (row_count() + kLeastImages - 1) / kLeastImages); }

Workspace::Images Workspace::images(Index number) const {
  const Index begin = part_begin(row_count(), images_count(), number);
  return {number, begin, part_begin(row_count(), images_count(), number + 1) - begin};
}

/// to ← Y_l − b_l, with W_l from `parameters`; what pooling chooses is kept.
void Workspace::propagate_images(Index row, Index rows, Index l, const float* parameters, float* to) {
  own().convolution.forward(*layout_.convolution(l), below(l, row), rows,
                            parameters + layout_.weight_part(l, 0).weights, to, choice(l, row));
}

/// y ← σ(y + b_l): every pixel has its kernels' biases.
void Workspace::add_bias_and_activate_images(Index l, Index rows, const float* parameters, Activation activation,
                                             float* y) {
  const Convolution& c = *layout_.convolution(l);
  const Rectangle pixels{rows * c.output().pixels(), c.kernels, c.kernels};
  add_bias_and_activate(activation, parameters + layout_.bias(l), y, c.kernels, y, pixels);
}

void Workspace::forward(const Images& some, Index l, std::uint64_t number) {
  float* const x = at(activation_, l, some.row);
  propagate_images(some.row, some.rows, l, parameters_, x);
  add_bias_and_activate_images(l, some.rows, parameters_, options_.activation, x);
  if (drops(l)) drop_out(block(some, l), l, number);
}

/// to ← X*_{l−1} from Y*_l, through what pooling has chosen.
void Workspace::back_images(Index row, Index rows, Index l, const float* adjoint, float* to) {
  const Convolution& c = *layout_.convolution(l);
  Own& mine = own();
  mine.turned.resize(c.kernels * c.kernel_size());
  turn_kernels(c, parameters_ + layout_.weight_part(l, 0).weights, mine.turned.data());
  mine.convolution.back(c, adjoint, rows, mine.turned.data(), choice(l, row), to);
}

/// Y*_{l−1} of some rows.
void Workspace::adjoint(const Images& some, Index l) {
  const Block b = block(some, l - 1);
  float* const found = scratch(b.rows * b.part.columns);
  back_images(some.row, some.rows, l, at(adjoint_, l, some.row), found);
  hand_down(b, l, found);
}

/// change ← Ẏ_l (curvature.cc), where pooling has chosen.
void Workspace::tangent_images(const Chunk& c, Index l, const float* direction, float* change) {
  const Convolution& shape = *layout_.convolution(l);
  const Index weights = layout_.weight_part(l, 0).weights;
  ConvolutionWork<float>& work = own().convolution;
  const std::uint8_t* const chosen = choice(l, c.begin);
  work.forward_at(shape, below(l, c.begin), c.rows, direction + weights, chosen, change, false);
  if (l > 1) work.forward_at(shape, at(adjoint_, l - 1, c.begin), c.rows, parameters_ + weights, chosen, change, true);
  add_bias_and_activate_images(l, c.rows, direction, Activation::kIdentity, change);
}

void Workspace::image_gradients(Team& team, Index l) {
  if (!layout_.convolution(l)) return;
  team.share(images_count(), [&](Index k) { image_gradient(images(k), l); });
}

/// Of some rows, into their own place: weights, then biases.
void Workspace::image_gradient(const Images& some, Index l) {
  const Convolution& c = *layout_.convolution(l);
  const Index weights = c.kernels * c.kernel_size(), count = weights + c.kernels;
  float* const to = image_gradients_[l].data() + some.number * count;
  std::fill_n(to, count, 0.0f);
  const float* const adjoint = at(adjoint_, l, some.row);
  own().convolution.add_gradient(c, below(l, some.row), adjoint, some.rows, choice(l, some.row), to);
  add_columns(adjoint, {some.rows * c.output().pixels(), c.kernels, c.kernels}, to + weights);
}

/// The gradient of a tile: the sum of those of all rows, in their order.
void Workspace::add_up_images(const Tile& tile, float* weights, float* bias) const {
  const Convolution& c = *layout_.convolution(tile.layer);
  const Index all = c.kernels * c.kernel_size(), first = tile.begin * c.kernels;
  std::fill_n(weights, tile.count(), 0.0f);
  if (tile.with_bias()) std::fill_n(bias, c.kernels, 0.0f);
  for (Index k = 0; k < images_count(); ++k) {
    const float* const from = image_gradients_[tile.layer].data() + k * (all + c.kernels);
    add_scaled(1, from + first, weights, tile.count());
    if (tile.with_bias()) add_scaled(1, from + all, bias, c.kernels);
  }
}

}  // namespace poise::learning
