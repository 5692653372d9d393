// The options of a training by name, as Python gives them.
#pragma once

#include <nanobind/nanobind.h>

#include "poise/generate.h"
#include "poise/inference.h"
#include "poise/read.h"
#include "poise/run.h"

namespace poise::python {

/// Sets the members of `request`, and of what is in it, that have these names. None leaves the default. Throws
/// Error(kUsage) for a name that is none, or a value of another type; ranges are for the library to check.
void set_options(TrainingRequest& request, const nanobind::dict& options);

/// The same of reading alone.
void set_options(ReadOptions& read, const nanobind::dict& options);

/// And of the uncertainty of weights.
void set_options(InferenceOptions& inference, const nanobind::dict& options);

/// And of rows of a class.
void set_options(GenerateOptions& generate, const nanobind::dict& options);

}  // namespace poise::python
