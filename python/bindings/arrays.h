// Arrays of numpy as rows of Poise, and back, without a copy where there need not be one.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "poise/dataset.h"

namespace poise::python {

using RowsArray = nanobind::ndarray<nanobind::ro, nanobind::ndim<2>, nanobind::c_contig, nanobind::device::cpu>;
template <typename T>
using List = nanobind::ndarray<const T, nanobind::ndim<1>, nanobind::c_contig, nanobind::device::cpu>;
template <typename T>
using Table = nanobind::ndarray<const T, nanobind::ndim<2>, nanobind::c_contig, nanobind::device::cpu>;

/// Looks at the array, whose memory must not change, and keeps it alive: uint8, int16, int32, float32 or float64.
/// Throws Error(kUsage) for another type.
Features features_of(RowsArray array);

/// Compressed sparse rows with ascending columns. Copies: entries are kept in float32 if none of them is rounded by
/// that. Throws Error(kData) if the three contradict each other.
Features sparse_features_of(List<double> values, List<std::int32_t> columns, List<std::int64_t> row_start,
                            std::int64_t cols);
Features sparse_features_of(List<float> values, List<std::int32_t> columns, List<std::int64_t> row_start,
                            std::int64_t cols);

/// As an array that owns the numbers.
nanobind::object to_numpy(Matrix matrix);
nanobind::object to_numpy(const Vector& vector);

/// The features as one array: in the type that all columns share, without a copy as long as `owner` lives, else
/// float64. Sparse ones as a csr_array of scipy.
nanobind::object to_numpy(const Features& features, nanobind::handle owner);

}  // namespace poise::python
