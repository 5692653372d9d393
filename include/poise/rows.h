// Rows of numbers exactly as they stand in a file or an array.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "poise/schema.h"

namespace poise {
inline namespace base {
class StreamedPages;
}

/// How a number is stored. Every column of a table is kept in the first of the five plain types that holds all its
/// numbers exactly. The two of 16 bits are those of arrays that others own: IEEE 754 binary16, and the upper half of
/// float32.
enum class NumberType : std::uint8_t { kUint8, kInt16, kInt32, kFloat32, kFloat64, kFloat16, kBfloat16 };

std::size_t size_of(NumberType type);  ///< bytes: 1, 2, 4, 4, 8, 2, 2

/// Neighboring columns of one type within the record of a row.
struct ColumnRun {
  NumberType type = NumberType::kFloat32;
  Index first = 0, count = 0;  ///< columns [first, first + count)
  Index offset = 0;            ///< where they begin in the record, bytes
  Index step = 0;              ///< bytes from one column to the next; 0: they have no gaps

  bool operator==(const ColumnRun&) const = default;
};

/// Dense rows as records: row i begins at data + i·stride. An array whose columns agree is one run; its columns may lie
/// apart (`step`), as they do in Fortran's order, and both may be negative.
struct DenseRows {
  const std::byte* data = nullptr;
  Index stride = 0;  ///< bytes from one row to the next
  std::vector<ColumnRun> runs;

  const std::byte* record(Index row) const { return data + row * stride; }
};

/// Compressed sparse rows: row i holds value(k) in columns[k], k in [row_start[i], row_start[i+1]), columns ascending.
/// Numbers are float32, or float64 where one of them needs it: of `values` and `doubles` one is empty.
struct CsrMatrix {
  Index cols = 0;
  std::vector<Index> row_start{0};
  std::vector<std::int32_t> columns;
  std::vector<float> values;
  std::vector<double> doubles;

  Index rows() const { return static_cast<Index>(row_start.size()) - 1; }
  std::size_t entries() const { return columns.size(); }
  double value(std::size_t k) const { return doubles.empty() ? static_cast<double>(values[k]) : doubles[k]; }
};

/// A look at such rows, whoever owns them.
struct CsrView {
  Index cols = 0;
  std::span<const Index> row_start;
  std::span<const std::int32_t> columns;
  std::span<const float> values;
  std::span<const double> doubles;

  CsrView() = default;
  CsrView(const CsrMatrix& m)  // NOLINT(google-explicit-constructor): it is one
      : cols(m.cols), row_start(m.row_start), columns(m.columns), values(m.values), doubles(m.doubles) {}

  Index rows() const { return static_cast<Index>(row_start.size()) - 1; }
  std::size_t entries() const { return columns.size(); }
  double value(std::size_t k) const { return doubles.empty() ? static_cast<double>(values[k]) : doubles[k]; }
};

/// An immutable n×d matrix of the file's numbers. Copying is cheap: copies share the storage, which may be a
/// memory-mapped file or an array that another language owns.
class Features {
 public:
  Features() = default;

  /// A row-major n×d array; T is std::uint8_t, std::int16_t, std::int32_t, float or double.
  template <typename T>
  static Features from_values(std::vector<T> values, Index rows, Index cols);
  /// The same for storage that `owner` keeps alive.
  template <typename T>
  static Features view_values(std::shared_ptr<const void> owner, const T* values, Index rows, Index cols);
  /// Records, see DenseRows; `runs` cover the columns 0 … d−1 in order.
  static Features from_records(std::shared_ptr<const void> owner, DenseRows records, Index rows);
  static Features from_sparse(CsrMatrix matrix);
  /// Sparse rows that `owner` keeps alive.
  static Features view_sparse(std::shared_ptr<const void> owner, const CsrView& rows);

  /// Dense rows that other processes have, `first_rows[k]` and those after it the k-th of them; the last one is n.
  /// Their records are as `shape` says. There is nothing to read here.
  static Features elsewhere(DenseRows shape, std::vector<Index> first_rows);

  /// The same dense rows, which lie in a mapped file that is larger than what may stay in memory.
  Features streamed(std::shared_ptr<const StreamedPages> pages) const;

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  std::size_t stored_bytes() const;  ///< size of the storage, for memory reports and rooflines
  bool is_streamed() const { return pages_ != nullptr; }
  /// These rows were read. To be said by who reads the storage itself: load_rows (src/rows/load.h) does.
  void touched(Index first, Index count) const {
    if (pages_) tell_pages(first, count);
  }

  bool is_elsewhere() const { return !first_rows_.empty(); }
  const std::vector<Index>& first_rows() const { return first_rows_; }  ///< of those elsewhere; else empty

  bool is_sparse() const { return sparse_ != nullptr; }
  const DenseRows& dense() const { return dense_; }        ///< no runs if sparse
  const CsrView* sparse() const { return sparse_.get(); }  ///< null if dense

  /// The whole n×d array, row-major and without gaps, if every column is of type T; else null.
  template <typename T>
  const T* array() const;

  /// The number of row i in column j. For single numbers; rows are loaded by the block (src/rows/load.h).
  double value(Index row, Index col) const;

  /// A look at `count` rows from `first` on, which shares the storage.
  Features slice(Index first, Index count) const;

  /// A copy of the named rows, in the given order and in the same representation.
  Features select_rows(std::span<const Index> rows) const;

 private:
  void tell_pages(Index first, Index count) const;

  Index rows_ = 0, cols_ = 0;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<const StreamedPages> pages_;  // null where all may stay in memory
  DenseRows dense_;
  std::shared_ptr<const CsrView> sparse_;
  std::vector<Index> first_rows_;
};

}  // namespace poise
