// The module poise._poise: the library as it is. What is friendly about the package is in python/poise.
#include <nanobind/nanobind.h>

#include "data.h"
#include "errors.h"
#include "model.h"
#include "poise/version.h"
#include "report.h"
#include "training.h"
#include "workers.h"

NB_MODULE(_poise, module) {
  nanobind::set_leak_warnings(false);  // copies of models outlive an interpreter that ends in a hurry
  poise::python::translate_errors();
  poise::python::bind_data(module);
  poise::python::bind_model(module);
  poise::python::bind_workers(module);
  poise::python::bind_training(module);
  poise::python::bind_report(module);
  module.attr("__version__") = poise::kVersion;
}
