#include "cli/train_parts.h"

#include <fmt/core.h>

#include "poise/error.h"

namespace poise::cli {

Parts read_parts(const Arguments& a, double share) {
  Dataset all = read_dataset(a.data, a.read);
  if (!all.has_targets())
    throw Error(ErrorKind::kData, "the data has no labels", "a label column or file", "--label or --labels", {a.data});
  if (share <= 0) return {std::move(all), std::nullopt};
  const auto held_out = static_cast<Index>(static_cast<double>(all.rows()) * share);
  if (held_out == 0) {
    throw Error(ErrorKind::kUsage, fmt::format("--validation {} of {} rows is not one row", share, all.rows()),
                "a share of at least one row", "--validation 0 holds out none", {a.data});
  }
  auto [train, validation] = split_rows(all, held_out, a.seed);
  return {std::move(train), std::move(validation)};
}

std::optional<Dataset> read_test(const Arguments& a, const Schema& schema) {
  const std::string source = a.test_data.empty() ? test_part_of(a.data) : a.test_data;
  if (source.empty()) return std::nullopt;
  ReadOptions options = a.read;
  options.labels_file.clear();
  Dataset test = read_dataset(source, options, schema);
  if (!test.has_targets())
    throw Error(ErrorKind::kData, "the test data has no labels", "a label column or file", "", {source});
  return test;
}

void record_reading(const Arguments& a, std::map<std::string, std::string>& metadata) {
  metadata["read.strip_label_dot"] = a.read.strip_label_dot ? "true" : "false";
  if (a.read.sample_weight) metadata["read.sample_weight"] = *a.read.sample_weight;
}

void print_measured(const char* name, const nlohmann::json& measured) {
  if (measured.is_null()) return;
  fmt::print("{:<11} accuracy {:.2f} %   cross-entropy {:.5f}   calibration error {:.4f}\n", name,
             100 * measured["accuracy"].get<double>(), measured["cross_entropy"].get<double>(),
             measured["expected_calibration_error"].get<double>());
}

}  // namespace poise::cli
