#include "data/libsvm.h"
#include "expect_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const poise::Bytes bytes = poise::copy_bytes({reinterpret_cast<const char*>(data), size});
  poise::ReadOptions options;
  options.threads = 1;
  poise::expect_result_or_error([&] {
    poise::looks_like_libsvm(bytes.view());
    if (poise::looks_like_libsvm(bytes.view().substr(0, size / 2))) options.threads = 2;
    const poise::Dataset set = poise::read_libsvm(bytes, "t.svm", options, nullptr);
    const poise::Dataset again = poise::read_libsvm(bytes, "t.svm", options, &set.schema);
    if (again.labels != set.labels || again.features.sparse()->columns != set.features.sparse()->columns) std::abort();
  });
  return 0;
}
