#include "data/table/libsvm.h"

#include <algorithm>

#include "expect_error.h"

/// Whether an index of 7 to 10 digits occurs: legal, but it costs gigabytes, and says nothing that smaller ones do not.
static bool is_expensive(const std::uint8_t* data, std::size_t size) {
  std::size_t digits = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == ':' && digits >= 7 && digits <= 10) return true;
    digits = data[i] >= '0' && data[i] <= '9' ? digits + 1 : 0;
  }
  return false;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (is_expensive(data, size)) return 0;
  const poise::Bytes bytes = poise::copy_bytes({reinterpret_cast<const char*>(data), size});
  poise::ReadOptions options;
  options.threads = 1;
  poise::expect_result_or_error([&] {
    poise::looks_like_libsvm(bytes.view());
    if (poise::looks_like_libsvm(bytes.view().substr(0, size / 2))) options.threads = 2;
    const poise::Dataset set = poise::read_libsvm(bytes, "t.svm", options, nullptr);
    const poise::Dataset again = poise::read_libsvm(bytes, "t.svm", options, &set.schema);
    const bool same = std::ranges::equal(again.features.sparse()->columns, set.features.sparse()->columns);
    if (again.labels != set.labels || !same) std::abort();
  });
  return 0;
}
