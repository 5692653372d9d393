#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/index.h"
#include "data/array/rows_file.h"
#include "data/bytes/bytes.h"
#include "data/bytes/number.h"
#include "data/table/csv_cell.h"
#include "data/write/npy_write.h"
#include "data/write/output_file.h"
#include "data/write/row_values.h"
#include "poise/error.h"
#include "poise/read.h"
#include "rows/entries.h"

namespace poise {
namespace {

constexpr const char* kDelimiters = ",;|\t";  // any that a reader may infer

[[noreturn]] void fail_usage(const std::string& path, const std::string& found, const std::string& expected) {
  throw Error(ErrorKind::kUsage, found, expected, {}, {path});
}

std::vector<std::string> column_names(const Dataset& data) {
  std::vector<std::string> names;
  for (const Column& column : data.schema.columns) names.push_back(column.name);
  if (data.schema.columns.empty()) {
    for (Index j = 0; j < data.features.cols(); ++j) names.push_back(data.schema.feature_name(j));
  }
  return names;
}

void write_header(const Dataset& data, char delimiter, OutputFile& out) {
  std::string line;
  for (const std::string& name : column_names(data)) line += csv_cell(name, kDelimiters) + delimiter;
  if (data.sample_weight.size() > 0) line += std::string("sample_weight") + delimiter;
  if (!data.labels.empty()) {
    line += csv_cell(data.schema.label_name.empty() ? "label" : data.schema.label_name, kDelimiters) + delimiter;
  }
  line.back() = '\n';
  out.write(line);
}

/// The category that a row has, "?" where it has none.
std::string category_text(const Column& column, const RowValues& row, Index feature) {
  for (Index m = 0; m < column.feature_count(); ++m) {
    if (row.value(feature + m) > 0.5) return csv_cell(column.categories[m], kDelimiters);
  }
  return "?";
}

void append_table_row(const Schema& schema, const RowValues& row, char delimiter, std::string& line) {
  Index feature = 0;
  for (const Column& column : schema.columns) {
    if (column.kind == ColumnKind::kCategorical) {
      line += category_text(column, row, feature);
    } else {
      const bool was_missing = column.has_missing_feature && row.value(feature + 1) > 0.5;
      line += was_missing ? "?" : row.text(feature);
    }
    line += delimiter;
    feature += column.feature_count();
  }
}

void write_table(const Dataset& data, const std::string& path, char delimiter) {
  if (data.targets.size() > 0) fail_usage(path, "a table cannot hold soft targets", "a .npy file");
  OutputFile out(path);
  write_header(data, delimiter, out);
  RowValues row(data);
  for (Index i = 0; i < data.rows(); ++i) {
    row.load(i);
    std::string line;
    append_table_row(data.schema, row, delimiter, line);
    for (Index j = 0; data.schema.columns.empty() && j < data.features.cols(); ++j) line += row.text(j) + delimiter;
    if (data.sample_weight.size() > 0) line += number_text(data.sample_weight[i]) + delimiter;
    if (!data.labels.empty()) line += csv_cell(data.schema.classes[data.labels[i]], kDelimiters) + delimiter;
    line.back() = '\n';
    out.write(line);
  }
  out.commit();
}

void check_libsvm(const Dataset& data, const std::string& path) {
  if (data.targets.size() > 0) fail_usage(path, "LIBSVM text cannot hold soft targets", "a .npy file");
  if (data.labels.empty()) fail_usage(path, "LIBSVM text needs labels", "a .csv or .npy file");
  if (data.sample_weight.size() > 0) fail_usage(path, "LIBSVM text cannot hold row weights", "a .csv file");
  for (const std::string& name : data.schema.classes) {
    if (!name.empty() && name.find_first_of(" \t\r\n:#") == std::string::npos) continue;
    fail_usage(path, fmt::format("LIBSVM text cannot hold the class name '{}'", name), "a .csv file");
  }
}

void write_libsvm(const Dataset& data, const std::string& path) {
  check_libsvm(data, path);
  OutputFile out(path);
  RowValues row(data);
  std::vector<double> scratch;
  const bool keep_zeros = data.features.is_sparse();  // those that are stored
  for (Index i = 0; i < data.rows(); ++i) {
    std::string line = data.schema.classes[data.labels[i]];
    row.load(i);
    for_each_entry(data.features, i, scratch, [&](Index j, double) {
      if (const std::string text = row.text(j); keep_zeros || text != "0") line += fmt::format(" {}:{}", j + 1, text);
    });
    out.write(line + '\n');
  }
  out.commit();
}

}  // namespace

std::string format_to_write(const std::string& path, const std::string& asked) {
  static const std::array<std::pair<const char*, const char*>, 7> kEndings{{{".csv", "csv"},
                                                                            {".tsv", "tsv"},
                                                                            {".libsvm", "libsvm"},
                                                                            {".svm", "libsvm"},
                                                                            {".svmlight", "libsvm"},
                                                                            {".npy", "npy"},
                                                                            {".safetensors", "safetensors"}}};
  for (const auto& [ending, format] : kEndings) {
    if (asked == format || (asked.empty() && without_gz(path).ends_with(ending))) return format;
  }
  if (asked.empty() && path == "-") return "csv";
  if (!asked.empty()) fail_usage(path, fmt::format("the format '{}'", asked), "csv, tsv, libsvm, npy or safetensors");
  fail_usage(path, "the name does not tell a format to write",
             ".csv, .tsv, .libsvm, .npy or .safetensors, each with .gz or without");
}

void write_dataset(const Dataset& data, const std::string& path, const std::string& format) {
  const std::string chosen = format_to_write(path, format);
  if (chosen == "csv") return write_table(data, path, ',');
  if (chosen == "tsv") return write_table(data, path, '\t');
  if (chosen == "libsvm") return write_libsvm(data, path);
  if (chosen == "safetensors") return write_rows_file(data, path);
  if (path == "-") fail_usage("stdout", "an NPY array and its labels are two files", "a name for them");
  write_npy(data, path);
}

}  // namespace poise
