// The innermost loops of products, one set for an instruction set and a type.
#pragma once

#include <array>

#include "base/product.h"

namespace poise::inline base {

/// One tile of C: C = A B or C + A B, `depth` being the inner dimension.
template <typename T>
struct TileOperands {
  Index depth;
  const T* a;
  Index a_row, a_step;  ///< A(i, p) at a[i·a_row + p·a_step]
  const T* b;
  Index b_step;  ///< see ProductKernels
  T* c;
  Index ldc;
  Index columns;
  bool accumulate;
};

/// C from memory, so that it is there when the sums are.
template <typename T>
inline void fetch_tile(const TileOperands<T>& o, int rows) {
  if (!o.accumulate) return;
  for (int r = 0; r < rows; ++r) {
    for (Index j = 0; j < o.columns; j += static_cast<Index>(64 / sizeof(T)))
      __builtin_prefetch(o.c + r * o.ldc + j, 1);
  }
}

template <typename T>
struct ProductKernels {
  using Tile = void (*)(const TileOperands<T>&);
  static constexpr int kRows = 6;     // of a tile: 6 rows by 4 vectors are 24 sums, of 32 registers
  static constexpr int kVectors = 4;  // half of it where there are 16 registers

  Index lanes;  ///< numbers of a vector

  /// tile[one step apart][vectors − 1][rows − 1]: row p of B begins at b[p·b_step]. A vector of C at a time, so that B
  /// is read along its rows and entries of A are spread over a vector. First index 1: A's entries of a step lie side by
  /// side (a_row = 1).
  std::array<std::array<std::array<Tile, kRows>, kVectors>, 2> tile;
  Index vectors;       ///< most vectors of a tile
  bool whole_vectors;  ///< whether B must have whole vectors, also where C's columns end within one

  /// dot[columns: 0 for one, 1 for four, 2 for eight][rows − 1]: column j of B begins at b[j·b_step] and its entries
  /// lie side by side, as those of A's rows. Sums run along the vectors.
  std::array<std::array<Tile, kRows>, 3> dot;
  Index dot_rows;  ///< most rows, half of them with eight columns. 0: there are none

  /// to[j·width + i] = from[i·ld + j]; zeros for rows ≤ i < width.
  void (*transpose)(const T* from, Index ld, Index rows, Index columns, Index width, T* to);
};

const ProductKernels<float>& float_kernels();
const ProductKernels<double>& double_kernels();

/// Kernels whose numbers are pairs of bfloat16 numbers, consecutive ones of the inner dimension (those of C are
/// float32). Null where the processor has none.
const ProductKernels<float>* bfloat16_kernels();

/// For an operand whose rows run along the inner dimension's steps, k×count: pair p of column j, to[p·width + j], holds
/// numbers 2p and 2p + 1 of the column; zero beyond k and for count ≤ j < width.
void pair_up_rows(const Bfloat16* from, Index ld, Index k, Index count, Index width, float* to);

}  // namespace poise::inline base
