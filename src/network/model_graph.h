// The computation of a network as an ONNX graph: raw features in, label and probabilities out, or
// the features again and their code.
#pragma once

#include "network/onnx_file.h"
#include "poise/network.h"

namespace poise::inline network {

/// Fills `graph`:
///
///   inputs → features [rows, d] → − center → fill in what is missing → X_0
///   X_{l−1} → · weights + bias → activation → X_l, for every layer; the last one's scores → probabilities
///                                                                                       ↘ argmax → label
///
/// Where the network reconstructs, the head's features are the output `reconstruction`, and the states of the narrowest
/// hidden layer, if there is one, the output `code`.
///
/// Only operators of opset 13 and ai.onnx.ml 2 that ONNX Runtime has on the CPU. The network must be consistent.
void build_graph(const Network& network, onnx::Graph& graph);

}  // namespace poise::inline network
