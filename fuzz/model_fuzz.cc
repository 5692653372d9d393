// Any bytes given as a model end in an Error or in a model that survives another round trip.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "network/model_file.h"
#include "poise/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto model = poise::parse_model({reinterpret_cast<const char*>(data), size}, "fuzz");
    const auto again = poise::parse_model(poise::serialize_model(model), "fuzz");
    if (again.weights != model.weights || again.metadata != model.metadata) std::abort();
  } catch (const poise::Error&) {
  }
  return 0;
}
