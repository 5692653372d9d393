#include "arrays.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "poise/error.h"
#include "rows/load.h"
#include "rows/number_type.h"

namespace poise::python {

namespace nb = nanobind;

namespace {

NumberType number_type_of(const nb::dlpack::dtype& type) {
  constexpr std::uint8_t kFloat = 2, kBfloat = 4;  // DLDataTypeCode
  if (type == nb::dtype<std::uint8_t>()) return NumberType::kUint8;
  if (type == nb::dtype<std::int16_t>()) return NumberType::kInt16;
  if (type == nb::dtype<std::int32_t>()) return NumberType::kInt32;
  if (type == nb::dtype<float>()) return NumberType::kFloat32;
  if (type == nb::dtype<double>()) return NumberType::kFloat64;
  if (type.code == kFloat && type.bits == 16) return NumberType::kFloat16;
  if (type.code == kBfloat && type.bits == 16) return NumberType::kBfloat16;
  throw Error(ErrorKind::kUsage, fmt::format("features of {} bits of type code {}", int{type.bits}, int{type.code}),
              "uint8, int16, int32, float16, bfloat16, float32 or float64");
}

/// Numbers that Python owns from now on.
template <typename T>
nb::object owned(std::unique_ptr<T> numbers, auto* data, std::initializer_list<std::size_t> shape) {
  const nb::capsule owner(numbers.release(), [](void* p) noexcept { delete static_cast<T*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, std::remove_pointer_t<decltype(data)>>(data, shape, owner));
}

/// A look at numbers that `owner` keeps.
template <typename T>
nb::object view(const T* data, std::initializer_list<std::size_t> shape, nb::handle owner) {
  return nb::cast(nb::ndarray<nb::numpy, const T>(data, shape, owner));
}

std::size_t size(Index n) { return static_cast<std::size_t>(n); }

void check_sparse(std::size_t entries, std::span<const std::int32_t> columns, std::span<const std::int64_t> start,
                  std::int64_t cols) {
  const auto require = [](bool holds, const char* found, const char* expected) {
    if (!holds) throw Error(ErrorKind::kData, found, expected);
  };
  require(!start.empty() && columns.size() == entries && start.front() == 0 &&
              start.back() == static_cast<std::int64_t>(entries) && std::ranges::is_sorted(start),
          "sparse rows whose parts contradict each other", "data, indices and indptr of one matrix");
  for (std::size_t i = 0; i + 1 < start.size(); ++i) {
    std::int64_t before = -1;
    for (const std::int32_t column : columns.subspan(size(start[i]), size(start[i + 1] - start[i]))) {
      require(column > before && column < cols, "sparse rows whose indices do not ascend", "0 to columns - 1");
      before = column;
    }
  }
}

template <typename T>
bool is_float32(T value) {
  return std::isnan(value) || static_cast<T>(static_cast<float>(value)) == value;
}

/// What keeps arrays of Python alive, on whatever thread it is let go.
template <typename... Arrays>
std::shared_ptr<const void> keep(Arrays... arrays) {
  using Kept = std::tuple<Arrays...>;
  return {new Kept(std::move(arrays)...), [](const void* p) {
            const nb::gil_scoped_acquire guard;
            delete static_cast<const Kept*>(p);
          }};
}

template <typename T>
Features sparse(List<T> values, List<std::int32_t> columns, List<std::int64_t> row_start, std::int64_t cols) {
  const std::span numbers(values.data(), values.size());
  const std::span places(columns.data(), columns.size());
  const std::span start(row_start.data(), row_start.size());
  check_sparse(numbers.size(), places, start, cols);
  CsrView view;
  view.cols = cols, view.row_start = start, view.columns = places;
  if constexpr (std::is_same_v<T, float>) {
    view.values = numbers;
    return Features::view_sparse(keep(values, columns, row_start), view);
  } else {
    if (!std::ranges::all_of(numbers, is_float32<T>)) {
      view.doubles = numbers;
      return Features::view_sparse(keep(values, columns, row_start), view);
    }
    const auto narrow = std::make_shared<const std::vector<float>>(numbers.begin(), numbers.end());
    view.values = *narrow;
    return Features::view_sparse(keep(narrow, columns, row_start), view);
  }
}

nb::dlpack::dtype dlpack_type(NumberType type) {
  switch (type) {
    case NumberType::kUint8:
      return nb::dtype<std::uint8_t>();
    case NumberType::kInt16:
      return nb::dtype<std::int16_t>();
    case NumberType::kInt32:
      return nb::dtype<std::int32_t>();
    case NumberType::kFloat16:
      return {static_cast<std::uint8_t>(nb::dlpack::dtype_code::Float), 16, 1};
    case NumberType::kFloat32:
      return nb::dtype<float>();
    default:
      return nb::dtype<double>();
  }
}

/// A look at dense rows of one type where they are.
nb::object look(const Features& features, nb::dlpack::dtype type, nb::handle owner) {
  const ColumnRun& run = features.dense().runs[0];
  const auto size = static_cast<std::int64_t>(size_of(run.type));
  const std::size_t shape[] = {static_cast<std::size_t>(features.rows()), static_cast<std::size_t>(features.cols())};
  const std::int64_t strides[] = {features.dense().stride / size, step_of(run) / size};
  return nb::cast(nb::ndarray<nb::numpy, nb::ro>(features.dense().data, 2, shape, owner, strides, type));
}

/// bfloat16 as float32.
nb::object as_float32(const Features& features) {
  auto numbers = std::make_unique<MatrixF>(features.rows(), features.cols());
  load_rows(features, {}, 0, features.rows(), numbers->data(), features.cols());
  float* const data = numbers->data();
  return owned(std::move(numbers), data, {size(features.rows()), size(features.cols())});
}

/// Records of several types as float64.
nb::object as_float64(const Features& features) {
  auto numbers = std::make_unique<Matrix>(features.rows(), features.cols());
  for (Index i = 0; i < features.rows(); ++i) {
    for (Index j = 0; j < features.cols(); ++j) (*numbers)(i, j) = features.value(i, j);
  }
  double* const data = numbers->data();
  return owned(std::move(numbers), data, {size(features.rows()), size(features.cols())});
}

}  // namespace

Features features_of(RowsArray array, bool is_bfloat16) {
  const auto rows = static_cast<Index>(array.shape(0)), cols = static_cast<Index>(array.shape(1));
  const NumberType type = is_bfloat16 ? NumberType::kBfloat16 : number_type_of(array.dtype());
  const auto size = static_cast<Index>(size_of(type));
  const bool together = cols <= 1 || array.stride(1) == 1;  // the step of a single column, or row, means nothing
  DenseRows records{static_cast<const std::byte*>(array.data()), rows <= 1 ? cols * size : array.stride(0) * size, {}};
  if (cols > 0) records.runs.push_back({type, 0, cols, 0, together ? 0 : array.stride(1) * size});
  return Features::from_records(keep(array), std::move(records), rows);
}

Features sparse_features_of(List<double> values, List<std::int32_t> columns, List<std::int64_t> row_start,
                            std::int64_t cols) {
  return sparse(values, columns, row_start, cols);
}

Features sparse_features_of(List<float> values, List<std::int32_t> columns, List<std::int64_t> row_start,
                            std::int64_t cols) {
  return sparse(values, columns, row_start, cols);
}

nb::object to_numpy(Matrix matrix) {
  const std::size_t rows = size(matrix.rows()), cols = size(matrix.cols());
  auto numbers = std::make_unique<Matrix>(std::move(matrix));
  double* const data = numbers->data();
  return owned(std::move(numbers), data, {rows, cols});
}

nb::object to_numpy(const Vector& vector) {
  auto numbers = std::make_unique<Vector>(vector);
  double* const data = numbers->data();
  return owned(std::move(numbers), data, {size(vector.size())});
}

nb::object to_numpy(const Features& features, nb::handle owner) {
  if (const CsrView* m = features.sparse()) {
    const nb::object values = m->doubles.empty() ? view(m->values.data(), {m->values.size()}, owner)
                                                 : view(m->doubles.data(), {m->doubles.size()}, owner);
    const nb::object parts = nb::make_tuple(values, view(m->columns.data(), {m->columns.size()}, owner),
                                            view(m->row_start.data(), {m->row_start.size()}, owner));
    const nb::object shape = nb::make_tuple(features.rows(), features.cols());
    return nb::module_::import_("scipy.sparse").attr("csr_array")(parts, nb::arg("shape") = shape);
  }
  const std::vector<ColumnRun>& runs = features.dense().runs;
  if (runs.size() != 1) return as_float64(features);
  if (runs[0].type == NumberType::kBfloat16) return as_float32(features);
  return look(features, dlpack_type(runs[0].type), owner);
}

}  // namespace poise::python
