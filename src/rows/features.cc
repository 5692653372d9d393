#include <algorithm>
#include <utility>

#include "base/index.h"
#include "base/pages.h"
#include "base/streamed_pages.h"
#include "poise/error.h"
#include "poise/rows.h"
#include "rows/number_type.h"

namespace poise {
namespace {

CsrMatrix gather(const CsrView& from, std::span<const Index> rows) {
  CsrMatrix picked;
  picked.cols = from.cols;
  const auto append = [](auto& to, const auto& values, Index begin, Index end) {
    if (!values.empty()) to.insert(to.end(), values.begin() + begin, values.begin() + end);
  };
  for (const Index row : rows) {
    const Index begin = from.row_start[row], end = from.row_start[row + 1];
    append(picked.columns, from.columns, begin, end);
    append(picked.values, from.values, begin, end);
    append(picked.doubles, from.doubles, begin, end);
    picked.row_start.push_back(static_cast<Index>(picked.columns.size()));
  }
  return picked;
}

/// Rows one behind the other, their columns without gaps.
DenseRows compact(const DenseRows& from) {
  DenseRows to;
  for (const ColumnRun& run : from.runs) {
    to.runs.push_back({run.type, run.first, run.count, to.stride});
    to.stride += run.count * static_cast<Index>(size_of(run.type));
  }
  return to;
}

void copy_record(const DenseRows& from, const DenseRows& to, Index row, std::byte* out) {
  for (std::size_t k = 0; k < from.runs.size(); ++k) {
    const ColumnRun& run = from.runs[k];
    const auto size = static_cast<Index>(size_of(run.type));
    const std::byte* in = from.record(row) + run.offset;
    std::byte* place = out + to.runs[k].offset;
    if (step_of(run) == size) {
      std::copy_n(in, run.count * size, place);
      continue;
    }
    for (Index j = 0; j < run.count; ++j, in += run.step, place += size) std::copy_n(in, size, place);
  }
}

}  // namespace

std::size_t size_of(NumberType type) {
  return with_type(type, [](auto number) { return sizeof(number); });
}

template <typename T>
Features Features::from_values(std::vector<T> values, Index rows, Index cols) {
  if (rows < 0 || cols < 0 || values.size() != static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols)) {
    throw Error(ErrorKind::kInternal, "feature storage does not match its shape");
  }
  auto owner = std::make_shared<const std::vector<T>>(std::move(values));
  const T* const data = owner->data();
  return view_values(std::move(owner), data, rows, cols);
}

template <typename T>
Features Features::view_values(std::shared_ptr<const void> owner, const T* values, Index rows, Index cols) {
  const auto stride = cols * static_cast<Index>(sizeof(T));
  DenseRows records{reinterpret_cast<const std::byte*>(values), stride, {}};
  if (cols > 0) records.runs.push_back({number_type<T>(), 0, cols, 0});
  return from_records(std::move(owner), std::move(records), rows);
}

Features Features::from_records(std::shared_ptr<const void> owner, DenseRows records, Index rows) {
  Features result;
  result.rows_ = rows;
  result.cols_ = records.runs.empty() ? 0 : records.runs.back().first + records.runs.back().count;
  result.owner_ = std::move(owner);
  result.dense_ = std::move(records);
  return result;
}

Features Features::from_sparse(CsrMatrix matrix) {
  Features result;
  result.rows_ = matrix.rows();
  result.cols_ = matrix.cols;
  auto owner = std::make_shared<const CsrMatrix>(std::move(matrix));
  result.sparse_ = std::make_shared<const CsrView>(*owner);
  result.owner_ = std::move(owner);
  return result;
}

Features Features::view_sparse(std::shared_ptr<const void> owner, const CsrView& rows) {
  Features result;
  result.rows_ = rows.rows();
  result.cols_ = rows.cols;
  result.owner_ = std::move(owner);
  result.sparse_ = std::make_shared<const CsrView>(rows);
  return result;
}

Features Features::elsewhere(DenseRows shape, std::vector<Index> first_rows) {
  shape.data = nullptr;
  Features result = from_records(nullptr, std::move(shape), first_rows.back());
  result.first_rows_ = std::move(first_rows);
  return result;
}

Features Features::streamed(std::shared_ptr<const StreamedPages> pages) const {
  Features result = *this;
  if (!is_sparse()) result.pages_ = std::move(pages);
  return result;
}

void Features::tell_pages(Index first, Index count) const {
  pages_->touched(dense_.record(first), dense_.record(first + count));
}

