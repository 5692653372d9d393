#include "run/checkpoint/resume.h"

#include <fmt/core.h>

#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/parse_json.h"
#include "poise/error.h"
#include "run/json_text.h"

namespace poise::inline run {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr std::size_t kLargest = std::size_t{1} << 40;  // bytes

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// Nothing that could have gone on: neither training nor measuring nor telemetry was stopped.
bool has_ended(const json& run) {
  const json result = run.value("result", json());
  if (!run.value("asked", json()).is_object() || !run.value("poise", json()).is_string() ||
      !run.value("fingerprint", json()).is_string() || !result.is_object())
    return false;
  const json telemetry = result.value("telemetry", json());
  if (telemetry.is_object() && !telemetry.value("stopped", json()).is_null()) return false;
  return result.contains("notes") && result.value("not_measured", json(true)).is_null() &&
         result.value("status", json()) != "interrupted" && result.value("status", json()) != "time_limit";
}

std::optional<json> ended_run(const fs::path& directory) {
  const fs::path file = directory / "run.json";
  if (!is_there(file) || !is_there(directory / "model.onnx")) return std::nullopt;
  json run = parse_json(read_file(file.string(), kLargest));
  if (!run.is_object() || !has_ended(run)) return std::nullopt;
  return run;
}

/// What run.json does not say counts as the same.
RunIdentity identity_of(const json& run, RunIdentity identity) {
  identity.version = run.value("poise", "");
  identity.options = deciding_options(run.value("asked", json::object()));
  identity.schema = to_text(run.value("schema", json()));
  identity.rows = run.value("fingerprint", "");
  return identity;
}

[[noreturn]] void refuse(const std::string& what, const std::string& why, const fs::path& file) {
  throw Error(ErrorKind::kUsage, fmt::format("--resume: {} is not of this training: {}", what, why),
              "the same data and options",
              "without --resume training begins anew, and its results take the place of the others", {file.string()});
}

/// Takes away what a run that has ended has left only because it was killed at its very end.
void tidy(const fs::path& directory, const RunIdentity& now) {
  const fs::path checkpoint = directory / kCheckpointFile;
  std::error_code ignored;
  remove_halves(directory);
  if (!is_there(checkpoint)) return;
  try {
    const Checkpoint left = parse_checkpoint(read_file(checkpoint.string(), kLargest), checkpoint.string());
    if (difference(now, left.identity).empty()) fs::remove(checkpoint, ignored);
  } catch (const Error&) {  // not of this run, which needs none
  }
}

}  // namespace

RunBefore run_before(const std::string& directory, const RunIdentity& now) {
  const fs::path checkpoint = fs::path(directory) / kCheckpointFile;
  std::optional<json> ended = ended_run(directory);
  const std::string other = ended ? difference(now, identity_of(*ended, now)) : "";
  if (ended && other.empty()) {
    tidy(directory, now);
    return {std::move(ended), {}};
  }
  if (is_there(checkpoint)) {
    Checkpoint stopped = parse_checkpoint(read_file(checkpoint.string(), kLargest), checkpoint.string());
    if (const std::string why = difference(now, stopped.identity); !why.empty())
      refuse("the checkpoint", why, checkpoint);
    return {{}, std::move(stopped)};
  }
  if (ended) refuse("the run there", other, fs::path(directory) / "run.json");
  return {};
}

}  // namespace poise::inline run
