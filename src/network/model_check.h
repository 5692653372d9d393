// What writer and reader of the model file agree on.
#pragma once

#include <string>

#include "poise/network.h"

namespace poise::inline network {

inline constexpr const char* kProducer = "poise";
inline constexpr const char* kSchemaKey = "schema";    ///< metadata_props "poise.schema": the schema as JSON
inline constexpr const char* kNetworkKey = "network";  ///< "poise.network": hidden activations and head as JSON
inline constexpr const char* kFormatKey = "format";    ///< "poise.format": the format's number, the last entry

/// Of the file; the number goes up when an older Poise could not read it. The softmax layer keeps the first.
inline constexpr int kSoftmaxFormat = 1, kNetworkFormat = 2, kReconstructionFormat = 3, kConvolutionFormat = 4;
int model_format(const Network& network);

/// Keys that are not for the user's metadata.
inline bool is_reserved(const std::string& key) { return key == kSchemaKey || key == kNetworkKey || key == kFormatKey; }

/// Names of constants in the graph that the reader relies on, all float64. Weights are transposed, as products want
/// them: [N_{l−1}, N_l]; those of a convolution are as ONNX has them, [kernels, channels, side, side]. The softmax
/// layer's are called "weights" and "bias", those of networks "layer1/weights", …
inline constexpr const char* kCenterName = "center";  ///< [d]
std::string weights_name(const Network& network, std::size_t layer);
std::string bias_name(const Network& network, std::size_t layer);
/// "" for the softmax layer, "layer1/" for the first layer of a network.
std::string layer_prefix(const Network& network, std::size_t layer);

/// Throws Error(kData) naming `file`, if it came from one, if the network is more than the softmax layer.
void require_softmax_layer(const Network& network, const std::string& file = {});
/// Throws Error(kData) naming `file`, if it came from one, if the network gives features and not classes.
void require_classifier(const Network& network, const std::string& file = {});
/// Throws Error(kData) if it gives classes and not features.
void require_reconstruction(const Network& network);
/// Throws Error(kUsage) unless 1 ≤ layer < L.
void require_hidden_layer(const Network& network, Index layer);
/// Throws Error(kUsage), "<feature> of a network whose layer 1 is a convolution", if one is.
void require_dense(const std::vector<Layer>& layers, const std::string& feature);
/// The number of the narrowest hidden layer, the first of several, whose states are the code; 0: there is none.
std::size_t code_layer(const Network& network);
/// load_model, which has to be a softmax layer.
Network load_softmax_layer(const std::string& path);

/// What is wrong with shapes, schema or numbers of a network, as a sentence; empty if nothing is.
std::string network_fault(const Network& network);

}  // namespace poise::inline network
