// Any bytes as a file without a telling name: other formats, UTF-16, and whichever reader they look to be for.
#include "data/bytes/utf16.h"
#include "data/read_bytes.h"
#include "expect_error.h"

/// Whether an index of 7 to 10 digits occurs: legal in LIBSVM text, but it costs gigabytes.
static bool is_expensive(std::string_view text) {
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == ':' && digits >= 7 && digits <= 10) return true;
    if (c != 0) digits = c >= '0' && c <= '9' ? digits + 1 : 0;
  }
  return false;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const poise::Bytes bytes = poise::copy_bytes({reinterpret_cast<const char*>(data), size});
  if (is_expensive(bytes.view())) return 0;
  poise::ReadOptions options;
  options.threads = 1;
  poise::expect_result_or_error([&] { poise::read_bytes(bytes, "t", options, nullptr); });
  for (const poise::ByteOrder order : {poise::ByteOrder::kLittle, poise::ByteOrder::kBig}) {
    poise::expect_result_or_error([&] {
      const poise::Bytes text = poise::utf16_to_utf8(bytes.view(), order, "t");
      if (text.size > size / 2 * 3 + 4) std::abort();
    });
  }
  return 0;
}
