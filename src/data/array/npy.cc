#include "data/array/npy.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/index.h"
#include "base/parallel.h"
#include "data/array/members.h"
#include "data/table/column_types.h"
#include "rows/number_type.h"

namespace poise::inline data {
namespace {

constexpr Index kTaskValues = 1 << 17;  // values a parallel task

std::string shape_text(const NpyArray& array) {
  std::string text;
  for (const Index size : array.shape) text += fmt::format("{}{}", text.empty() ? "" : ", ", size);
  return "(" + text + ")";
}

[[noreturn]] void fail_not_finite(const std::string& file, Index row, Index column) {
  throw Error(ErrorKind::kData, fmt::format("row {}, column {} is not finite", row + 1, column + 1), "finite numbers",
              "arrays have no missing values; write a CSV, or replace them", {file});
}

/// Reads an array of features, with or without a column of labels in it.
class NpyReader {
 public:
  NpyReader(NpyArray array, const std::string& file, const ReadOptions& options, const Schema* schema)
      : array_(std::move(array)), file_(file), options_(options), schema_(schema) {
    const std::size_t dimensions = array_.shape.size();
    const bool images = dimensions == 3 && array_.kind == 'u' && array_.size == 1;
    if (dimensions != 2 && !images) {
      throw Error(ErrorKind::kData, "the array has the shape " + shape_text(array_),
                  "rows of features: (n, d), or (n, rows, columns) of uint8",
                  dimensions == 1 ? "this looks like labels; name the file of the features" : "array.reshape(n, -1)",
                  {file});
    }
    if (images && array_.fortran)
      throw Error(ErrorKind::kData, "images in Fortran order", "C order", "numpy.ascontiguousarray", {file});
    rows_ = array_.shape[0];
    cols_ = array_.count() / rows_;
    if (images) image_shape_ = {array_.shape[1], array_.shape[2]};
  }

  Dataset run() {
    const std::string label_file = options_.labels_file.empty() ? find_label_file(file_) : options_.labels_file;
    const bool asked = options_.labels || options_.label || schema_ != nullptr;
    if (asked && label_file.empty() && image_shape_.empty()) label_column_ = find_label_column();
    if (options_.labels && label_file.empty() && !image_shape_.empty() && schema_ == nullptr) {
      throw Error(ErrorKind::kData, "no labels beside the images", "a file of labels", "--labels names it", {file_});
    }
    read_features();
    if (!image_shape_.empty()) data_.unit = 255;
    set_array_schema(data_, FileFormat::kNpy, image_shape_, file_, schema_);
    if (!options_.labels) return std::move(data_);
    if (is_pattern(file_) && is_pattern(label_file)) check_shard_pairs(file_, label_file, options_.labels_file.empty());
    if (!label_file.empty()) set_labels(data_, read_label_file(label_file), schema_);
    if (label_column_ >= 0) set_labels(data_, column_labels(), schema_);
    if (options_.labels_file.empty() && !label_file.empty())
      data_.notices.push_back("the labels are those of " + label_file);
    return std::move(data_);
  }

 private:
  Index place(Index row, Index column) const { return array_.fortran ? column * rows_ + row : row * cols_ + column; }

  /// The column of labels; −1: none (a model is given and the array has just its features).
  Index find_label_column() {
    if (!options_.label && schema_ != nullptr && cols_ == schema_->array_features) return -1;
    Index column = cols_ - 1;
    if (options_.label) {
      const std::string& name = *options_.label;
      const auto [stop, code] = std::from_chars(name.data(), name.data() + name.size(), column);
      if (column < 0) column += cols_;
      if (code != std::errc{} || stop != name.data() + name.size() || column < 0 || column >= cols_) {
        throw Error(ErrorKind::kUsage, fmt::format("--label names the column '{}', which is not there", name),
                    fmt::format("an index from 0 to {}", cols_ - 1), {}, {file_});
      }
    } else {
      data_.notices.push_back(
          fmt::format("the label is column {} (the last, from 0); --labels names a file of labels", column));
    }
    if (cols_ < 2)
      throw Error(ErrorKind::kData, "one column", "a label and at least one feature", "--labels names the labels",
                  {file_});
    return column;
  }

  ArrayLabels column_labels() const {
    ArrayLabels labels{fmt::format("{}: column {}", file_, label_column_), {}, {}, true};
    for (Index i = 0; i < rows_; ++i) {
      labels.values.push_back(array_.label(place(i, label_column_), labels.what, i));
    }
    return labels;
  }

