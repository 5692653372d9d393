// JSON as Python's dict, list, str, float, int, bool and None.
#pragma once

#include <nanobind/nanobind.h>

#include <nlohmann/json.hpp>

namespace poise::python {

nanobind::object to_python(const nlohmann::json& value);

}  // namespace poise::python
