#include "cli/train_parts.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/words.h"
#include "cli/say.h"
#include "data/classes.h"
#include "data/row_set.h"
#include "network/metadata.h"
#include "poise/error.h"
#include "run/measured_parts.h"
#include "run/short_number.h"

namespace poise::cli {
namespace {

constexpr Index kFewToCalibrate = 50, kFewOfAClass = 5;  // held-out rows
constexpr Index kMostNamed = 3;                          // rare classes

/// The share of the held-out rows' weight that each class has where they decide: of the accuracy of a network with
/// balanced classes every class that is there has the same.
Vector shares_of_classes(const Arguments& a, const Dataset& held_out) {
  const bool balanced = a.objective.balanced_classes && !a.network.hidden.empty();
  Vector share = Vector::Zero(held_out.schema.class_count());
  for (std::size_t i = 0; i < held_out.labels.size(); ++i) {
    share[held_out.labels[i]] += held_out.sample_weight.size() > 0 ? held_out.sample_weight[static_cast<Index>(i)] : 1;
  }
  if (balanced) share = (share.array() > 0).cast<double>();
  return share.sum() > 0 ? Vector(share / share.sum()) : share;
}

/// Classes with few held-out rows, which decide by luck, and classes without any, which do not count at all.
std::vector<std::string> notes_on_rare_classes(const Arguments& a, const Dataset& held_out) {
  if (held_out.labels.empty()) return {};  // soft targets
  const Vector share = shares_of_classes(a, held_out);
  std::vector<Index> counts(held_out.schema.classes.size());
  for (const std::int32_t label : held_out.labels) ++counts[static_cast<std::size_t>(label)];
  std::vector<std::string> absent, notes;
  Index rare = 0;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const std::string& name = held_out.schema.classes[k];
    if (counts[k] == 0) absent.push_back(name);
    if (counts[k] == 0 || counts[k] >= kFewOfAClass || ++rare > kMostNamed) continue;
    const double percent = 100 * share[static_cast<Index>(k)];
    notes.push_back(fmt::format(
        "class '{}' has {} held-out row{} for {:.{}f} % of the validation: use a larger "
        "--validation",
        name, counts[k], counts[k] == 1 ? ", which counts" : "s, which count", percent, percent < 10 ? 1 : 0));
  }
  if (rare > kMostNamed) {
    notes.push_back(fmt::format("{} more classes have fewer than {} held-out rows: use a larger --validation",
                                rare - kMostNamed, kFewOfAClass));
  }
  if (!absent.empty()) {
    notes.push_back(fmt::format(
        "no held-out row is of the class{} {}: the validation {} nothing of {}", absent.size() == 1 ? "" : "es",
        list_names(absent), a.calibrate ? "and the temperature know" : "knows", absent.size() == 1 ? "it" : "them"));
  }
  return notes;
}

/// What a split leaves odd: classes without a row to train on or with few to validate by, few rows in all.
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
  if (a.calibrate && held_out < kFewToCalibrate) {
    parts.train.notices.push_back(
        fmt::format("--calibrate goes by {}, which makes the temperature uncertain: use a larger --validation",
                    counted(held_out, "held-out row")));
  }
  for (std::string& text : notes_on_rare_classes(a, *parts.validation)) parts.train.notices.push_back(std::move(text));
}

}  // namespace

Index held_out_rows(Index rows, double share) {
  constexpr double kRounding = 1e-12;  // 0.29 is less than 29/100 in binary, but means that
  return static_cast<Index>(static_cast<double>(rows) * share * (1 + kRounding));
}

using nlohmann::json;

double held_out_share(const Arguments& a, double by_default) {
  const bool needed = a.calibrate || a.l2_path_is_auto;
  if (needed && a.validation == 0.0) {
    throw Error(
        ErrorKind::kUsage,
        fmt::format("{} with --validation 0: there are no rows {}", a.calibrate ? "--calibrate" : "--l2-path auto",
                    a.calibrate ? "to calibrate on" : "to choose by"),
        "a share of the rows above 0", "a larger --validation; without it 0.1 of the rows are held out");
  }
  if (!a.validation_data.empty()) return 0;
  return a.validation.value_or(needed ? kHeldOut : by_default);
}

namespace {

/// Rows of another file than those trained on, read as they are.
Dataset read_beside(const Arguments& a, const std::string& source, const Schema& schema, const char* what) {
  ReadOptions options = a.read;
  options.labels_file.clear();
  Dataset rows = read_dataset(source, options, schema);
  if (rows.has_targets()) return rows;
  throw Error(ErrorKind::kData, fmt::format("the {} data has no labels", what), "a label column or file", "", {source});
}

Parts hold_out(const Arguments& a, double share, Dataset all) {
  if (share <= 0) return {std::move(all), std::nullopt, std::nullopt};
  const Index held_out = held_out_rows(all.rows(), share);
  if (held_out == 0) {
    const bool needed = a.calibrate || a.network.patience > 0 || a.l2_path.size() > 1 || a.l2_path_is_auto;
    throw Error(ErrorKind::kUsage,
                fmt::format("--validation {} of {} is not one row", share, counted(all.rows(), "row")),
                "a share of at least one row",
                needed ? "a larger --validation, say 0.5" : "--validation 0 holds out none", {a.data});
  }
  auto [train, validation] = split_by_class(all, held_out, a.seed);
  Parts parts{std::move(train), std::move(validation), std::nullopt};
  note_split(a, share, parts);
  return parts;
}

}  // namespace

