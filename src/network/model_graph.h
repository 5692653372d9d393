// The computation of a softmax model as an ONNX graph: raw features in, label and probabilities out.
#pragma once

#include <onnx/onnx_pb.h>

#include "poise/model.h"

namespace poise {

/// Names in the file that the reader relies on.
inline constexpr const char* kWeightsName = "weights";  ///< float64 [d, K]: transposed, as the product wants it
inline constexpr const char* kBiasName = "bias";        ///< float64 [K]
inline constexpr const char* kCenterName = "center";    ///< float64 [d]

/// Fills `graph`:
///
///   inputs → features [rows, d] → − center → fill in what is missing → · weights + bias → softmax → probabilities
///                                                                                      ↘ argmax → label
///
/// Only operators of opset 13 and ai.onnx.ml 2 that ONNX Runtime has on the CPU. The model must be consistent.
void build_graph(const SoftmaxModel& model, onnx::GraphProto& graph);

}  // namespace poise
