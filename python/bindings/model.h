// Trained models for Python.
#pragma once

#include <nanobind/nanobind.h>

namespace poise::python {

void bind_model(nanobind::module_& module);

}  // namespace poise::python
