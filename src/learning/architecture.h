// From the words of the options to the layers of a network.
#pragma once

#include <optional>
#include <vector>

#include "learning/parameters.h"

namespace poise::learning {

/// A hidden layer as the options have it: dense, of so many units, or a convolution, whose image is not known yet.
struct HiddenLayer {
  Index units = 0;              ///< of a dense layer
  Index kernels = 0, side = 0;  ///< of a convolution
  bool padded = true;           ///< with zeros around the image, so that it keeps its size
  Index pool = 1;
  double dropout = 0;

  bool is_convolution() const { return kernels > 0; }
};

/// Those of `layers` or of `hidden`. Throws Error(kUsage) for words that cannot be read, or out of order.
std::vector<HiddenLayer> hidden_layers(const NetworkOptions& options);

/// Whether the first is a convolution, as it is if any is: then the inputs are images.
bool takes_images(const NetworkOptions& options);

/// Where the parameters of such a network for `data` lie. Throws Error(kUsage) if the layers do not fit its features,
/// Error(kData) if there is a convolution and features are no pixels.
ParameterLayout layout_of(const NetworkOptions& options, const Dataset& data);

}  // namespace poise::learning
