#include "base/product.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/aligned.h"
#include "base/product_kernels.h"

namespace poise::inline base {
namespace {

constexpr Index kDepth = 512;        // steps at a time: a panel of B is then at most 128 KiB
constexpr Index kManyColumns = 256;  // from here on a copy of a transposed A pays

// Work space of a thread; it grows to the largest product the thread has seen.
template <typename T>
struct Room {
  std::vector<T, AlignedAllocator<T>> panel, tiles;  // of B, of A
  std::vector<T, AlignedAllocator<T>> a, b;          // operands in another form

  static Room& of_this_thread() {
    thread_local Room room;
    return room;
  }
};

template <typename Storage>
auto* at_least(Storage& storage, Index count) {
  if (std::ssize(storage) < count) storage.resize(count);
  return storage.data();
}

template <typename T>
struct Operands {
  const T* a;
  const T* b;
  T* c;
  const Bfloat16* rows_of_b = nullptr;  // if not null, B as stored, k×n with stride ldb: to be paired up
  Index k_of_b = 0;                     // its k
};

// `count` rows dealt into tiles of nearly equal height: task(first row, rows).
template <typename Task>
void for_each_tile(Index count, Index most_rows, Task&& task) {
  const Index tiles = (count + most_rows - 1) / most_rows;
  for (Index t = 0; t < tiles; ++t) {
    const Index begin = count * t / tiles;
    task(begin, count * (t + 1) / tiles - begin);
  }
}

template <typename T>
class Product {
 public:
  Product(const ProductKernels<T>& kernels, const ProductShape& shape, const Operands<T>& operands)
      : kernels_(kernels), s_(shape), o_(operands) {}

  void run() {
    if (dots_pay()) return run_dots();
    const Index wide = kernels_.vectors * kernels_.lanes;
    for (Index p = 0; p == 0 || p < s_.k; p += kDepth) {
      const Index depth = std::min(kDepth, s_.k - p);
      if (s_.transpose_a && s_.n >= kManyColumns) copy_a(p, depth);
      for (Index j = 0; j < s_.n; j += wide) run_panel(p, depth, j, std::min(wide, s_.n - j));
    }
  }

 private:
  static constexpr Index kRows = ProductKernels<T>::kRows;

  struct Panel {
    const T* begin;
    Index step;
  };

  // Without transposing B, which takes as long as some 6 rows of the product; but at the end of a sum its lanes have to
  // be added up, which takes as long as some 3 steps of it.
  bool dots_pay() const {
    constexpr Index kMostRows = 24;  // above, A would not stay in the cache
    return kernels_.dot_rows > 0 && !s_.transpose_a && s_.transpose_b && s_.m <= kMostRows && s_.k >= 8 * s_.m;
  }

  void run_dots() {
    constexpr Index kDotDepth = 4 * kDepth;
    const Index wide = 2 * s_.m <= kernels_.dot_rows ? 8 : 4;
    for (Index p = 0; p < s_.k; p += kDotDepth) {
      const Index depth = std::min(kDotDepth, s_.k - p);
      for (Index j = 0, columns = 0; j < s_.n; j += columns) {
        columns = j + wide <= s_.n ? wide : j + 4 <= s_.n ? 4 : 1;
        const auto& tiles = kernels_.dot[columns / 4];
        for_each_tile(s_.m, kernels_.dot_rows, [&](Index i, Index rows) {
          tiles[rows - 1]({depth, o_.a + i * s_.lda + p, s_.lda, 1, o_.b + j * s_.ldb + p, s_.ldb,
                           o_.c + i * s_.ldc + j, s_.ldc, columns, s_.accumulate || p > 0});
        });
      }
    }
  }

  // Steps [p, p + depth) of a transposed A, tile by tile: where every step lies on another page, as it does in a wide
  // matrix, each is searched for anew for every panel of B.
  void copy_a(Index p, Index depth) {
    T* to = at_least(Room<T>::of_this_thread().tiles, s_.m * depth);
    copied_a_ = to;
    for (Index i = 0; i < s_.m; i += kRows) {
      const Index rows = std::min(kRows, s_.m - i);
      const T* from = o_.a + p * s_.lda + i;
      for (Index k = 0; k < depth; ++k, from += s_.lda, to += rows) {
        if (rows == kRows) {
          std::copy_n(from, kRows, to);  // of a size known here: a few instructions
        } else {
          std::copy_n(from, rows, to);
        }
      }
    }
  }

  void run_panel(Index p, Index depth, Index j, Index columns) {
    const Index vectors = (columns + kernels_.lanes - 1) / kernels_.lanes;
    const Index first = s_.lower ? j / kRows * kRows : 0;
    const Panel b = panel(p, depth, j, columns, vectors * kernels_.lanes, s_.m - first);
    const auto& tiles = kernels_.tile[s_.transpose_a][vectors - 1];
    const auto run_tile = [&](Index i, Index rows, const T* a, Index a_row, Index a_step) {
      tiles[rows - 1](
          {depth, a, a_row, a_step, b.begin, b.step, o_.c + i * s_.ldc + j, s_.ldc, columns, s_.accumulate || p > 0});
    };
    if (copied_a_) {
      for (Index i = first; i < s_.m; i += kRows) {
        const Index rows = std::min(kRows, s_.m - i);
        run_tile(i, rows, copied_a_ + i * depth, 1, rows);
      }
    } else {
      const Index a_row = s_.transpose_a ? 1 : s_.lda, a_step = s_.transpose_a ? s_.lda : 1;
      for_each_tile(s_.m - first, kRows, [&](Index i, Index rows) {
        run_tile(first + i, rows, o_.a + (first + i) * a_row + p * a_step, a_row, a_step);
      });
    }
  }

