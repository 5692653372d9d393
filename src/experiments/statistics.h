// What repeated measurements say about a claim: spread, interval of the mean, and a verdict that may be "cannot tell".
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/statistics.h"

namespace poise::experiments {

/// One figure a seed.
using Sample = std::vector<double>;

enum class Verdict {
  kReproduced,
  kNotReproduced,
  kUndecidable,
  kPremiseMet,    ///< of what a claim takes for granted
  kPremiseNotMet  ///< likewise; of a claim: it says nothing about what was run
};
inline constexpr std::array kAllVerdicts = {Verdict::kReproduced, Verdict::kNotReproduced, Verdict::kUndecidable,
                                            Verdict::kPremiseMet, Verdict::kPremiseNotMet};

const char* to_string(Verdict verdict);  ///< "reproduced", "not reproduced", "undecidable", "premise met", …

/// a_s − b_s; both by seed, in the same order. Seeds share split, initial weights and batches, so that much of the
/// spread of a and b cancels.
Sample difference(const Sample& a, const Sample& b);

/// mean ± q s/√n, q Student's for a confidence of 1 − 0.05/comparisons (Bonferroni). Without bounds for fewer seeds
/// than kFewestSeeds.
struct Interval {
  double low, high;
};
inline constexpr std::size_t kFewestSeeds = 3;
Interval interval_of(const Sample& sample, int comparisons = 1);

/// The claim "the mean is above `margin`": reproduced if the whole interval is, not reproduced if none of it is.
Verdict judge_above(const Sample& sample, double margin, int comparisons = 1);
/// The claim "the mean is in [−margin, margin]".
Verdict judge_within(const Sample& sample, double margin, int comparisons = 1);
/// The claims that all of the means are. One of them refutes it and chance has many tries at that, hence Bonferroni; to
/// be in favor takes every one of them, which needs no correction. Undecidable if there are none.
Verdict judge_all_above(const std::vector<Sample>& samples, double margin);
Verdict judge_all_within(const std::vector<Sample>& samples, double margin);
/// The verdict on the opposite claim.
Verdict opposite(Verdict verdict);

/// "89.79 ± 0.05": mean and standard deviation of shares, in percent; of one value the mean alone.
std::string in_percent(const Sample& shares);
/// "+0.02 ± 0.01", as in_percent, with the sign: of differences.
std::string in_points(const Sample& differences);

}  // namespace poise::experiments
