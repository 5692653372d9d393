// From raw cells to features: the beginning of the graph of a model file.
#pragma once

#include <string>

#include "network/graph_builder.h"
#include "poise/dataset.h"

namespace poise {

/// Adds the inputs that a schema asks for and what makes features of them: one-hot coding and "missing" indicators.
/// Returns the name of the features, float32 [rows, d], in which missing numbers are still NaN.
std::string raw_inputs(GraphBuilder& builder, const Schema& schema);

/// A missing number becomes the fill of its column; columns that must not be missing keep their NaN. `centered` is
/// features − float(center): after centering, filling in the mean gives exactly 0 where the mean is the center.
std::string fill_in(GraphBuilder& builder, const Schema& schema, const Vector& center, const std::string& centered);

}  // namespace poise
