#include <fmt/core.h>

#include <algorithm>

#include "base/check_codes.h"
#include "base/words.h"
#include "report/checks/list.h"

namespace poise {

const char* to_string(Severity severity) {
  switch (severity) {
    case Severity::kOk:
      return "ok";
    case Severity::kNote:
      return "note";
    case Severity::kWarning:
      return "warning";
  }
  return "";
}

std::vector<Check> checks_of(const RunRecord& run) {
  using namespace report;
  static constexpr OneCheck (*kAll[])(const RunRecord&) = {
      no_minimizer, ended_before_done, rare_class,        few_held_out,    calibration_error,
      overfit,      idle_columns,      missing_values,    repeated_rows,   imbalance_of_classes,
      set_back,     seen_before,       tells_nothing,     never_predicted, end_of_penalties,
      few_rows,     not_measured,      contradicted_rows, softmax_enough};
  std::vector<Check> checks;
  for (const auto& check_of : kAll) {
    OneCheck found = check_of(run);
    if (!found) continue;
    found->notes = notes_with(run, found->code);
    if (found->severity == Severity::kOk && !found->notes.empty()) found->severity = Severity::kNote;
    if (found->severity == Severity::kOk) found->advice.clear();
    checks.push_back(std::move(*found));
  }
  std::ranges::sort(checks, {}, [](const Check& one) { return std::pair(-static_cast<int>(one.severity), one.code); });
  return checks;
}

std::string counts_of(std::span<const Check> checks) {
  const auto of = [&](Severity severity) { return std::ranges::count(checks, severity, &Check::severity); };
  std::string text;
  if (of(Severity::kWarning) > 0) text += counted(of(Severity::kWarning), "warning") + ", ";
  if (of(Severity::kNote) > 0) text += counted(of(Severity::kNote), "note") + ", ";
  return text + fmt::format("{} ok", of(Severity::kOk));
}

}  // namespace poise

namespace poise::report {

std::vector<std::string> notes_with(const RunRecord& run, std::string_view code) {
  std::vector<std::string> notes;
  for (const std::string& text : run.notices) {
    if (code_of(text) == code) notes.emplace_back(without_code(text));
  }
  return notes;
}

Severity above(double value, double note, double warning) {
  return value > warning ? Severity::kWarning : value > note ? Severity::kNote : Severity::kOk;
}

const RunRecord::Part* rows_trained_on(const RunRecord& run) {
  const auto found = std::ranges::find(run.parts, "train", &RunRecord::Part::name);
  return found == run.parts.end() ? nullptr : &*found;
}

const RunRecord::Part* rows_not_seen(const RunRecord& run) {
  return run.parts.empty() || run.parts.front().name == "train" ? nullptr : &run.parts.front();
}

}  // namespace poise::report