  /// In place where the array is stored as rows are wanted, else copied; in the narrowest type that holds all numbers.
  void read_features() {
    if (array_.size == 1 && array_.kind != 'i') return set<std::uint8_t>();
    if (array_.kind == 'f' && array_.size == 4) return set_finite<float>();
    const bool in_place = label_column_ < 0 && !array_.fortran;
    if (array_.kind == 'f' && array_.size == 2 && in_place) return set_finite<Float16>();
    if (array_.kind == 'B' && in_place) return set_finite<Bfloat16>();
    const auto [fineness, low, high] = measure();
    with_plain_type(narrowest_type(fineness, low, high), [&](auto number) { set<decltype(number)>(); });
  }

  Index features() const { return cols_ - (label_column_ >= 0 ? 1 : 0); }

  template <typename T>
  void set_finite() {
    check_finite<T>();
    if constexpr (std::is_floating_point_v<T>) return set<T>();
    DenseRows records{reinterpret_cast<const std::byte*>(array_.data()), cols_ * static_cast<Index>(sizeof(T)), {}};
    records.runs.push_back({array_.kind == 'B' ? NumberType::kBfloat16 : NumberType::kFloat16, 0, cols_, 0});
    data_.features = Features::from_records(array_.bytes.owner, records, rows_).streamed(array_.bytes.pages);
  }

  template <typename T>
  void set() {
    const bool same_type =
        array_.size == static_cast<int>(sizeof(T)) && (array_.kind == 'f') == std::is_floating_point_v<T>;
    const bool in_order = label_column_ < 0 && (!array_.fortran || rows_ == 1 || cols_ == 1);
    const bool aligned = reinterpret_cast<std::uintptr_t>(array_.data()) % alignof(T) == 0;
    const bool is_signed = array_.kind != 'i' || std::is_signed_v<T>;
    data_.features =
        same_type && in_order && aligned && is_signed && (array_.kind != 'u' || sizeof(T) == 1)
            ? Features::view_values(array_.bytes.owner, reinterpret_cast<const T*>(array_.data()), rows_, features())
                  .streamed(array_.bytes.pages)
            : gather<T>();
  }

  template <typename T>
  Features gather() const {
    const Room room = make_room(rows_ * features() * sizeof(T), options_.memory);
    const Index blocks = rows_ * cols_ / kTaskValues + 1;
    parallel_for(blocks, options_.threads, [&](Index block) {
      const Index begin = part_begin(rows_, blocks, block), end = part_begin(rows_, blocks, block + 1);
      T* const first = room.as<T>() + begin * features();
      T* out = first;
      for (Index i = begin; i < end; ++i) {
        for (Index j = 0; j < cols_; ++j) {
          if (j != label_column_) *out++ = static_cast<T>(array_.value(place(i, j)));
        }
      }
      room.touched(first, out);
      touched_rows(begin, end);
    });
    return Features::view_values(room.memory, room.as<const T>(), rows_, features()).streamed(room.pages);
  }

  /// All of these rows were read. In Fortran's order they lie all over the file.
  void touched_rows(Index begin, Index end) const {
    const auto bytes = static_cast<Index>(array_.size);
    if (!array_.bytes.pages) return;
    for (Index j = 0; j < (array_.fortran ? cols_ : 1); ++j) {
      const char* const from = array_.data() + bytes * place(begin, j);
      array_.bytes.pages->touched(from, from + bytes * (end - begin) * (array_.fortran ? 1 : cols_));
    }
  }

  template <typename T>
  void check_finite() const {
    using Wide = std::conditional_t<std::is_floating_point_v<T>, T, float>;
    const Index count = rows_ * cols_, blocks = count / kTaskValues + 1;
    parallel_for(blocks, options_.threads, [&](Index block) {
      const Index begin = part_begin(count, blocks, block), end = part_begin(count, blocks, block + 1);
      bool finite = true;
      for (Index k = begin; k < end; ++k)
        finite &= std::abs(static_cast<Wide>(number_at<T>(bytes_at(k, sizeof(T))))) <= std::numeric_limits<Wide>::max();
      if (array_.bytes.pages) array_.bytes.pages->touched(bytes_at(begin, sizeof(T)), bytes_at(end, sizeof(T)));
      for (Index k = begin; !finite && k < end; ++k) {
        const Index row = array_.fortran ? k % rows_ : k / cols_, column = array_.fortran ? k / rows_ : k % cols_;
        if (column != label_column_ && !std::isfinite(static_cast<Wide>(number_at<T>(bytes_at(k, sizeof(T))))))
          fail_not_finite(file_, row, column);
      }
    });
  }

