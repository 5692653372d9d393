#include "data/array/npy.h"
#include "expect_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const poise::Bytes bytes = poise::copy_bytes({reinterpret_cast<const char*>(data), size});
  poise::ReadOptions options;
  options.threads = 1;
  poise::expect_result_or_error([&] { poise::npy_labels(poise::parse_npy(bytes, "t.npy"), "t.npy"); });
  poise::expect_result_or_error([&] { poise::read_array_file(bytes, "t.npy", {}, options, nullptr); });
  return 0;
}
