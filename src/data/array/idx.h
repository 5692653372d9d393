// IDX: the format of MNIST. Four bytes (0, 0, type, dimensions), the sizes (32 bits, big-endian), the values.
#pragma once

#include <string_view>
#include <vector>

#include "data/array/array_labels.h"
#include "data/bytes/bytes.h"
#include "poise/read.h"

namespace poise::inline data {

/// An IDX array whose header was checked against its size.
struct IdxArray {
  Bytes bytes;
  std::uint8_t type = 0x08;  ///< 0x08 uint8, 0x09 int8, 0x0B int16, 0x0C int32, 0x0D float32, 0x0E float64
  std::vector<Index> shape;
  std::size_t data_begin = 0;

  const std::uint8_t* data() const { return bytes.unsigned_data() + data_begin; }
};

bool is_idx(std::string_view bytes);
IdxArray parse_idx(const Bytes& bytes, const std::string& file);
ArrayLabels idx_labels(const IdxArray& array, const std::string& file);

/// Images: uint8 of 2, 3 or 4 dimensions, one image a row, kept as bytes where they are; pixel/255 is the unit.
Dataset read_idx(const Bytes& bytes, const std::string& file, const ReadOptions& options, const Schema* schema);

}  // namespace poise::inline data
