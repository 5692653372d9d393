// From raw cells to features: the beginning of the graph of a model file.
#pragma once

#include <string>
#include <vector>

#include "network/graph_builder.h"
#include "poise/dataset.h"

namespace poise::inline network {

/// The features of a graph, [rows, d], in which missing numbers are still NaN.
struct RawFeatures {
  std::string name;
  GraphBuilder::Type type = onnx::Type::kFloat;  ///< DOUBLE if an input is
};

/// Adds the inputs that a schema asks for and what makes features of them: one-hot coding and "missing" indicators.
/// `wide` has an entry a feature: whether its number is a float64 input. An array is one input, of the widest type.
RawFeatures raw_inputs(GraphBuilder& builder, const Schema& schema, const std::vector<bool>& wide);

/// A missing number becomes the fill of its column; columns that must not be missing keep their NaN. `centered` is
/// float((features − center) ∘ gain): after centering, filling in the mean gives exactly 0 where the mean is the
/// center.
std::string fill_in(GraphBuilder& builder, const Schema& schema, const Vector& center, const Vector& gain,
                    const std::string& centered);

}  // namespace poise::inline network
