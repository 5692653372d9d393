// Arrays of numpy as rows of Poise, and back, without a copy where there need not be one.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "poise/dataset.h"

namespace poise::python {

using RowsArray = nanobind::ndarray<nanobind::ro, nanobind::ndim<2>, nanobind::device::cpu>;
template <typename T>
using List = nanobind::ndarray<const T, nanobind::ndim<1>, nanobind::c_contig, nanobind::device::cpu>;
template <typename T>
using Table = nanobind::ndarray<const T, nanobind::ndim<2>, nanobind::c_contig, nanobind::device::cpu>;

/// Looks at the array, in whatever order it lies, and keeps it alive; its memory must not change. Of uint8, int16,
/// int32, float16, bfloat16, float32 or float64; uint16 if those are the bits of bfloat16. Throws Error(kUsage) for
/// another type.
Features features_of(RowsArray array, bool is_bfloat16 = false);

/// Compressed sparse rows with ascending columns, looked at where they are; but entries of float64 that float32 holds
/// are copied as such. Throws Error(kData) if the three contradict each other.
Features sparse_features_of(List<double> values, List<std::int32_t> columns, List<std::int64_t> row_start,
                            std::int64_t cols);
Features sparse_features_of(List<float> values, List<std::int32_t> columns, List<std::int64_t> row_start,
                            std::int64_t cols);

/// As an array that owns the numbers.
nanobind::object to_numpy(Matrix matrix);
nanobind::object to_numpy(const Vector& vector);

/// The features as one array: in the type that all columns share, without a copy as long as `owner` lives (bfloat16,
/// which numpy does not know, as float32), else float64. Sparse ones as a csr_array of scipy.
nanobind::object to_numpy(const Features& features, nanobind::handle owner);

}  // namespace poise::python
