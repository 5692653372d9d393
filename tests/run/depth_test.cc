// What reports of architectures at several gains say, from hand-made reports.
#include "experiments/depth.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace poise::experiments {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kSeeds = 5, kEpochs = 20;

/// An architecture of `depth` layers whose Laplacian per weight is `laplacian` and which takes `epochs` in all seeds.
CandidateResult candidate(Index depth, double laplacian, double epochs) {
  CandidateResult result;
  result.candidate.hidden.assign(static_cast<std::size_t>(depth), 8);
  for (int seed = 1; seed <= kSeeds; ++seed) {
    CandidateRun run;
    run.seed = seed;
    run.laplacian_per_weight = laplacian + 1e-3 * seed;
    run.epochs = epochs;
    result.runs.push_back(run);
  }
  result.laplacian_per_weight.value = laplacian;
  result.epochs_to_target.value = epochs;
  result.reached = kSeeds;
  return result;
}

/// The same eight architectures at every gain; ρ = ½ at each: Laplacians of ranks 1 … 8, speeds of ranks 1 2 5 6 8 3
/// 7 4.
ReportsByGain same_at_every_gain() {
  const double places[] = {1, 2, 5, 6, 8, 3, 7, 4};  // Σ d² = 42: ρ = 1 − 6·42/504 = ½
  ReportsByGain reports(kGains.size());
  for (EfficiencyReport& report : reports) {
    for (Index k = 0; k < 8; ++k)
      report.candidates.push_back(candidate(k + 1, static_cast<double>(k + 1), 20 - places[k]));
  }
  return reports;
}

// At three gains ρ stays ½, and what is known of it too: eight architectures, whose interval holds 0. As 24 independent
// candidates it would not: tanh(artanh ½ − 1.96 √((1 + ⅛)/21)) = 0.10.
TEST(Confounder, ArchitecturesAtThreeGainsAreNoMoreArchitectures) {
  const Finding found = confounder("made", same_at_every_gain(), kEpochs, kSeeds);
  const double reach = 1.959964 * std::sqrt((1 + 0.125) / 5);
  const double low = std::tanh(std::atanh(0.5) - reach), high = std::tanh(std::atanh(0.5) + reach);
  EXPECT_THAT(found.figure, HasSubstr(fmt::format("ρ = +0.50 [{:+.2f}, {:+.2f}]", low, high)));
  EXPECT_THAT(found.figure, HasSubstr("8 architectures"));
  EXPECT_EQ(found.verdict, Verdict::kUndecidable);
}

TEST(Confounder, LeavesCandidatesWithHalvedStepsOut) {
  ReportsByGain reports = same_at_every_gain();
  for (EfficiencyReport& report : reports) report.candidates.back().setbacks = 1;
  reports[0].candidates.front().setbacks = 1;
  EXPECT_THAT(confounder("made", reports, kEpochs, kSeeds).figure, HasSubstr("7 architectures, 20 pairs"));
}

// Misses count as all epochs in the mean, which is a lower bound then.
TEST(Extremes, SayWhereTheTargetWasNotAlwaysReached) {
  EfficiencyReport report = same_at_every_gain().front();
  report.candidates.back().reached = kSeeds - 1;
  const std::string text = extremes(report);
  EXPECT_THAT(text, HasSubstr("1 x 8: ∇²L/P 1, 19.0 epochs"));
  EXPECT_THAT(text, HasSubstr("8 x 8: ∇²L/P 8, >16.0 epochs"));
  EXPECT_THAT(text, Not(HasSubstr("halved")));
  report.candidates.front().setbacks = 3;
  EXPECT_THAT(extremes(report), HasSubstr("steps halved because a loss blew up: 3, so 1 candidates are left out"));
}

}  // namespace
}  // namespace poise::experiments
