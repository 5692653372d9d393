// Labels that come as an array of their own: an IDX or NPY file, or one column taken out of an array.
#pragma once

#include <string>
#include <vector>

#include "poise/read.h"

namespace poise::inline data {

/// Integer class labels, or target distributions (then `values` is empty).
struct ArrayLabels {
  std::string what;  ///< for messages: the file, or the column
  std::vector<std::int64_t> values;
  Matrix targets;
  bool of_features = false;  ///< a column of the features' array, which may hold a quantity
  double rounding = 0;       ///< relative, of the type that the file holds `targets` in, where that is coarse

  Index rows() const { return targets.size() > 0 ? targets.rows() : static_cast<Index>(values.size()); }
};

/// Reads labels from an IDX or NPY file, by its content: integers [n] (or [n,1]), or floats [n,K] whose rows are
/// distributions. Floats [n] that are integers count as such.
ArrayLabels read_label_file(const std::string& path);

/// The labels file that goes with a file of features by its name, if it exists, else empty: "images" becomes "labels"
/// (and "idx3", "idx1"); "x.npy" has "x-labels.npy". Each may be packed or not.
std::string find_label_file(const std::string& features_path);

/// The bytes that an array of this shape takes, or the largest number if that is more than 64 bits hold.
std::uint64_t array_bytes(std::size_t value_size, const std::vector<Index>& shape);

/// Rounds a number to the integer that it must be.
std::int64_t integer_label(double value, const std::string& what, Index row);

/// Turns labels into class ids of `data`, by the schema's classes where there is a schema.
void set_labels(Dataset& data, const ArrayLabels& labels, const Schema* schema);

/// Fills the schema of an array (all numeric), or checks it against a model's: format, number of features.
void set_array_schema(Dataset& data, FileFormat format, const std::vector<Index>& image_shape, const std::string& file,
                      const Schema* schema);

/// Error(kUsage) for the options that only tables have.
void refuse_table_options(const ReadOptions& options, const std::string& file);

}  // namespace poise::inline data
