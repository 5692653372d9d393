#include "cli/run_summary.h"

#include "data/schema_json.h"
#include "poise/version.h"

namespace poise::cli {
namespace {

using nlohmann::json;

template <typename T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

json character(char c) { return c == 0 ? json() : json(std::string(1, c)); }

const char* name_of(MissingPolicy policy) {
  switch (policy) {
    case MissingPolicy::kError:
      return "error";
    case MissingPolicy::kMean:
      return "mean";
    case MissingPolicy::kCategory:
      return "category";
  }
  return "unknown";
}

const char* name_of(Scale scale) {
  switch (scale) {
    case Scale::kAuto:
      return "auto";
    case Scale::kNone:
      return "none";
    case Scale::kStandard:
      return "standard";
  }
  return "unknown";
}

json asked_of_reading(const ReadOptions& read) {
  return {{"label", or_null(read.label)},
          {"ignore", read.ignore},
          {"labels", read.labels_file},
          {"sample_weight", or_null(read.sample_weight)},
          {"missing", name_of(read.missing)},
          {"delimiter", character(read.delimiter)},
          {"comment", character(read.comment)},
          {"header", or_null(read.header)},
          {"strip_label_dot", read.strip_label_dot}};
}

}  // namespace

json asked_of_training(const Arguments& a, double held_out_share) {
  return {{"data", a.data},
          {"read", asked_of_reading(a.read)},
          {"test", a.test_data},
          {"validation", held_out_share},
          {"seed", a.seed},
          {"scale", name_of(a.objective.scale)},
          {"label_smoothing", a.objective.label_smoothing},
          {"balanced_classes", a.objective.balanced_classes},
          {"time_limit", a.solve.time_limit},
          {"threads", a.solve.threads},
          {"calibrate", a.calibrate},
          {"telemetry", to_string(a.telemetry)}};
}

json run_summary(const json& asked, const Dataset& train, const std::string& rows, const json& result) {
  return {
      {"poise", kVersion},   {"asked", asked},           {"schema", json::parse(schema_to_json(train.schema).dump())},
      {"fingerprint", rows}, {"notices", train.notices}, {"result", result}};
}

}  // namespace poise::cli
