#include "arrays.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "poise/error.h"

namespace poise::python {

namespace nb = nanobind;

namespace {

/// Calls f with a number of the type.
template <typename F>
auto with_type(const nb::dlpack::dtype& type, F f) {
  if (type == nb::dtype<std::uint8_t>()) return f(std::uint8_t{});
  if (type == nb::dtype<std::int16_t>()) return f(std::int16_t{});
  if (type == nb::dtype<std::int32_t>()) return f(std::int32_t{});
  if (type == nb::dtype<float>()) return f(float{});
  if (type == nb::dtype<double>()) return f(double{});
  throw Error(ErrorKind::kUsage, fmt::format("features of {} bits of type code {}", int{type.bits}, int{type.code}),
              "uint8, int16, int32, float32 or float64");
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

template <typename T>
Features sparse(List<T> values, List<std::int32_t> columns, List<std::int64_t> row_start, std::int64_t cols) {
  const std::span numbers(values.data(), values.size());
  const std::span places(columns.data(), columns.size());
  const std::span start(row_start.data(), row_start.size());
  check_sparse(numbers.size(), places, start, cols);
  CsrMatrix matrix;
  matrix.cols = cols;
  matrix.row_start.assign(start.begin(), start.end());
  matrix.columns.assign(places.begin(), places.end());
  if (std::ranges::all_of(numbers, is_float32<T>)) {
    matrix.values.assign(numbers.begin(), numbers.end());
  } else {
    matrix.doubles.assign(numbers.begin(), numbers.end());
  }
  return Features::from_sparse(std::move(matrix));
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

Features features_of(RowsArray array) {
  const auto rows = static_cast<Index>(array.shape(0)), cols = static_cast<Index>(array.shape(1));
  const void* const data = array.data();
  return with_type(array.dtype(), [&](auto number) {
    const std::shared_ptr<const void> owner(new RowsArray(array), [](const void* p) {
      const nb::gil_scoped_acquire guard;
      delete static_cast<const RowsArray*>(p);
    });
    return Features::view_values(owner, static_cast<const decltype(number)*>(data), rows, cols);
  });
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
  if (const CsrMatrix* m = features.sparse()) {
    const nb::object values = m->doubles.empty() ? view(m->values.data(), {m->values.size()}, owner)
                                                 : view(m->doubles.data(), {m->doubles.size()}, owner);
    const nb::object parts = nb::make_tuple(values, view(m->columns.data(), {m->columns.size()}, owner),
                                            view(m->row_start.data(), {m->row_start.size()}, owner));
    const nb::object shape = nb::make_tuple(features.rows(), features.cols());
    return nb::module_::import_("scipy.sparse").attr("csr_array")(parts, nb::arg("shape") = shape);
  }
  const auto look = [&](const auto* data) { return view(data, {size(features.rows()), size(features.cols())}, owner); };
  if (const auto* data = features.array<std::uint8_t>()) return look(data);
  if (const auto* data = features.array<std::int16_t>()) return look(data);
  if (const auto* data = features.array<std::int32_t>()) return look(data);
  if (const auto* data = features.array<float>()) return look(data);
  if (const auto* data = features.array<double>()) return look(data);
  return as_float64(features);
}

}  // namespace poise::python
