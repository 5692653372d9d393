#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check_codes.h"
#include "report/checks/list.h"
#include "report/facts/interval.h"
#include "report/facts/sections.h"
#include "report/words.h"

namespace poise::report {
namespace {

// Thresholds (docs/report.md#checks)
constexpr double kWide = 0.02, kVeryWide = 0.05;        // half of the interval of the accuracy
constexpr double kMiscalibrated = 0.05, kBadly = 0.15;  // expected calibration error
constexpr double kOverfit = 0.05, kStrongly = 0.15;     // of accuracy
constexpr double kWorse = 1e-4;                         // of the cross-entropy

/// What a calibrated model's expected calibration error is by chance alone, about: √(2/π) √(c (1 − c)/n) of a bin of n
/// rows with confidence c.
double error_of_chance(const std::vector<ReliabilityBin>& bins) {
  double sum = 0;
  for (const ReliabilityBin& bin : bins) {
    const double c = std::clamp(bin.confidence, 0.0, 1.0);
    if (bin.rows > 0) sum += bin.share * std::sqrt(2 / std::numbers::pi * c * (1 - c) / static_cast<double>(bin.rows));
  }
  return sum;
}

std::string points(double share) { return number(100 * share, 3) + " points"; }

}  // namespace

OneCheck few_held_out(const RunRecord& run) {
  if (run.parts.empty()) return std::nullopt;
  Check check{
      .code = std::string(codes::kFewHeldOut), .name = "how sure the accuracy is", .threshold = "within 2 points"};
  const RunRecord::Part* part = rows_not_seen(run);
  if (!part) {
    check.severity = Severity::kWarning, check.found = "known of the rows it was trained on alone";
    check.advice = "--validation 0.2 or --test FILE tells how it does on others, where it will do worse.";
    return check;
  }
  const double draws = draws_of(part->metrics);
  if (!(draws > 0)) return std::nullopt;
  const Bounds bounds = wilson_interval(part->metrics.accuracy, draws);
  check.value = (bounds.high - bounds.low) / 2;
  check.found = fmt::format("±{} by {} {}", points(check.value), count(draws), rows_of(part->name));
  check.severity = above(check.value, kWide, kVeryWide);
  check.advice = "More rows to measure on make it surer: differences smaller than that are luck.";
  return check;
}

OneCheck calibration_error(const RunRecord& run) {
  if (run.parts.empty() || run.parts.front().metrics.reliability.empty()) return std::nullopt;
  const Metrics& metrics = run.parts.front().metrics;
  if (!(draws_of(metrics) > 0)) return std::nullopt;  // rows of unequal weights: how far luck goes is not known
  const double chance = error_of_chance(metrics.reliability), least = std::max(kMiscalibrated, 2 * chance);
  Check check{.code = std::string(codes::kCalibration), .name = "expected calibration error"};
  check.value = metrics.expected_calibration_error;
  check.found = fmt::format("{} on {}", number(check.value, 3), rows_of(run.parts.front().name));
  check.threshold = fmt::format("at most {}", number(least, 3));
  check.severity = above(check.value, least, std::max(kBadly, least));
  check.advice = std::isnan(run.calibration) ? "--calibrate makes its probabilities as sure as they are right."
                                             : "Calibrate on more held-out rows: a larger --validation.";
  return check;
}

OneCheck overfit(const RunRecord& run) {
  const RunRecord::Part *train = rows_trained_on(run), *other = rows_not_seen(run);
  if (!train || !other) return std::nullopt;
  const double p = train->metrics.accuracy, q = other->metrics.accuracy;
  const double n = draws_of(train->metrics), m = draws_of(other->metrics);
  if (!(n > 0 && m > 0)) return std::nullopt;
  const double error = std::sqrt(p * (1 - p) / n + q * (1 - q) / m);
  Check check{.code = std::string(codes::kOverfit), .name = "accuracy lost on rows not seen"};
  check.value = p - q;
  check.found = fmt::format("{}, {} less {}", points(check.value), percent(p), percent(q));
  const double least = std::max(kOverfit, 2 * error);
  check.threshold = fmt::format("at most {}", points(least));
  check.severity = above(check.value, least, std::max(kStrongly, least));
  check.advice = run.is_network ? "More rows, a larger --l2, --dropout or a smaller --hidden bring the two together."
                                : "More rows or a larger --l2 bring the two together; --l2 auto finds the best.";
  return check;
}

OneCheck tells_nothing(const RunRecord& run) {
  if (run.parts.empty() || !(run.parts.front().metrics.frequencies_entropy > 0)) return std::nullopt;
  const RunRecord::Part& part = run.parts.front();
  const Metrics& metrics = part.metrics;
  Check check{.code = std::string(codes::kTellsNothing), .name = "better than the class frequencies"};
  check.value = metrics.cross_entropy;
  check.found = fmt::format("{} nats on {}", number(metrics.cross_entropy), rows_of(part.name));
  check.threshold = "below " + number(metrics.frequencies_entropy);
  const bool worse = metrics.cross_entropy > (1 + kWorse) * metrics.frequencies_entropy;
  const bool no_better = wilson_interval(metrics.accuracy, draws_of(metrics)).low <= metrics.majority_share;
  if (!worse && no_better && metrics.accuracy < 1)
    check.found += fmt::format("; accuracy {}, the most frequent class alone {}", percent(metrics.accuracy),
                               percent(metrics.majority_share));
  check.severity = worse                                                        ? Severity::kWarning
                   : no_better && metrics.accuracy < 1 && draws_of(metrics) > 0 ? Severity::kNote
                                                                                : Severity::kOk;
  check.advice =
      "The features may tell little about the classes: check that labels and rows belong together; --l2 auto chooses "
      "the penalty.";
  return check;
}

OneCheck never_predicted(const RunRecord& run) {
  if (run.parts.empty() || run.parts.front().metrics.by_class.empty()) return std::nullopt;
  const auto& classes = run.parts.front().metrics.by_class;
  const auto is_missed = [](const ClassMetrics& one) { return one.weight > 0 && one.predicted == 0; };
  const auto first = std::ranges::find_if(classes, is_missed);
  Check check{.code = std::string(codes::kNeverPredicted),
              .name = "classes never predicted",
              .found = "none",
              .threshold = "none"};
  check.value = static_cast<double>(std::ranges::count_if(classes, is_missed));
  if (first == classes.end()) return check;
  check.severity = Severity::kNote;
  check.found = fmt::format("{} of {}, such as '{}'", count(check.value), classes.size(),
                            shortened(class_name(run, first - classes.begin()), kLongestName));
  check.advice = "--class-weight balanced makes it answer with rare classes, too; more rows of them help most.";
  return check;
}

}  // namespace poise::report
