// poise.report for Python: run directories → HTML and Markdown.
#pragma once

#include <nanobind/nanobind.h>

namespace poise::python {

void bind_report(nanobind::module_& module);

}  // namespace poise::python
