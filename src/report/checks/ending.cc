#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/check_codes.h"
#include "base/words.h"
#include "report/checks/list.h"
#include "report/facts/sections.h"
#include "report/words.h"

namespace poise::report {
namespace {

bool ended_well(const RunRecord& run) {
  return std::ranges::any_of(std::initializer_list<const char*>{"certified", "finished", "stopped", "at_rest"},
                             [&](const char* status) { return run.status == status; });
}

std::string how_to_go_on(const RunRecord& run) {
  if (run.status == "diverged")
    return run.is_network ? "Train with a smaller --learning-rate."
                          : "Look at the numbers in the data: some may be of another kind.";
  if (run.status == "iteration_limit") return "Allow more with --max-iterations.";
  if (run.status == "converged")
    return "No step in float64 lowers it further: for a certificate ask for a larger --tolerance.";
  return "Give it more time: the same command with --resume goes on where it stopped.";
}

}  // namespace

OneCheck no_minimizer(const RunRecord& run) {
  if (run.is_network) return std::nullopt;
  Check check{.code = std::string(codes::kNoMinimizer), .name = "a minimizer", .threshold = "there is one"};
  const bool absent = run.status == "separable" || (run.certificate && run.certificate->proves_absence);
  if (absent) {
    check.severity = Severity::kWarning, check.found = "proven that there is none";
    check.advice = "Train with a penalty, --l2 above 0 (--l2 auto chooses it): without one the weights grow for ever.";
  } else if (run.l2 > 0) {
    check.found = "by the penalty " + brief(run.l2);
  } else if (run.certificate && run.certificate->proves_existence) {
    check.found = "proven";
  } else {
    return std::nullopt;
  }
  return check;
}

OneCheck ended_before_done(const RunRecord& run) {
  if (run.status == "separable") return std::nullopt;  // P101 says it
  Check check{.code = std::string(codes::kEnded), .name = "the end of training"};
  check.found = status_words(run);
  if (!run.is_network && run.certificate) {
    check.value = run.certificate->gap;
    check.found += ", gap " + number(check.value, 2);
  } else if (run.is_network) {
    check.found += fmt::format(" after {}", counted(run.epochs, "epoch"));
  }
  const std::string tolerance = run.option("tolerance");
  check.threshold =
      run.is_network
          ? "all epochs, or at rest"
          : "certified" +
                (tolerance.empty() ? "" : ", gap at most " + number(std::strtod(tolerance.c_str(), nullptr), 1));
  if (ended_well(run)) return check;
  check.severity = run.status == "converged" ? Severity::kNote : Severity::kWarning;
  check.advice = how_to_go_on(run);
  return check;
}

OneCheck set_back(const RunRecord& run) {
  if (!run.is_network) return std::nullopt;
  const auto broken =
      std::ranges::count_if(run.history, [](const Epoch& epoch) { return !std::isfinite(epoch.train.loss); });
  Check check{.code = std::string(codes::kSetBack), .name = "steps taken back", .threshold = "none"};
  check.value = static_cast<double>(run.messages.size());
  check.found = run.messages.empty() ? "none" : counted(std::ssize(run.messages), "message") + " on them";
  if (broken > 0) check.found += fmt::format("; no finite loss in {}", counted(broken, "epoch"));
  if (run.messages.empty() && broken == 0) return check;
  check.severity = Severity::kNote;
  check.advice = "Training went on with smaller steps; a smaller --learning-rate from the start may end better.";
  return check;
}

OneCheck end_of_penalties(const RunRecord& run) {
  if (run.chosen_by.empty() || run.candidates.size() < 2) return std::nullopt;
  const double low = run.candidates.front().l2, high = run.candidates.back().l2;
  Check check{.code = std::string(codes::kEndOfPenalties),
              .name = "the penalty chosen",
              .threshold = "between the ends of those tried"};
  check.value = run.l2;
  check.found = fmt::format("{} of {} to {}", brief(run.l2), brief(low), brief(high));
  const bool given = !run.option("l2_path").empty() || !run.option("l2_candidates").empty();
  if (!given) check.threshold = "where its search ends by itself";
  if (!given || run.l2 == 0 || (run.l2 > low && run.l2 < high)) return check;
  check.severity = Severity::kNote;
  check.advice = fmt::format("Try {} ones, too: the best may lie beyond.", run.l2 <= low ? "smaller" : "larger");
  return check;
}

OneCheck not_measured(const RunRecord& run) {
  Check check{
      .code = std::string(codes::kNotMeasured), .name = "measuring", .found = "complete", .threshold = "complete"};
  if (run.not_measured.empty()) return check;
  check.severity = Severity::kWarning;
  check.found = run.not_measured == "time_limit" ? "ended, the time was up" : "ended, " + run.not_measured;
  check.advice = "Not everything was measured; poise evaluate RUN DATA measures the rest.";
  return check;
}

OneCheck softmax_enough(const RunRecord& run) {
  if (!run.is_network || notes_with(run, codes::kSoftmaxEnough).empty()) return std::nullopt;
  return Check{.code = std::string(codes::kSoftmaxEnough),
               .severity = Severity::kNote,
               .name = "hidden layers",
               .found = "not shown to help",
               .threshold = "better than a softmax layer, beyond noise",
               .advice = "Train without --hidden, too: that has an optimum, and a proof."};
}

}  // namespace poise::report
