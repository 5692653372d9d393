#include "data/array/array_labels.h"

#include <fmt/core.h>

#include <cmath>
#include <limits>
#include <map>

#include "base/shell_word.h"
#include "data/array/idx.h"
#include "data/array/members.h"
#include "data/array/npy.h"
#include "data/bytes/bytes.h"
#include "data/classes.h"
#include "data/soft_targets.h"

namespace poise::inline data {
namespace {

/// The distinct values, ascending, as text; and for each label its place among them.
std::vector<std::string> distinct_values(const std::vector<std::int64_t>& values, std::vector<std::size_t>& place) {
  std::map<std::int64_t, std::size_t> seen;
  for (const std::int64_t value : values) seen.emplace(value, 0);
  std::vector<std::string> names;
  for (auto& [value, position] : seen) {
    position = names.size();
    names.push_back(std::to_string(value));
  }
  place.reserve(values.size());
  for (const std::int64_t value : values) place.push_back(seen.at(value));
  return names;
}

void set_targets(Dataset& data, const ArrayLabels& labels, const Schema* schema) {
  if (schema != nullptr && schema->class_count() != labels.targets.cols()) {
    throw Error(ErrorKind::kData, fmt::format("{} has {} columns", labels.what, labels.targets.cols()),
                fmt::format("one for each of the model's {} classes", schema->class_count()));
  }
  data.targets = labels.targets;
  if (const auto note = to_distributions(data.targets, labels.what, labels.rounding)) data.notices.push_back(*note);
  if (schema != nullptr) return;
  for (Index k = 0; k < labels.targets.cols(); ++k) data.schema.classes.push_back(std::to_string(k));
}

std::string existing(const std::string& path) {
  for (const char* ending : {"", ".gz", ".xz", ".zst"}) {
    if (is_file(path + ending)) return path + ending;
  }
  return {};
}

std::string with_last_replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t place = text.rfind(from);
  return place == std::string::npos ? text : text.replace(place, from.size(), to);
}

}  // namespace

ArrayLabels read_label_file(const std::string& path) {
  if (is_pattern(path)) return npy_labels(join_shards(path), path);
  const MemberPath named = split_member(path);
  const Bytes bytes = load_inflated(named.path);
  if (is_array_file(bytes.view())) return npy_labels(parse_array(bytes, named.path, named.member), path);
  if (is_idx(bytes.view())) return idx_labels(parse_idx(bytes, path), path);
  throw Error(ErrorKind::kData, "no file of arrays (NPY, NPZ, safetensors or IDX)", "labels in one of these formats",
              {}, {path});
}

std::string find_label_file(const std::string& features_path) {
  const std::string plain = without_packing(features_path);
  const std::size_t slash = plain.rfind('/') + 1;  // npos + 1 is 0
  const std::string folder = plain.substr(0, slash), name = plain.substr(slash);
  if (name.find("images") != std::string::npos) {
    const std::string labels = with_last_replaced(name, "images", "labels");
    for (const std::string& guess :
         {with_last_replaced(labels, "idx3", "idx1"), with_last_replaced(labels, "idx2", "idx1"), labels}) {
      if (const std::string found = existing(folder + guess); !found.empty()) return found;
    }
  }
  if (!name.ends_with(".npy")) return {};
  const std::string guess = folder + name.substr(0, name.size() - 4) + "-labels.npy";
  return is_pattern_of_files(guess) ? guess : existing(guess);
}

std::uint64_t array_bytes(std::size_t value_size, const std::vector<Index>& shape) {
  std::uint64_t product = value_size;
  bool overflow = false, empty = false;
  for (const Index size : shape) {
    empty |= size == 0;
    overflow |= __builtin_mul_overflow(product, static_cast<std::uint64_t>(size), &product);
  }
  return empty ? 0 : overflow ? std::numeric_limits<std::uint64_t>::max() : product;
}

std::int64_t integer_label(double value, const std::string& what, Index row) {
  constexpr double kExact = 9007199254740992;  // 2^53: beyond, a double may stand for several integers
  if (std::nearbyint(value) == value && std::abs(value) <= kExact) return static_cast<std::int64_t>(value);
  throw Error(ErrorKind::kData, fmt::format("{} holds {} in row {}", what, value, row + 1),
              "integers that name classes", "labels in a file of their own are named with --labels");
}

void set_labels(Dataset& data, const ArrayLabels& labels, const Schema* schema) {
  if (labels.rows() != data.rows()) {
    throw Error(ErrorKind::kData, fmt::format("{} has {} labels", labels.what, labels.rows()),
                fmt::format("{}, one a row", data.rows()));
  }
  if (labels.targets.size() > 0) return set_targets(data, labels, schema);
  std::vector<std::size_t> place;
  const std::vector<std::string> names = distinct_values(labels.values, place);
  std::vector<std::int32_t> class_of;
  if (schema == nullptr) {
    Classes classes =
        infer_classes(names, data.rows(), {labels.what, "--labels names the file that holds the classes"});
    if (labels.of_features && !classes.note.empty()) data.notices.push_back(classes.note);
    data.schema.classes = std::move(classes.names);
    class_of = std::move(classes.class_of);
  } else {
    class_of = match_classes(names, schema->classes);
  }
  data.labels.reserve(place.size());
  for (std::size_t i = 0; i < place.size(); ++i) {
    if (class_of[place[i]] < 0) {
      throw Error(
          ErrorKind::kData,
          fmt::format("{} holds the label {} in row {}, no class of the model", labels.what, names[place[i]], i + 1),
          "one of " + list_names(schema->classes));
    }
    data.labels.push_back(class_of[place[i]]);
  }
}

void set_array_schema(Dataset& data, FileFormat format, const std::vector<Index>& image_shape, const std::string& file,
                      const Schema* schema) {
  const Index features = data.features.cols();
  if (schema == nullptr) {
    data.schema.format = format;
    data.schema.array_features = features;
    data.schema.image_shape = image_shape;
    return;
  }
  if (!schema->columns.empty()) {
    throw Error(ErrorKind::kData, "an array, without named columns", "a table, as the model was trained on",
                fmt::format("'poise convert {} FILE.csv' makes one; its columns must be those of the training file",
                            shell_word(file)),
                {file});
  }
  if (features != schema->array_features) {
    throw Error(ErrorKind::kData, fmt::format("rows of {} features", features),
                fmt::format("{}, as the model was trained on", schema->array_features), {}, {file});
  }
  data.schema = *schema;
}

void refuse_table_options(const ReadOptions& options, const std::string& file) {
  const char* option = !options.ignore.empty()                               ? "--ignore"
                       : !options.categorical.empty()                        ? "--categorical"
                       : !options.numeric.empty()                            ? "--numeric"
                       : options.sample_weight && !options.weight_as_trained ? "--sample-weight"
                                                                             : nullptr;
  if (option == nullptr) return;
  throw Error(ErrorKind::kUsage, fmt::format("{} is for tables, and this is an array", option), "a table",
              "convert the file to CSV first", {file});
}

}  // namespace poise::inline data
