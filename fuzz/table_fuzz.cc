// Tables: inferred, then read again with the schema that came out; with options from the first byte and the last.
#include "data/table/table.h"
#include "expect_error.h"

static poise::ReadOptions options_of(unsigned first, unsigned last) {
  poise::ReadOptions options;
  options.threads = 1;
  options.missing = static_cast<poise::MissingPolicy>(first % 3);
  if ((first & 4) != 0) options.label = "0";
  if ((first & 8) != 0) options.header = (first & 16) != 0;
  if ((first & 32) != 0) options.sample_weight = "1";
  options.strip_label_dot = (first & 64) != 0;
  if ((first & 128) == 0) options.unknown_category = poise::UnknownCategory::kError;
  options.decimal = (last & 3) == 1 ? ',' : (last & 3) == 2 ? '.' : '\0';
  if ((last & 8) != 0) options.quote = '\0';
  if ((last & 16) != 0) options.comment = '#';
  if ((last & 32) != 0) options.missing_values = {{"x", "9"}};
  if ((last & 64) != 0) options.min_category_rows = 3;
  if ((last & 128) != 0) options.numeric = {"-1"};
  return options;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const poise::Bytes bytes = poise::copy_bytes({reinterpret_cast<const char*>(data) + 1, size - 1});
  poise::ReadOptions options = options_of(data[0], data[size - 1]);
  poise::expect_result_or_error([&] {
    const poise::Dataset set = poise::read_table(bytes, "t.csv", options, nullptr);
    for (poise::Index k = 0; k < set.rows() * set.features.cols(); ++k) {
      const double value = set.features.value(k / set.features.cols(), k % set.features.cols());
      if (!(value - value == 0)) std::abort();  // every value is finite
    }
    const poise::Dataset again = poise::read_table(bytes, "t.csv", options, &set.schema);
    if (again.rows() != set.rows() || again.labels != set.labels) std::abort();
  });
  options.inspecting = true;
  poise::expect_result_or_error([&] {
    const poise::Dataset set = poise::read_table(bytes, "t.csv", options, nullptr);
    if (set.missing.size() != set.schema.columns.size()) std::abort();
  });
  return 0;
}
