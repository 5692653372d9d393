#include "cli/train_parts.h"

#include <fmt/core.h>

#include "data/classes.h"
#include "poise/calibration.h"
#include "poise/error.h"
#include "run/summary.h"

namespace poise::cli {
namespace {

/// What a split leaves odd: classes without a row to train on, or few rows to train on.
void note_split(const Arguments& a, double share, Parts& parts) {
  const Index rows = parts.train.rows(), held_out = parts.validation->rows();
  std::vector<Index> counts(parts.train.schema.classes.size());
  for (const std::int32_t label : parts.train.labels) ++counts[static_cast<std::size_t>(label)];
  std::vector<std::string> gone;
  for (std::size_t k = 0; k < counts.size() && !parts.train.labels.empty(); ++k) {
    if (counts[k] == 0) gone.push_back(parts.train.schema.classes[k]);
  }
  const std::string option = fmt::format("{} {}", a.validation ? "--validation" : "the default --validation", share);
  if (rows < held_out) {
    parts.train.notices.push_back(
        fmt::format("{} holds out {} of {} rows: {} left to train on", option, held_out, rows + held_out, rows));
  }
  if (!gone.empty()) {
    parts.train.notices.push_back(fmt::format("{} leaves no row to train on of the class{} {}", option,
                                              gone.size() == 1 ? "" : "es", list_names(gone)));
  }
}

}  // namespace

Index held_out_rows(Index rows, double share) { return static_cast<Index>(static_cast<double>(rows) * share); }

using nlohmann::json;

double held_out_share(const Arguments& a, double by_default) {
  if (a.calibrate && a.validation == 0.0) {
    throw Error(ErrorKind::kUsage, "--calibrate with --validation 0: there are no rows to calibrate on",
                "a share of the rows above 0", "without --validation it is 0.1");
  }
  return a.validation.value_or(a.calibrate ? kHeldOut : by_default);
}

Parts read_parts(const Arguments& a, double share) {
  Dataset all = read_dataset(a.data, a.read);
  if (!all.has_targets())
    throw Error(ErrorKind::kData, "the data has no labels", "a label column or file", "--label or --labels", {a.data});
  if (share <= 0) return {std::move(all), std::nullopt};
  const Index held_out = held_out_rows(all.rows(), share);
  if (held_out == 0) {
    throw Error(ErrorKind::kUsage, fmt::format("--validation {} of {} rows is not one row", share, all.rows()),
                "a share of at least one row", "--validation 0 holds out none", {a.data});
  }
  auto [train, validation] = split_by_class(all, held_out, a.seed);
  Parts parts{std::move(train), std::move(validation)};
  note_split(a, share, parts);
  return parts;
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

void record_reading(const Arguments& a, double share, std::map<std::string, std::string>& metadata) {
  metadata["read.strip_label_dot"] = a.read.strip_label_dot ? "true" : "false";
  if (a.read.sample_weight) metadata["read.sample_weight"] = *a.read.sample_weight;
  if (share <= 0) return;
  metadata["held_out"] = fmt::format("{}", share);
  metadata["held_out_seed"] = fmt::format("{}", a.seed);
}

json measure(const Network& network, const Dataset* data, int threads) {
  if (!data) return nullptr;
  return to_json(evaluate_scores(predict_scores(network, *data, threads), *data));
}

json measure_parts(const Network& network, const Parts& parts, const std::optional<Dataset>& test, int threads) {
  return {{"train", measure(network, &parts.train, threads)},
          {"validation", measure(network, parts.validation ? &*parts.validation : nullptr, threads)},
          {"test", measure(network, test ? &*test : nullptr, threads)}};
}

void calibrate_and_measure(Network& network, const Parts& parts, const std::optional<Dataset>& test, int threads,
                           json& result) {
  const Calibration calibration = calibrate(network, *parts.validation, threads);
  json before;
  for (const char* part : {"train", "validation", "test"}) before[part] = result[part];
  const bool changed = !calibration.temperature.at_limit;
  result["calibration"] = {{"temperature", changed ? calibration.temperature.temperature : 1},
                           {"at_limit", calibration.temperature.at_limit},
                           {"rows", calibration.before.rows},
                           {"before", before}};
  if (changed) result.update(measure_parts(network, parts, test, threads));
}

void print_calibration(const json& result) {
  if (!result.contains("calibration")) return;
  const json &calibration = result["calibration"], &before = calibration["before"]["validation"];
  const json& after = result["validation"];
  if (calibration["at_limit"]) {
    const bool flattest = before["temperature"].get<double>() > 1;
    const auto rows = calibration["rows"].get<Index>();
    if (flattest) {
      fmt::print(
          "calibration none: the scores are no better than chance on the {} held-out rows, and flatter is always "
          "better there; the model is left as it is\n",
          rows);
    } else {
      fmt::print(
          "calibration none: all {} held-out rows are classified correctly, and sharper is always better there; "
          "the model is left as it is\n",
          rows);
    }
    return;
  }
  fmt::print(
      "calibration scores divided by {:.4f}; {} held-out rows: cross-entropy {:.5f} -> {:.5f}, calibration error "
      "{:.4f} -> {:.4f}\n",
      calibration["temperature"].get<double>(), calibration["rows"].get<Index>(), before["cross_entropy"].get<double>(),
      after["cross_entropy"].get<double>(), before["expected_calibration_error"].get<double>(),
      after["expected_calibration_error"].get<double>());
}

void print_measured(const char* name, const json& measured) {
  if (measured.is_null()) return;
  fmt::print("{:<11} accuracy {:.2f} %   cross-entropy {:.5f}   calibration error {:.4f}\n", name,
             100 * measured["accuracy"].get<double>(), measured["cross_entropy"].get<double>(),
             measured["expected_calibration_error"].get<double>());
}

}  // namespace poise::cli