  // Rows [p, p + depth) of op(B), columns [j, j + columns): where they are, or in a copy without gaps, `width` wide.
  // For the cache's sake that pays if the panel is read many times, and the sooner the narrower it is.
  Panel panel(Index p, Index depth, Index j, Index columns, Index width, Index rows) {
    if (o_.rows_of_b) {
      T* to = room(depth * width);
      if constexpr (std::is_same_v<T, float>) {
        pair_up_rows(o_.rows_of_b + 2 * p * s_.ldb + j, s_.ldb, std::min(2 * depth, o_.k_of_b - 2 * p), columns, width,
                     to);
      }
      return {to, width};
    }
    const T* from = s_.transpose_b ? o_.b + j * s_.ldb + p : o_.b + p * s_.ldb + j;
    const bool cut = kernels_.whole_vectors && columns < width, spread_out = rows >= 4 * width && s_.ldb > width;
    if (!s_.transpose_b && !cut && !spread_out) return {from, s_.ldb};
    T* to = room(depth * width);
    if (s_.transpose_b) {
      kernels_.transpose(from, s_.ldb, columns, depth, width, to);
    } else {
      for (Index k = 0; k < depth; ++k, from += s_.ldb) {
        std::fill(std::copy_n(from, columns, to + k * width), to + (k + 1) * width, T{0});
      }
    }
    return {to, width};
  }

  static T* room(Index count) { return at_least(Room<T>::of_this_thread().panel, count); }

  const ProductKernels<T>& kernels_;
  const ProductShape& s_;
  const Operands<T>& o_;
  const T* copied_a_ = nullptr;
};

// A matrix of rows×columns as stored, widened.
const float* widen(const Bfloat16* from, Index ld, Index rows, Index columns, AlignedFloats& room) {
  float* const to = at_least(room, rows * columns);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < columns; ++j) {
      const std::uint32_t bits = static_cast<std::uint32_t>(from[i * ld + j]) << 16;
      std::memcpy(to + i * columns + j, &bits, sizeof bits);
    }
  }
  return to;
}

struct Pairs {
  const float* begin;
  Index ld;
};

// An operand whose rows run along the inner dimension as pairs: itself, or a copy with a 0 at the end of odd rows.
Pairs pairs_of(const Bfloat16* from, Index ld, Index rows, Index k, AlignedFloats& room) {
  const Index count = (k + 1) / 2;
  if (k % 2 == 0 && ld % 2 == 0 && reinterpret_cast<std::uintptr_t>(from) % alignof(float) == 0) {
    return {reinterpret_cast<const float*>(from), ld / 2};
  }
  float* const to = at_least(room, rows * count);
  for (Index i = 0; i < rows; ++i) {
    if (k % 2 != 0) to[(i + 1) * count - 1] = 0;
    if (k > 0) std::memcpy(to + i * count, from + i * ld, k * sizeof *from);  // no numbers may have no place
  }
  return {to, count};
}

void multiply_pairs(const ProductKernels<float>& kernels, const ProductShape& shape, const Bfloat16* a,
                    const Bfloat16* b, float* c) {
  Room<float>& room = Room<float>::of_this_thread();
  ProductShape s = shape;
  s.k = (shape.k + 1) / 2;
  Operands<float> operands{nullptr, nullptr, c};
  if (s.transpose_a) {
    float* const to = at_least(room.a, s.k * s.m);
    pair_up_rows(a, shape.lda, shape.k, s.m, s.m, to);
    operands.a = to, s.lda = s.m;
  } else {
    const Pairs pairs = pairs_of(a, shape.lda, s.m, shape.k, room.a);
    operands.a = pairs.begin, s.lda = pairs.ld;
  }
  if (s.transpose_b) {
    const Pairs pairs = pairs_of(b, shape.ldb, s.n, shape.k, room.b);
    operands.b = pairs.begin, s.ldb = pairs.ld;
  } else {
    operands.rows_of_b = b, operands.k_of_b = shape.k;
  }
  Product<float>(kernels, s, operands).run();
}

}  // namespace

void multiply(const ProductShape& shape, const float* a, const float* b, float* c) {
  const Operands<float> operands{a, b, c};
  Product<float>(float_kernels(), shape, operands).run();
}

void multiply(const ProductShape& shape, const double* a, const double* b, double* c) {
  const Operands<double> operands{a, b, c};
  Product<double>(double_kernels(), shape, operands).run();
}

void multiply(const ProductShape& shape, const Bfloat16* a, const Bfloat16* b, float* c) {
  if (const ProductKernels<float>* kernels = bfloat16_kernels()) return multiply_pairs(*kernels, shape, a, b, c);
  Room<float>& room = Room<float>::of_this_thread();
  ProductShape s = shape;
  const Index rows_a = s.transpose_a ? s.k : s.m, rows_b = s.transpose_b ? s.n : s.k;
  s.lda = s.transpose_a ? s.m : s.k, s.ldb = s.transpose_b ? s.k : s.n;
  multiply(s, widen(a, shape.lda, rows_a, s.lda, room.a), widen(b, shape.ldb, rows_b, s.ldb, room.b), c);
}

}  // namespace poise::inline base
