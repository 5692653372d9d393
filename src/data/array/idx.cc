#include "data/array/idx.h"

#include <fmt/core.h>

namespace poise::inline data {
namespace {

std::size_t type_size(std::uint8_t type) {
  switch (type) {
    case 0x08:
    case 0x09:
      return 1;
    case 0x0B:
      return 2;
    case 0x0C:
    case 0x0D:
      return 4;
    case 0x0E:
      return 8;
    default:
      return 0;
  }
}

std::uint32_t big_endian(const std::uint8_t* p, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t k = 0; k < size; ++k) value = value << 8 | p[k];
  return value;
}

std::string shape_text(const std::vector<Index>& shape) {
  std::string text;
  for (const Index size : shape) text += fmt::format("{}{}", text.empty() ? "" : "×", size);
  return text;
}

std::int64_t integer_at(const IdxArray& array, Index i) {
  const std::size_t size = type_size(array.type);
  const std::uint8_t* const p = array.data() + i * size;
  switch (array.type) {
    case 0x08:
      return *p;
    case 0x09:
      return static_cast<std::int8_t>(*p);
    case 0x0B:
      return static_cast<std::int16_t>(big_endian(p, 2));
    default:
      return static_cast<std::int32_t>(big_endian(p, 4));
  }
}

}  // namespace

bool is_idx(std::string_view bytes) {
  return bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0 && type_size(static_cast<std::uint8_t>(bytes[2])) > 0 &&
         bytes[3] >= 1 && bytes[3] <= 8;
}

IdxArray parse_idx(const Bytes& bytes, const std::string& file) {
  const auto fail = [&](const std::string& found, const std::string& expected, const std::string& hint = {}) {
    throw Error(ErrorKind::kData, found, expected, hint, {file});
  };
  if (!is_idx(bytes.view())) fail("wrong magic number", "an IDX file: 0, 0, a type from 8 to 14, 1 to 8 dimensions");
  IdxArray array{bytes, bytes.unsigned_data()[2], {}, 0};
  const std::size_t dimensions = bytes.unsigned_data()[3];
  array.data_begin = 4 + 4 * dimensions;
  if (bytes.size < array.data_begin) fail("the IDX header is cut short", fmt::format("{} sizes", dimensions));
  for (std::size_t k = 0; k < dimensions; ++k) {
    array.shape.push_back(big_endian(bytes.unsigned_data() + 4 + 4 * k, 4));
  }
  const std::uint64_t claimed = array_bytes(type_size(array.type), array.shape);
  const std::size_t have = bytes.size - array.data_begin;
  if (claimed == 0)
    fail(fmt::format("an IDX array of shape {} has no values", shape_text(array.shape)), "rows of data");
  if (claimed != have) {
    fail(fmt::format("the IDX header claims {} = {} bytes and {} follow", shape_text(array.shape), claimed, have),
         "as many as claimed", "the file may be cut short: copy or download it again");
  }
  return array;
}

ArrayLabels idx_labels(const IdxArray& array, const std::string& file) {
  if (array.shape.size() != 1 || array.type > 0x0C) {
    throw Error(ErrorKind::kData,
                fmt::format("an IDX array of shape {} and type 0x{:02x}", shape_text(array.shape), array.type),
                "labels: one dimension of integers", {}, {file});
  }
  ArrayLabels labels{file, {}, {}};
  labels.values.reserve(array.shape[0]);
  for (Index i = 0; i < array.shape[0]; ++i) labels.values.push_back(integer_at(array, i));
  return labels;
}

Dataset read_idx(const Bytes& bytes, const std::string& file, const ReadOptions& options, const Schema* schema) {
  refuse_table_options(options, file);
  const IdxArray array = parse_idx(bytes, file);
  if (array.shape.size() < 2 || array.shape.size() > 4 || array.type != 0x08) {
    throw Error(ErrorKind::kData,
                fmt::format("an IDX array of shape {} and type 0x{:02x}", shape_text(array.shape), array.type),
                "images: 2 to 4 dimensions of uint8 (type 0x08)",
                array.shape.size() == 1 ? "this looks like the labels; name the file of the images" : "", {file});
  }
  Dataset data;
  Index pixels = 1;
  for (std::size_t k = 1; k < array.shape.size(); ++k) pixels *= array.shape[k];
  data.features = Features::view_values(array.bytes.owner, array.data(), array.shape[0], pixels).streamed(bytes.pages);
  data.unit = 255;
  std::vector<Index> image_shape;
  if (array.shape.size() == 3) image_shape = {array.shape[1], array.shape[2]};
  set_array_schema(data, FileFormat::kIdx, image_shape, file, schema);
  if (!options.labels) return data;
  const std::string labels = options.labels_file.empty() ? find_label_file(file) : options.labels_file;
  if (!labels.empty()) {
    set_labels(data, read_label_file(labels), schema);
  } else if (schema == nullptr) {
    throw Error(ErrorKind::kData, "no labels beside the images", "a file with 'labels' in the place of 'images'",
                "--labels names it", {file});
  }
  return data;
}

}  // namespace poise::inline data
