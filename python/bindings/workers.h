// Processes that share the rows of a solve.
#pragma once

#include <nanobind/nanobind.h>

#include "poise/workers.h"

namespace poise::python {

/// Workers whose channels are objects of Python.
struct PythonWorkers {
  PythonWorkers() = default;
  PythonWorkers(const PythonWorkers&) = delete;
  PythonWorkers& operator=(const PythonWorkers&) = delete;

  Workers workers;
};

void bind_workers(nanobind::module_& module);

}  // namespace poise::python