std::size_t Features::stored_bytes() const {
  if (!sparse_) {
    std::size_t record = 0;
    for (const ColumnRun& run : dense_.runs) record += run.count * size_of(run.type);
    return rows_ * record;
  }
  return sparse_->values.size() * sizeof(float) + sparse_->doubles.size() * sizeof(double) +
         sparse_->columns.size() * sizeof(std::int32_t) + sparse_->row_start.size() * sizeof(Index);
}

template <typename T>
const T* Features::array() const {
  const bool uniform = dense_.runs.size() == 1 && dense_.runs[0].type == number_type<T>();
  if (!uniform || step_of(dense_.runs[0]) != static_cast<Index>(sizeof(T))) return nullptr;
  if (dense_.stride != cols_ * static_cast<Index>(sizeof(T)) && rows_ > 1) return nullptr;
  return reinterpret_cast<const T*>(dense_.data);
}

double Features::value(Index row, Index col) const {
  if (sparse_) {
    const auto begin = sparse_->columns.begin() + sparse_->row_start[row];
    const auto end = sparse_->columns.begin() + sparse_->row_start[row + 1];
    const auto found = std::lower_bound(begin, end, static_cast<std::int32_t>(col));
    return found != end && *found == col ? sparse_->value(found - sparse_->columns.begin()) : 0;
  }
  const auto behind = std::upper_bound(dense_.runs.begin(), dense_.runs.end(), col,
                                       [](Index c, const ColumnRun& run) { return c < run.first; });
  const ColumnRun& run = *(behind - 1);
  return with_type(run.type, [&](auto number) {
    const Index place = run.offset + (col - run.first) * step_of(run);
    return static_cast<double>(number_at<decltype(number)>(dense_.record(row) + place));
  });
}

Features Features::slice(Index first, Index count) const {
  Features part = *this;
  part.rows_ = count;
  if (!sparse_) {
    part.dense_.data = dense_.record(first);
    return part;
  }
  struct Rows {
    Features whole;
    std::vector<Index> row_start;
    CsrView view;
  };
  const auto rows = std::make_shared<Rows>();
  rows->whole = *this;
  const Index begin = sparse_->row_start[first], end = sparse_->row_start[first + count];
  for (Index i = first; i <= first + count; ++i) rows->row_start.push_back(sparse_->row_start[i] - begin);
  const auto of_rows = [&](const auto& entries) {
    return entries.empty() ? entries : entries.subspan(begin, end - begin);
  };
  rows->view.cols = cols_;
  rows->view.row_start = rows->row_start;
  rows->view.columns = of_rows(sparse_->columns);
  rows->view.values = of_rows(sparse_->values);
  rows->view.doubles = of_rows(sparse_->doubles);
  part.sparse_ = std::shared_ptr<const CsrView>(rows, &rows->view);
  return part;
}

Features Features::select_rows(std::span<const Index> rows) const {
  if (sparse_) return from_sparse(gather(*sparse_, rows));
  DenseRows records = compact(dense_);
  const std::size_t bytes = rows.size() * records.stride;
  const Room room = pages_ ? make_room(bytes, pages_->memory()) : Room{allocate_unwritten(bytes), nullptr};
  auto* out = room.as<std::byte>();
  records.data = out;
  for (const Index row : rows) {
    copy_record(dense_, records, row, out);
    touched(row, 1);
    room.touched(out, out + records.stride);
    out += records.stride;
  }
  return from_records(room.memory, std::move(records), static_cast<Index>(rows.size())).streamed(room.pages);
}

template Features Features::from_values(std::vector<std::uint8_t>, Index, Index);
template Features Features::view_values(std::shared_ptr<const void>, const std::uint8_t*, Index, Index);
template const std::uint8_t* Features::array() const;
template Features Features::from_values(std::vector<std::int16_t>, Index, Index);
template Features Features::view_values(std::shared_ptr<const void>, const std::int16_t*, Index, Index);
template const std::int16_t* Features::array() const;
template Features Features::from_values(std::vector<std::int32_t>, Index, Index);
template Features Features::view_values(std::shared_ptr<const void>, const std::int32_t*, Index, Index);
template const std::int32_t* Features::array() const;
template Features Features::from_values(std::vector<float>, Index, Index);
template Features Features::view_values(std::shared_ptr<const void>, const float*, Index, Index);
template const float* Features::array() const;
template Features Features::from_values(std::vector<double>, Index, Index);
template Features Features::view_values(std::shared_ptr<const void>, const double*, Index, Index);
template const double* Features::array() const;

}  // namespace poise
