#include "data/bytes/gzip.h"
#include "expect_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  poise::expect_result_or_error([&] { poise::inflate_gzip({reinterpret_cast<const char*>(data), size}, "t.gz"); });
  return 0;
}
