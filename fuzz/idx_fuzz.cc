#include "data/array/idx.h"
#include "expect_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const poise::Bytes bytes = poise::copy_bytes({reinterpret_cast<const char*>(data), size});
  poise::ReadOptions options;
  options.threads = 1;
  poise::Schema schema;  // of a model: images without labels are fine
  schema.array_features = 4;
  schema.classes = {"0", "1"};
  poise::expect_result_or_error([&] { poise::idx_labels(poise::parse_idx(bytes, "t.idx"), "t.idx"); });
  poise::expect_result_or_error([&] {
    const poise::Dataset set = poise::read_idx(bytes, "t.idx", options, &schema);
    unsigned sum = 0;
    for (poise::Index k = 0; k < set.rows() * 4; ++k) sum += set.features.array<std::uint8_t>()[k];
    if (sum > 255U * static_cast<unsigned>(4 * set.rows())) std::abort();
  });
  return 0;
}
