#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/index.h"
#include "base/parallel.h"
#include "base/parse_json.h"
#include "data/array/array_labels.h"
#include "data/array/rows_file.h"
#include "data/array/rows_file_format.h"
#include "data/array/safetensors.h"
#include "data/schema_json.h"
#include "data/soft_targets.h"
#include "poise/error.h"
#include "rows/load.h"

namespace poise::inline data {
namespace {

using OrderedJson = nlohmann::ordered_json;

class RowsFileReader {
 public:
  RowsFileReader(const Bytes& bytes, const std::string& file, const ReadOptions& options, const Schema* schema)
      : bytes_(bytes), file_(file), options_(options), schema_(schema), names_(safetensors_names(bytes, file)) {}

  Dataset run() {
    refuse_table_options(options_, file_);
    if (options_.label || !options_.labels_file.empty()) {
      throw Error(ErrorKind::kUsage, "a label named for a row file, which has its own", "no --label and no --labels",
                  "convert the rows with the label that they are to have", {file_});
    }
    const std::string text = safetensors_metadata(bytes_, file_).at(kRowsKey);
    if (const std::string fault = repeated_member(text); !fault.empty()) fail(fault, "each member once");
    const OrderedJson about = OrderedJson::parse(text, nullptr, false);
    if (!about.is_object() || !about.contains("schema")) fail("metadata without a schema", "those of a row file");
    data_.schema = schema_from_json(about["schema"]);
    data_.unit = number(about, "unit");
    if (!(data_.unit > 0)) fail("a unit that is none", "a number above 0");
    if (about.contains("missing")) read_missing(about["missing"]);
    read_features(about);
    check_finite();
    read_targets();
    if (schema_ != nullptr) check_schema();
    return std::move(data_);
  }

 private:
  [[noreturn]] void fail(const std::string& found, const std::string& expected) const {
    throw Error(ErrorKind::kData, found, expected, "'poise convert' writes the file anew", {file_});
  }

  double number(const OrderedJson& about, const char* key) const {
    if (!about.contains(key) || !about[key].is_number()) fail(fmt::format("no number '{}'", key), "one");
    return about[key].get<double>();
  }

  bool has(const char* name) const { return std::ranges::count(names_, name) > 0; }

  /// A tensor of this type, whose numbers stand where they can be read.
  NpyArray tensor(const char* name, char kind, int size, std::size_t dimensions) const {
    if (!has(name)) fail(fmt::format("no tensor '{}'", name), "one");
    NpyArray found = parse_safetensors(bytes_, file_, name);
    if (found.kind != kind || found.size != size || found.shape.size() != dimensions)
      fail(fmt::format("tensor '{}' is of another type or shape", name), "as 'poise convert' writes it");
    if (reinterpret_cast<std::uintptr_t>(found.data()) % static_cast<std::uintptr_t>(size) != 0)
      fail(fmt::format("tensor '{}' stands at an odd place", name), "a multiple of the size of its numbers");
    return found;
  }

  template <typename T>
  std::span<const T> numbers(const char* name, char kind) const {
    const NpyArray found = tensor(name, kind, sizeof(T), 1);
    return {reinterpret_cast<const T*>(found.data()), static_cast<std::size_t>(found.shape[0])};
  }

  void read_missing(const OrderedJson& list) {
    for (const OrderedJson& count : list) {
      if (!count.is_number_integer()) fail("counts of missing values that are none", "whole numbers");
      data_.missing.push_back(count.get<Index>());
    }
  }

  void read_features(const OrderedJson& about) {
    if (has("row_start")) {
      read_sparse(static_cast<Index>(number(about, "columns")));
    } else if (has("features")) {
      read_array();
    } else {
      read_records(about);
    }
    if (data_.features.cols() != data_.schema.feature_count())
      fail(fmt::format("{} features", data_.features.cols()),
           fmt::format("{}, as the schema says", data_.schema.feature_count()));
  }

  void read_array() {
    const NpyArray found = parse_safetensors(bytes_, file_, "features");
    const char* const type = found.kind == 'u' ? "U8" : found.kind == 'B' ? "BF16" : nullptr;
    const std::string name = type ? type : fmt::format("{}{}", found.kind == 'f' ? 'F' : 'I', 8 * found.size);
    const auto stored = value_named<NumberType>(name);
    if (!stored || found.shape.size() != 2 || (found.kind == 'u' && found.size != 1))
      fail("features of another type or shape", "as 'poise convert' writes them");
    set_records(found, {{*stored, 0, found.shape[1], 0}});
  }

  void read_records(const OrderedJson& about) {
    const NpyArray found = tensor("rows", 'u', 1, 2);
    std::vector<ColumnRun> runs;
    Index columns = 0, end = 0;
    if (!about.contains("runs") || !about["runs"].is_array()) fail("no types of the columns", "'runs'");
    for (const OrderedJson& run : about["runs"]) {
      const bool fits = run.is_array() && run.size() == 2 && run[0].is_string() && run[1].is_number_unsigned();
      const auto type = fits ? value_named<NumberType>(run[0].get<std::string>()) : std::nullopt;
      const Index count =
          fits ? static_cast<Index>(std::min<std::uint64_t>(run[1].get<std::uint64_t>(), found.shape[1])) : 0;
      if (!type || count == 0) fail("types of columns that are none", "pairs of a type and a number of columns");
      runs.push_back({*type, columns, count, end});
      columns += count, end += count * static_cast<Index>(size_of(*type));
    }
    if (end != found.shape[1]) fail(fmt::format("records of {} bytes", found.shape[1]), fmt::format("{}", end));
    set_records(found, std::move(runs));
  }

