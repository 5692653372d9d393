// poise::train for Python: its events as dicts, Ctrl-C as the wish to stop.
#pragma once

#include <nanobind/nanobind.h>

namespace poise::python {

void bind_training(nanobind::module_& module);

}  // namespace poise::python
