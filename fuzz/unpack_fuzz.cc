// xz and zstd: any bytes unpack or end in an Error, and what unpacks has a size.
#include "data/bytes/unpack.h"
#include "expect_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const poise::Packing packing : {poise::Packing::kXz, poise::Packing::kZstd}) {
    poise::expect_result_or_error([&] {
      if (poise::unpack(bytes, packing, "t").size == 0) std::abort();
    });
  }
  return 0;
}