Parts read_parts(const Arguments& a, double share) {
  Dataset all = read_dataset(a.data, a.read);
  if (!all.has_targets())
    throw Error(ErrorKind::kData, "the data has no labels", "a label column or file", "--label or --labels", {a.data});
  Parts parts = hold_out(a, share, std::move(all));
  const Schema& schema = parts.train.schema;
  if (!a.validation_data.empty()) {
    parts.validation = read_beside(a, a.validation_data, schema, "validation");
    for (std::string& text : notes_on_rare_classes(a, *parts.validation))
      parts.train.notices.push_back(std::move(text));
  }
  const std::string test = a.test_data.empty() ? test_part_of(a.data) : a.test_data;
  if (!test.empty()) parts.test = read_beside(a, test, schema, "test");
  return parts;
}

double time_to_train(const Arguments& a, const Parts& parts, const std::vector<Index>& widths) {
  constexpr double kMargin = 2, kMost = 0.25;  // of the time limit; once more if the model is calibrated
  if (a.solve.time_limit <= 0) return 0;
  const double once = kMargin * seconds_to_measure(widths, parts, a.solve.threads);
  return a.solve.time_limit - std::min(a.calibrate ? 2 * once : once, kMost * a.solve.time_limit);
}

void record_reading(const Arguments& a, double share, std::map<std::string, std::string>& metadata) {
  metadata["read.strip_label_dot"] = a.read.strip_label_dot ? "true" : "false";
  if (a.read.sample_weight) metadata["read.sample_weight"] = *a.read.sample_weight;
  if (share <= 0) return;
  metadata["held_out"] = fmt::format("{}", share);
  metadata["held_out_seed"] = fmt::format("{}", a.seed);
}

std::optional<Dataset> without_held_out_rows(const std::map<std::string, std::string>& metadata, const Dataset& data) {
  const double share = std::strtod(recorded_text(metadata, "held_out").c_str(), nullptr);
  if (!(share > 0 && share < 1)) return std::nullopt;
  const Index held_out = held_out_rows(data.rows(), share);
  if (held_out <= 0 || held_out >= data.rows()) return std::nullopt;
  return split_by_class(data, held_out, std::strtoull(recorded_text(metadata, "held_out_seed").c_str(), nullptr, 10))
      .first;
}

Index count_rows_trained_on(const std::map<std::string, std::string>& metadata, const Dataset& data) {
  const std::string trained_on = recorded_text(metadata, "fingerprint");
  if (trained_on.empty()) return 0;
  if (trained_on == fingerprint(data)) return data.rows();
  const std::optional<Dataset> rest = without_held_out_rows(metadata, data);
  if (rest && trained_on == fingerprint(*rest)) return rest->rows();
  return recorded_text(metadata, "row_set") == fingerprint_of_row_set(data) ? data.rows() : 0;
}

void note_rows_trained_on(const Arguments& a, const std::map<std::string, std::string>& metadata, const Dataset& data,
                          const std::string& option) {
  if (a.quiet) return;
  const Index trained = count_rows_trained_on(metadata, data);
  if (trained == 0) return;
  const std::string rows =
      trained == data.rows() ? "these rows" : fmt::format("{} of the {} rows", trained, data.rows());
  say("note: {}{} were trained on: how right the model is only rows that it has not seen can tell\n", option, rows);
}

namespace {

/// What is not finite is null in JSON.
double number_of(const json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

}  // namespace

void print_telemetry(const json& result) {
  if (!result.contains("telemetry")) return;
  const json& t = result["telemetry"];
  const int measurements = t["measurements"].get<int>();
  const std::string stopped = t["stopped"].is_null()          ? ""
                              : t["stopped"] == "interrupted" ? ", then interrupted"
                                                              : ", then out of time";
  fmt::print("telemetry   {}: {} on {}, {:.3f} s{}; in {}/metrics.jsonl\n", t["level"].get<std::string>(),
             counted(measurements, "measurement"), counted(t["rows"].get<Index>(), "row"), t["seconds"].get<double>(),
             stopped, result["run"].get<std::string>());
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
  const std::string rows = counted(calibration["rows"].get<Index>(), "held-out row");
  const double temperature = calibration["temperature"].get<double>();
  if (after.is_null()) {
    fmt::print("calibration scores divided by {:.4f}, found on {}\n", temperature, rows);
    return;
  }
  fmt::print("calibration scores divided by {:.4f}; {}: CE - H {}{} -> {}, cross-entropy {} -> {}\n", temperature, rows,
             before["equilibrium_gap"] < 0 ? "" : "+", short_number(before["equilibrium_gap"], 5),
             short_number(std::abs(after["equilibrium_gap"].get<double>()), 5),
             short_number(before["cross_entropy"], 5), short_number(after["cross_entropy"], 5));
}

namespace {

/// "train  accuracy …"; nothing for null.
void print_measured(const char* name, const json& measured) {
  if (measured.is_null()) return;
  fmt::print("{:<11} accuracy {:.2f} %   cross-entropy {}   calibration error {:.4f}\n", name,
             100 * number_of(measured["accuracy"]), short_number(number_of(measured["cross_entropy"]), 5),
             number_of(measured["expected_calibration_error"]));
}

}  // namespace

void print_parts(const json& result) {
  for (const char* part : {"train", "validation", "test"}) print_measured(part, result.at(part));
  const json crossed = result.value("cross_validation", json());
  print_measured("cross-val.", crossed);
  const json ended = result.value("not_measured", json());
  if (!ended.is_null()) {
    fmt::print("measuring   not to the end: {}\n", ended == "interrupted"  ? "interrupted"
                                                   : ended == "time_limit" ? "out of time"
                                                                           : ended.get<std::string>());
  } else if (result.at("validation").is_null() && result.at("test").is_null() && crossed.is_null()) {
    fmt::print("            on the rows trained on: --validation 0.2 or --test FILE tells how it is on others\n");
  }
}

}  // namespace poise::cli
