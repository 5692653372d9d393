// NPY: NumPy's array files, versions 1 to 3.
#pragma once

#include <string_view>
#include <vector>

#include "data/array/array_labels.h"
#include "data/bytes/bytes.h"
#include "poise/read.h"

namespace poise::inline data {

/// A little-endian numeric array whose header was checked against its size.
struct NpyArray {
  Bytes bytes;
  char kind = 'f';  ///< 'f' float, 'B' bfloat16, 'i' integer, 'u' unsigned, 'b' boolean
  int size = 4;     ///< bytes a value
  bool fortran = false;
  std::vector<Index> shape;
  std::size_t data_begin = 0;

  const char* data() const { return bytes.data + data_begin; }
  Index count() const;
  double value(Index i) const;  ///< the i-th in the file
  /// The i-th as an integer that names a class, exactly. Error(kData) if it is none: `what` and `row` are for the
  /// message.
  std::int64_t label(Index i, const std::string& what, Index row) const;
};

bool is_npy(std::string_view bytes);
NpyArray parse_npy(const Bytes& bytes, const std::string& file);
ArrayLabels npy_labels(const NpyArray& array, const std::string& file);

/// Features: [n,d], or [n,rows,columns] of uint8 for images. float16, bfloat16, float32 and uint8 in C order, and
/// float64 whose numbers need it, stay where they are (mapped); everything else is copied in the narrowest type that
/// holds all numbers.
/// Integers beyond 2^53 are rounded to float64. Labels: a file of their own, else the last
/// column (or the one options.label names), which must hold integers.
Dataset read_array(NpyArray array, const std::string& file, const ReadOptions& options, const Schema* schema);

/// The same of the bytes of an NPY, NPZ or safetensors file, of which `member` names an array. Labels are then also
/// looked for in the file, under the names that label_member knows.
Dataset read_array_file(const Bytes& bytes, const std::string& file, const std::string& member,
                        const ReadOptions& options, const Schema* schema);

/// The same of files of arrays that fit a pattern, joined (data/array/members.h).
Dataset read_shards(const std::string& source, const ReadOptions& options, const Schema* schema);

}  // namespace poise::inline data
