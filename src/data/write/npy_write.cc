#include "data/write/npy_write.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "data/bytes/bytes.h"
#include "data/soft_targets.h"
#include "data/write/output_file.h"
#include "data/write/row_values.h"
#include "poise/error.h"
#include "rows/storage.h"

namespace poise::inline data {
namespace {

constexpr double kLargestDense = 8.0 * (1ULL << 30);

template <typename T>
void write_values(OutputFile& out, const T* values, Index count) {
  out.write({reinterpret_cast<const char*>(values), count * sizeof(T)});
}

template <typename T>
void write_rows(const Dataset& data, OutputFile& out) {
  RowValues row(data);
  std::vector<T> values(data.features.cols());
  for (Index i = 0; i < data.rows(); ++i) {
    row.load(i);
    for (std::size_t j = 0; j < values.size(); ++j) values[j] = static_cast<T>(row.value(static_cast<Index>(j)));
    write_values(out, values.data(), data.features.cols());
  }
}

void write_features(const Dataset& data, OutputFile& out) {
  const Index n = data.rows(), d = data.features.cols();
  if (holds_only(data.features, NumberType::kUint8)) {
    const std::vector<Index>& image = data.schema.image_shape;
    const bool images = image.size() == 2 && data.unit == 255;
    out.write(npy_header("|u1", images ? std::vector<Index>{n, image[0], image[1]} : std::vector<Index>{n, d}));
    write_rows<std::uint8_t>(data, out);
  } else if (stored_within_float32(data.features)) {
    out.write(npy_header("<f4", {n, d}));
    write_rows<float>(data, out);
  } else {
    out.write(npy_header("<f8", {n, d}));
    write_rows<double>(data, out);
  }
}

/// The number that stands for each class.
std::vector<std::int64_t> class_numbers(const std::vector<std::string>& classes) {
  std::vector<std::int64_t> numbers;
  for (const std::string& name : classes) {
    std::int64_t value = 0;
    const auto [stop, code] = std::from_chars(name.data(), name.data() + name.size(), value);
    if (code != std::errc{} || stop != name.data() + name.size()) break;
    numbers.push_back(value);
  }
  if (numbers.size() == classes.size()) return numbers;
  numbers.clear();
  for (std::size_t k = 0; k < classes.size(); ++k) numbers.push_back(static_cast<std::int64_t>(k));
  return numbers;
}

void write_labels(const Dataset& data, OutputFile& out) {
  if (data.targets.size() > 0) {
    const std::optional<MatrixF> narrow = within_float32(data.targets);
    out.write(npy_header(narrow ? "<f4" : "<f8", {data.targets.rows(), data.targets.cols()}));
    if (narrow) return write_values(out, narrow->data(), narrow->size());
    return write_values(out, data.targets.data(), data.targets.size());
  }
  const std::vector<std::int64_t> numbers = class_numbers(data.schema.classes);
  std::vector<std::int64_t> values;
  for (const std::int32_t label : data.labels) values.push_back(numbers[label]);
  out.write(npy_header("<i8", {static_cast<Index>(values.size())}));
  write_values(out, values.data(), static_cast<Index>(values.size()));
}

}  // namespace

/// Version 1: the dictionary padded so that the values begin at a multiple of 64.
std::string npy_header(const char* descr, const std::vector<Index>& shape) {
  std::string sizes;
  for (const Index size : shape) sizes += fmt::format("{}, ", size);
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, sizes);
  text.append(63 - (10 + text.size()) % 64, ' ');
  text += '\n';
  const auto length = static_cast<unsigned>(text.size());
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(length & 0xFF);
  header += static_cast<char>(length >> 8);
  return header + text;
}

void write_npy(const Dataset& data, const std::string& path) {
  if (data.sample_weight.size() > 0) {
    throw Error(ErrorKind::kUsage, "NPY cannot hold row weights", "a .csv file", {}, {path});
  }
  const double dense = 4.0 * static_cast<double>(data.rows()) * static_cast<double>(data.features.cols());
  if (data.features.is_sparse() && dense > kLargestDense) {
    throw Error(ErrorKind::kResource, fmt::format("the dense array takes {:.1f} GiB", dense / (1ULL << 30)),
                "at most 8 GiB", "write LIBSVM text", {path});
  }
  const std::string plain = without_gz(path), stem = plain.substr(0, plain.size() - 4);
  OutputFile features(path);
  write_features(data, features);
  features.close();
  if (data.has_targets()) {  // both are complete before either appears
    OutputFile labels(stem + "-labels.npy" + path.substr(plain.size()));
    write_labels(data, labels);
    labels.commit();
  }
  features.commit();
}

}  // namespace poise::inline data
