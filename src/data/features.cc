#include <algorithm>
#include <utility>

#include "base/pages.h"
#include "poise/dataset.h"
#include "poise/error.h"

namespace poise {
namespace {

void check_size(std::size_t have, Index rows, Index cols) {
  if (rows < 0 || cols < 0 || have != static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols)) {
    throw Error(ErrorKind::kInternal, "feature storage does not match its shape");
  }
}

template <typename T>
std::shared_ptr<const void> gather(const T* values, Index cols, std::span<const Index> rows) {
  std::shared_ptr<void> picked = allocate_unwritten(rows.size() * static_cast<std::size_t>(cols) * sizeof(T));
  T* out = static_cast<T*>(picked.get());
  for (Index row : rows) out = std::copy_n(values + row * cols, cols, out);
  return picked;
}

CsrMatrix gather(const CsrMatrix& from, std::span<const Index> rows) {
  CsrMatrix picked;
  picked.cols = from.cols;
  for (Index row : rows) {
    const Index begin = from.row_start[static_cast<std::size_t>(row)];
    const Index end = from.row_start[static_cast<std::size_t>(row) + 1];
    picked.columns.insert(picked.columns.end(), from.columns.begin() + begin, from.columns.begin() + end);
    picked.values.insert(picked.values.end(), from.values.begin() + begin, from.values.begin() + end);
    picked.row_start.push_back(static_cast<Index>(picked.values.size()));
  }
  return picked;
}

}  // namespace

Features Features::from_floats(std::vector<float> values, Index rows, Index cols) {
  check_size(values.size(), rows, cols);
  auto owner = std::make_shared<const std::vector<float>>(std::move(values));
  const float* data = owner->data();
  return view_floats(std::move(owner), data, rows, cols);
}

Features Features::from_bytes(std::vector<std::uint8_t> values, Index rows, Index cols) {
  check_size(values.size(), rows, cols);
  auto owner = std::make_shared<const std::vector<std::uint8_t>>(std::move(values));
  const std::uint8_t* data = owner->data();
  return view_bytes(std::move(owner), data, rows, cols);
}

Features Features::from_sparse(CsrMatrix matrix) {
  Features result;
  result.kind_ = Kind::kSparse;
  result.rows_ = matrix.rows();
  result.cols_ = matrix.cols;
  result.sparse_ = std::make_shared<const CsrMatrix>(std::move(matrix));
  return result;
}

Features Features::view_floats(std::shared_ptr<const void> owner, const float* values, Index rows, Index cols) {
  Features result;
  result.kind_ = Kind::kFloat;
  result.rows_ = rows;
  result.cols_ = cols;
  result.owner_ = std::move(owner);
  result.floats_ = values;
  return result;
}

Features Features::view_bytes(std::shared_ptr<const void> owner, const std::uint8_t* values, Index rows, Index cols) {
  Features result;
  result.kind_ = Kind::kBytes;
  result.rows_ = rows;
  result.cols_ = cols;
  result.owner_ = std::move(owner);
  result.bytes_ = values;
  return result;
}

std::size_t Features::stored_bytes() const {
  const auto cells = static_cast<std::size_t>(rows_) * static_cast<std::size_t>(cols_);
  switch (kind_) {
    case Kind::kFloat:
      return cells * sizeof(float);
    case Kind::kBytes:
      return cells;
    case Kind::kSparse:
      return sparse_->values.size() * (sizeof(float) + sizeof(std::int32_t)) +
             sparse_->row_start.size() * sizeof(Index);
  }
  return 0;
}

Features Features::select_rows(std::span<const Index> rows) const {
  const auto count = static_cast<Index>(rows.size());
  switch (kind_) {
    case Kind::kFloat: {
      const auto picked = gather(floats_, cols_, rows);
      return view_floats(picked, static_cast<const float*>(picked.get()), count, cols_);
    }
    case Kind::kBytes: {
      const auto picked = gather(bytes_, cols_, rows);
      return view_bytes(picked, static_cast<const std::uint8_t*>(picked.get()), count, cols_);
    }
    case Kind::kSparse:
      return from_sparse(gather(*sparse_, rows));
  }
  return {};
}

Dataset select_rows(const Dataset& data, std::span<const Index> rows) {
  Dataset part = data;
  part.features = data.features.select_rows(rows);
  const auto count = static_cast<Index>(rows.size());
  if (!data.labels.empty()) {
    part.labels.resize(rows.size());
    std::transform(rows.begin(), rows.end(), part.labels.begin(),
                   [&](Index row) { return data.labels[static_cast<std::size_t>(row)]; });
  }
  if (data.targets.size() > 0) {
    part.targets.resize(count, data.targets.cols());
    for (Index i = 0; i < count; ++i) part.targets.row(i) = data.targets.row(rows[static_cast<std::size_t>(i)]);
  }
  if (data.sample_weight.size() > 0) {
    part.sample_weight.resize(count);
    for (Index i = 0; i < count; ++i) part.sample_weight[i] = data.sample_weight[rows[static_cast<std::size_t>(i)]];
  }
  return part;
}

}  // namespace poise
