// Arrow's C interface: how polars, pyarrow, DuckDB and others hand tables on (arrow.apache.org, "The Arrow C stream
// interface" and "The Arrow PyCapsule Interface").
#pragma once

#include <nanobind/nanobind.h>

#include "frame.h"

namespace poise::python {

/// The table of a capsule named "arrow_array_stream", which is used up. Numbers stay where they are; text is numbered.
/// Throws Error(kData) for types of columns that are neither numbers nor text nor truth values.
Frame frame_of_arrow(const nanobind::capsule& stream);

}  // namespace poise::python
