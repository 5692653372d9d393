#include "experiments/statistics.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/infinity.h"

namespace poise::experiments {
namespace {

/// One value has no spread to speak of.
std::string spread(const Sample& shares) {
  return shares.size() < 2 ? "" : fmt::format(" ± {:.2f}", 100 * deviation_of(shares));
}

/// `judge` takes a sample and the number of comparisons.
template <typename Judge>
Verdict judge_all(const std::vector<Sample>& samples, Judge judge) {
  bool all = !samples.empty();
  for (const Sample& sample : samples) {
    if (judge(sample, static_cast<int>(samples.size())) == Verdict::kNotReproduced) return Verdict::kNotReproduced;
    all = all && judge(sample, 1) == Verdict::kReproduced;
  }
  return all ? Verdict::kReproduced : Verdict::kUndecidable;
}

}  // namespace

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kReproduced:
      return "reproduced";
    case Verdict::kNotReproduced:
      return "not reproduced";
    case Verdict::kUndecidable:
      return "undecidable";
    case Verdict::kPremiseMet:
      return "premise met";
    case Verdict::kPremiseNotMet:
      return "premise not met";
  }
  return "";
}

Sample difference(const Sample& a, const Sample& b) {
  Sample result(std::min(a.size(), b.size()));
  for (std::size_t s = 0; s < result.size(); ++s) result[s] = a[s] - b[s];
  return result;
}

Interval interval_of(const Sample& sample, int comparisons) {
  if (sample.size() < kFewestSeeds) return {-kInfinity, kInfinity};
  const double error = deviation_of(sample) / std::sqrt(static_cast<double>(sample.size()));
  const double reach = student_quantile(1 - 0.05 / comparisons, static_cast<double>(sample.size()) - 1) * error;
  return {mean_of(sample) - reach, mean_of(sample) + reach};
}

Verdict judge_above(const Sample& sample, double margin, int comparisons) {
  const Interval interval = interval_of(sample, comparisons);
  if (interval.low > margin) return Verdict::kReproduced;
  return interval.high <= margin ? Verdict::kNotReproduced : Verdict::kUndecidable;
}

Verdict judge_within(const Sample& sample, double margin, int comparisons) {
  const Interval interval = interval_of(sample, comparisons);
  if (interval.low >= -margin && interval.high <= margin) return Verdict::kReproduced;
  return interval.low > margin || interval.high < -margin ? Verdict::kNotReproduced : Verdict::kUndecidable;
}

Verdict judge_all_above(const std::vector<Sample>& samples, double margin) {
  return judge_all(samples, [=](const Sample& sample, int tries) { return judge_above(sample, margin, tries); });
}

Verdict judge_all_within(const std::vector<Sample>& samples, double margin) {
  return judge_all(samples, [=](const Sample& sample, int tries) { return judge_within(sample, margin, tries); });
}

Verdict opposite(Verdict verdict) {
  if (verdict == Verdict::kReproduced) return Verdict::kNotReproduced;
  return verdict == Verdict::kNotReproduced ? Verdict::kReproduced : verdict;
}

std::string in_percent(const Sample& shares) { return fmt::format("{:.2f}", 100 * mean_of(shares)) + spread(shares); }

std::string in_points(const Sample& differences) {
  return fmt::format("{:+.2f}", 100 * mean_of(differences)) + spread(differences);
}

}  // namespace poise::experiments
