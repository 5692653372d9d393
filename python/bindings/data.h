// Data sets for Python.
#pragma once

#include <nanobind/nanobind.h>

namespace poise::python {

void bind_data(nanobind::module_& module);

}  // namespace poise::python