  const std::byte* bytes_at(Index k, std::size_t size) const {
    return reinterpret_cast<const std::byte*>(array_.data()) + k * size;
  }

  /// Of all features together: they make one array.
  struct Numbers {
    Fineness fineness;
    double low = std::numeric_limits<double>::infinity(), high = -low;
  };
  Numbers measure() const {
    const Index blocks = rows_ * cols_ / kTaskValues + 1;
    std::vector<Numbers> parts(blocks);
    parallel_for(blocks, options_.threads, [&](Index block) {
      Numbers& part = parts[block];
      const Index begin = part_begin(rows_, blocks, block), end = part_begin(rows_, blocks, block + 1);
      for (Index i = begin; i < end; ++i) {
        for (Index j = 0; j < cols_; ++j) {
          if (j == label_column_) continue;
          const double value = array_.value(place(i, j));
          if (!std::isfinite(value)) fail_not_finite(file_, i, j);
          part.low = std::min(part.low, value), part.high = std::max(part.high, value);
          if (part.fineness.integers || part.fineness.floats) part.fineness.add(value);
        }
      }
      touched_rows(begin, end);
    });
    for (const Numbers& part : parts) {
      parts[0].fineness.add(part.fineness);
      parts[0].low = std::min(parts[0].low, part.low), parts[0].high = std::max(parts[0].high, part.high);
    }
    return parts[0];
  }

  NpyArray array_;
  const std::string& file_;
  const ReadOptions& options_;
  const Schema* schema_;
  Index rows_ = 0, cols_ = 0, label_column_ = -1;
  std::vector<Index> image_shape_;
  Dataset data_;
};

}  // namespace

ArrayLabels npy_labels(const NpyArray& array, const std::string& file) {
  ArrayLabels labels{file, {}, {}};
  const bool flat = array.shape.size() == 1 || (array.shape.size() == 2 && array.shape[1] == 1);
  if (!flat && (array.shape.size() != 2 || (array.kind != 'f' && array.kind != 'B'))) {
    throw Error(ErrorKind::kData, "the array has the shape " + shape_text(array), "labels (n), or floats (n, classes)",
                {}, {file});
  }
  const Index rows = array.shape[0];
  if (flat) {
    for (Index i = 0; i < rows; ++i) labels.values.push_back(array.label(i, file, i));
    return labels;
  }
  const Index classes = array.shape[1];
  labels.targets.resize(rows, classes);
  if (array.size == 2) labels.rounding = array.kind == 'B' ? 0x1p-8 : 0x1p-11;
  for (Index i = 0; i < rows; ++i) {
    for (Index k = 0; k < classes; ++k) {
      labels.targets(i, k) = array.value(array.fortran ? k * rows + i : i * classes + k);
    }
  }
  return labels;
}

Dataset read_array(NpyArray array, const std::string& file, const ReadOptions& options, const Schema* schema) {
  refuse_table_options(options, file);
  return NpyReader(std::move(array), file, options, schema).run();
}

namespace {

/// With the labels that the file, or the shards, have under the name `labels` (may be empty), unless others are asked
/// for.
Dataset read_with_labels(NpyArray array, const std::string& file, const std::string& member, const std::string& labels,
                         const ReadOptions& options, const Schema* schema) {
  const std::string shown = member.empty() ? file : file + ":" + member;
  if (labels.empty() || labels == member || !options.labels || options.label || !options.labels_file.empty()) {
    return read_array(std::move(array), shown, options, schema);
  }
  ReadOptions apart = options;
  apart.labels_file = file + ":" + labels;
  Dataset data = read_array(std::move(array), shown, apart, schema);
  data.notices.push_back("the labels are those of " + apart.labels_file);
  return data;
}

}  // namespace

Dataset read_array_file(const Bytes& bytes, const std::string& file, const std::string& member,
                        const ReadOptions& options, const Schema* schema) {
  return read_with_labels(parse_array(bytes, file, member), file, member, label_member(bytes, file), options, schema);
}

Dataset read_shards(const std::string& source, const ReadOptions& options, const Schema* schema) {
  const MemberPath named = split_member(source);
  return read_with_labels(join_shards(source, options.memory), named.path, named.member, label_member(source), options,
                          schema);
}

}  // namespace poise::inline data
