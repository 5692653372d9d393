#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "data/bytes.h"
#include "data/npy_write.h"
#include "data/number.h"
#include "data/output_file.h"
#include "data/row_values.h"
#include "poise/error.h"
#include "poise/read.h"

namespace poise {
namespace {

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

[[noreturn]] void fail_usage(const std::string& path, const std::string& found, const std::string& expected) {
  throw Error(ErrorKind::kUsage, found, expected, {}, {path});
}

/// A cell in the RFC 4180 way: quoted where it has to be.
std::string csv_cell(const std::string& text) {
  const bool plain = text.find_first_of(",\"\r\n\t ;|") == std::string::npos && !text.starts_with('#') && !text.empty();
  if (plain) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
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
  for (const std::string& name : column_names(data)) line += csv_cell(name) + delimiter;
  if (data.sample_weight.size() > 0) line += std::string("sample_weight") + delimiter;
  if (!data.labels.empty()) {
    line += csv_cell(data.schema.label_name.empty() ? "label" : data.schema.label_name) + delimiter;
  }
  line.back() = '\n';
  out.write(line);
}

/// The category that a row has, "?" where it has none.
std::string category_text(const Column& column, const RowValues& row, Index feature) {
  for (Index m = 0; m < column.feature_count(); ++m) {
    if (row.value(feature + m) > 0.5) return csv_cell(column.categories[at(m)]);
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
    if (!data.labels.empty()) line += csv_cell(data.schema.classes[at(data.labels[at(i)])]) + delimiter;
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
  for (Index i = 0; i < data.rows(); ++i) {
    std::string line = data.schema.classes[at(data.labels[at(i)])];
    row.load(i);
    if (const CsrMatrix* sparse = data.features.sparse()) {
      for (Index k = sparse->row_start[at(i)]; k < sparse->row_start[at(i) + 1]; ++k) {
        const Index j = sparse->columns[at(k)];
        line += fmt::format(" {}:{}", j + 1, row.text(j));
      }
    } else {
      for (Index j = 0; j < data.features.cols(); ++j) {
        if (const std::string text = row.text(j); text != "0") line += fmt::format(" {}:{}", j + 1, text);
      }
    }
    out.write(line + '\n');
  }
  out.commit();
}

}  // namespace

void write_dataset(const Dataset& data, const std::string& path) {
  const std::string plain = without_gz(path);
  if (plain.ends_with(".csv")) return write_table(data, path, ',');
  if (plain.ends_with(".tsv")) return write_table(data, path, '\t');
  if (plain.ends_with(".libsvm") || plain.ends_with(".svm") || plain.ends_with(".svmlight"))
    return write_libsvm(data, path);
  if (plain.ends_with(".npy")) return write_npy(data, path);
  fail_usage(path, "the name does not tell a format to write", ".csv, .tsv, .libsvm or .npy, each with .gz or without");
}

}  // namespace poise