  void set_records(const NpyArray& found, std::vector<ColumnRun> runs) {
    const Index stride = found.shape[1] * found.size;
    DenseRows records{reinterpret_cast<const std::byte*>(found.data()), stride, std::move(runs)};
    data_.features = Features::from_records(bytes_.owner, std::move(records), found.shape[0]).streamed(bytes_.pages);
  }

  void read_sparse(Index columns) {
    CsrView rows;
    rows.cols = columns;
    rows.row_start = numbers<Index>("row_start", 'i');
    rows.columns = numbers<std::int32_t>("columns", 'i');
    const bool wide = parse_safetensors(bytes_, file_, "values").size == 8;
    if (wide) rows.doubles = numbers<double>("values", 'f');
    if (!wide) rows.values = numbers<float>("values", 'f');
    const auto entries = static_cast<Index>(rows.columns.size());
    const bool ends_fit = rows.row_start.size() > 1 && rows.row_start.front() == 0 && rows.row_start.back() == entries;
    if (!ends_fit || std::ssize(rows.doubles) + std::ssize(rows.values) != entries)
      fail("sparse rows whose parts are of different lengths", "one column and value an entry");
    for (std::size_t i = 0; i + 1 < rows.row_start.size(); ++i) {
      const Index begin = rows.row_start[i], end = rows.row_start[i + 1];
      bool fits = begin <= end && end <= entries;
      for (Index k = begin; fits && k < end; ++k)
        fits = rows.columns[k] < columns && rows.columns[k] > (k == begin ? -1 : rows.columns[k - 1]);
      if (!fits) fail(fmt::format("row {} of the sparse rows has columns out of order", i + 1), "ascending ones");
    }
    data_.features = Features::view_sparse(bytes_.owner, rows);
  }

  void check_finite() const {
    constexpr Index kBlock = 256;
    const Features& x = data_.features;
    if (const CsrView* const sparse = x.sparse()) {
      for (std::size_t k = 0; k < sparse->entries(); ++k) {
        if (!std::isfinite(sparse->value(k))) fail(fmt::format("entry {} is not finite", k + 1), "finite numbers");
      }
      return;
    }
    parallel_for((x.rows() + kBlock - 1) / kBlock, options_.threads, [&](Index block) {
      const Index first = block * kBlock, rows = std::min(kBlock, x.rows() - first);
      std::vector<double> numbers(rows * x.cols());
      load_rows(x, {}, first, rows, numbers.data(), x.cols());
      for (std::size_t k = 0; k < numbers.size(); ++k) {
        if (std::isfinite(numbers[k])) continue;
        const Index row = first + static_cast<Index>(k) / x.cols();
        fail(fmt::format("row {}, column {} is not finite", row + 1, static_cast<Index>(k) % x.cols() + 1),
             "finite numbers");
      }
    });
  }

  void read_targets() {
    const auto check_count = [&](std::size_t count, const char* what) {
      if (static_cast<Index>(count) != data_.rows())
        fail(fmt::format("{} {}", count, what), fmt::format("{}, one a row", data_.rows()));
    };
    if (has("sample_weight")) {
      const std::span<const double> weight = numbers<double>("sample_weight", 'f');
      check_count(weight.size(), "row weights");
      data_.sample_weight = Eigen::Map<const Vector>(weight.data(), std::ssize(weight));
      if (!((data_.sample_weight.array() >= 0).all() && std::isfinite(data_.sample_weight.sum())))
        fail("row weights that are none", "numbers of 0 or more");
    }
    if (!options_.labels) return;
    if (has("labels")) {
      const std::span<const std::int32_t> labels = numbers<std::int32_t>("labels", 'i');
      check_count(labels.size(), "labels");
      const auto classes = static_cast<std::int32_t>(data_.schema.class_count());
      if (std::ranges::any_of(labels, [&](std::int32_t label) { return label < 0 || label >= classes; }))
        fail("a label that is no class", fmt::format("numbers from 0 to {}", classes - 1));
      data_.labels.assign(labels.begin(), labels.end());
    } else if (has("targets")) {
      const NpyArray targets = tensor("targets", 'f', 8, 2);
      check_count(targets.shape[0], "targets");
      if (targets.shape[1] != data_.schema.class_count()) fail("targets of other classes", "one a class");
      data_.targets =
          Eigen::Map<const Matrix>(reinterpret_cast<const double*>(targets.data()), targets.shape[0], targets.shape[1]);
      check_distributions(data_.targets, file_);
    }
  }

  void check_schema() const {
    const auto text = [](const Schema& schema) {
      OrderedJson json = schema_to_json(schema);
      json.erase("classes");
      return json.dump();
    };
    if (text(data_.schema) == text(*schema_) && (!data_.has_targets() || data_.schema.classes == schema_->classes))
      return;
    throw Error(ErrorKind::kData, "rows of other columns, categories or classes than those that the model knows",
                "rows converted from the file that it was trained on",
                "name the file that they were converted from, which the model reads as it was trained", {file_});
  }

  const Bytes& bytes_;
  const std::string& file_;
  const ReadOptions& options_;
  const Schema* schema_;
  std::vector<std::string> names_;
  Dataset data_;
};

}  // namespace

bool is_rows_file(const Bytes& bytes, const std::string& file) {
  return is_safetensors(bytes.view()) && safetensors_metadata(bytes, file).contains(kRowsKey);
}

Dataset read_rows_file(const Bytes& bytes, const std::string& file, const ReadOptions& options, const Schema* schema) {
  return RowsFileReader(bytes, file, options, schema).run();
}

}  // namespace poise::inline data
