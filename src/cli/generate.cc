// poise generate: what a classifier takes its classes to look like.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "data/table/csv_cell.h"
#include "data/write/npy_write.h"
#include "data/write/output_file.h"
#include "poise/error.h"
#include "poise/generate.h"
#include "run/json_text.h"

namespace poise::cli {
namespace {

using nlohmann::json;

/// Those asked for; all, if none are.
std::vector<Index> classes_of(const Network& model, const std::vector<std::string>& names) {
  std::vector<Index> classes;
  const std::vector<std::string>& all = model.schema.classes;
  if (names.empty()) {
    for (Index c = 0; c < std::ssize(all); ++c) classes.push_back(c);
  }
  for (const std::string& name : names) {
    const auto found = std::find(all.begin(), all.end(), name);
    if (found == all.end()) {
      throw Error(ErrorKind::kUsage, fmt::format("--class '{}' is no class of the model", name), alternatives(all),
                  "poise inspect shows the classes");
    }
    classes.push_back(found - all.begin());
  }
  return classes;
}

Matrix targets_of(const std::vector<Index>& classes, Index count) {
  Matrix targets = Matrix::Zero(std::ssize(classes), count);
  for (Index i = 0; i < targets.rows(); ++i) targets(i, classes[static_cast<std::size_t>(i)]) = 1;
  return targets;
}

/// A line a row: the features and the class.
std::string as_table(const Network& model, const std::vector<Index>& classes, const Generated& found, char separator) {
  const std::string delimiters(1, separator);
  fmt::memory_buffer out;
  const auto cell = [&](const std::string& text) {
    fmt::format_to(std::back_inserter(out), "{}", csv_cell(text, delimiters));
  };
  for (Index j = 0; j < found.rows.cols(); ++j) cell(model.schema.feature_name(j)), out.push_back(separator);
  cell(model.schema.label_name.empty() ? "label" : model.schema.label_name), out.push_back('\n');
  for (Index i = 0; i < found.rows.rows(); ++i) {
    for (const double value : found.rows.row(i)) fmt::format_to(std::back_inserter(out), "{}{}", value, separator);
    cell(model.schema.classes[classes[static_cast<std::size_t>(i)]]), out.push_back('\n');
  }
  return fmt::to_string(out);
}

std::string as_npy(const Matrix& rows) {
  return npy_header("<f8", {rows.rows(), rows.cols()}) +
         std::string(reinterpret_cast<const char*>(rows.data()),
                     static_cast<std::size_t>(rows.size()) * sizeof(double));
}

/// By the name of the file, less .gz.
std::string as_file(const Network& model, const std::vector<Index>& classes, const Generated& found,
                    std::string_view path) {
  if (path.ends_with(".gz")) path.remove_suffix(3);
  if (path.ends_with(".npy")) return as_npy(found.rows);
  return as_table(model, classes, found, path.ends_with(".tsv") ? '\t' : ',');
}

json as_json(const Network& model, const std::vector<Index>& classes, const Generated& found, bool with_rows) {
  json out = {{"features", json::array()}, {"rows", json::array()}};
  for (Index j = 0; j < found.rows.cols(); ++j) out["features"].push_back(model.schema.feature_name(j));
  for (Index i = 0; i < found.rows.rows(); ++i) {
    Index said = 0;
    found.probabilities.row(i).maxCoeff(&said);
    const Index asked = classes[static_cast<std::size_t>(i)];
    json row = {{"class", model.schema.classes[asked]},
                {"predicted", model.schema.classes[said]},
                {"probability", found.probabilities(i, asked)},
                {"energy", found.energy[i]},
                {"slope", found.slope[i]}};
    if (with_rows) row["values"] = std::vector<double>(found.rows.row(i).begin(), found.rows.row(i).end());
    out["rows"].push_back(std::move(row));
  }
  return out;
}

}  // namespace

int generate(const Arguments& a) {
  const Network model = load_model(a.run);
  const std::vector<Index> classes = classes_of(model, a.classes);
  const Generated found = poise::generate(model, targets_of(classes, model.class_count()), a.generating);
  const bool to_file = !a.out.empty() && a.out != "-";
  if (to_file || !a.json) {
    OutputFile file(to_file ? a.out : "-");
    file.write(as_file(model, classes, found, to_file ? a.out : ".csv"));
    file.commit();
  }
  if (!a.json) return 0;
  json out = as_json(model, classes, found, !to_file);
  if (to_file) out["output"] = a.out;
  fmt::print("{}\n", to_text(out, 2));
  return 0;
}

}  // namespace poise::cli
