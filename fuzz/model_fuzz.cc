// Any bytes given as a model end in an Error or in a network that survives another round trip.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "network/model_file.h"
#include "poise/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto model = poise::parse_network({reinterpret_cast<const char*>(data), size}, "fuzz");
    const auto again = poise::parse_network(poise::serialize_network(model), "fuzz");
    if (again.architecture() != model.architecture() || again.metadata != model.metadata) std::abort();
    for (std::size_t l = 0; l < model.layers.size(); ++l) {
      if (again.layers[l].weights != model.layers[l].weights) std::abort();
    }
  } catch (const poise::Error&) {
  }
  return 0;
}
