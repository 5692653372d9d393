// Which penalties are tried, and which is the best.
#include "run/penalty_path.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "poise/read.h"

namespace poise {
namespace {

/// Tries penalties until there is none left; the loss is `loss(log10 λ)`.
template <typename Loss>
std::vector<TriedPenalty> try_all(const Loss& loss, double first = 1e-2) {
  std::vector<TriedPenalty> tried;
  while (const auto l2 = next_penalty(tried, first)) {
    tried.push_back({*l2, loss(std::log10(*l2))});
    if (tried.size() > 100) break;
  }
  return tried;
}

double best_of(const std::vector<TriedPenalty>& tried) {
  const TriedPenalty* best = &tried.front();
  for (const TriedPenalty& one : tried) {
    if (one.loss < best->loss) best = &one;
  }
  return best->l2;
}

TEST(NextPenalty, FindsTheValleyToHalfADecade) {
  for (double valley = -8; valley <= 3; valley += 0.37) {
    const auto tried = try_all([&](double x) { return 1 + (x - valley) * (x - valley); });
    EXPECT_LE(std::abs(std::log10(best_of(tried)) - valley), 0.26) << valley;
    EXPECT_LE(tried.size(), 16u) << valley;
  }
}

TEST(NextPenalty, BeginsWhereItIsTold) {
  for (const double first : {3e-9, 2.7e-4, 0.31, 70.0}) {
    const auto tried = try_all([&](double x) { return 1 + (x + 2.9) * (x + 2.9); }, first);
    EXPECT_EQ(tried.front().l2, first);
    EXPECT_LE(std::abs(std::log10(best_of(tried)) + 2.9), 0.26) << first;
  }
}

TEST(NextPenalty, EndsWhereSmallerOnesGainNothing) {
  // Many rows: below some penalty the loss is flat.
  const auto tried = try_all([](double x) { return 0.5 + 0.1 * std::pow(10, x); });
  EXPECT_LE(tried.size(), 8u);
  EXPECT_LT(best_of(tried), 1e-3);
  // The loss falls for ever: the range has an end.
  EXPECT_NEAR(best_of(try_all([](double x) { return 10 + x; })), 1e-9, 1e-12);
  EXPECT_NEAR(best_of(try_all([](double x) { return 10 - x; })), 1e4, 1);
}

TEST(NextPenalty, OfEqualLossesTheLargerPenaltyIsTheBetter) {
  const auto tried = try_all([](double) { return 0.7; });
  EXPECT_EQ(best_of(tried), 1e-2);
  EXPECT_LE(tried.size(), 3u);
}

TEST(PenaltyBeyond, LooksWhereTheLastStepHasGained) {
  using Tried = std::vector<TriedPenalty>;
  EXPECT_EQ(penalty_beyond(Tried{{4, 0.5}, {1, 0.6}}, 4), 16);
  EXPECT_EQ(penalty_beyond(Tried{{1, 0.6}, {4, 0.5}, {16, 0.7}}, 4), std::nullopt);  // inside
  EXPECT_EQ(penalty_beyond(Tried{{4, 0.6}, {1, 0.5}}, 4), 0.25);
  EXPECT_EQ(penalty_beyond(Tried{{4, 0.50004}, {1, 0.5}}, 4), std::nullopt);  // less than a ten-thousandth
  EXPECT_EQ(penalty_beyond(Tried{{4, 2e-6}, {1, 1e-6}}, 4), std::nullopt);    // next to nothing
  EXPECT_EQ(penalty_beyond(Tried{{1e4, 0.5}, {1, 0.6}}, 4), std::nullopt);
  EXPECT_EQ(penalty_beyond(Tried{{1, 0.6}, {1e-9, 0.5}}, 4), std::nullopt);
}

TEST(NextPenalty, StopsWhereNothingIsKnown) {
  EXPECT_FALSE(next_penalty(std::vector<TriedPenalty>{{1e-2, std::numeric_limits<double>::infinity()}}, 1));
  EXPECT_FALSE(next_penalty(std::vector<TriedPenalty>{{1e-2, std::nan("")}}, 1));
}

struct DigitsParts {
  Dataset train, validation;
  DigitsParts() {
    auto [a, b] = split_by_class(read_dataset("digits"), 300, 1);
    train = std::move(a), validation = std::move(b);
  }
  std::optional<Metrics> measure(const Network& model) const { return evaluate_network(model, validation); }
};

TEST(SolvePath, TellsOfTheBestSoFarAndOfTheFirstBeforeItIsMeasured) {
  const DigitsParts digits;
  std::vector<double> told;
  int measurements = 0, before_first = -1;
  PathOptions path;
  path.penalties = {1e-1, 1e-2, 1e-6};
  path.measure = [&](const Network& model) {
    ++measurements;
    return digits.measure(model);
  };
  path.on_best = [&](const Network& model) {
    if (told.empty()) before_first = measurements;
    told.push_back(std::stod(model.metadata.at("l2")));
  };
  const auto candidates = solve_path(digits.train, path, {}, {.tolerance = 1e-6}, nullptr);
  ASSERT_EQ(candidates.size(), 3u);
  EXPECT_EQ(before_first, 0);
  EXPECT_EQ(measurements, 3);
  EXPECT_EQ(told.front(), 1e-1);
  EXPECT_EQ(told.back(), best_of(candidates).l2);
  for (const PathSolution& candidate : candidates) {
    EXPECT_EQ(candidate.fit.model.metadata.at("l2"), candidate.l2 == 1e-6   ? "1e-06"
                                                     : candidate.l2 == 1e-2 ? "0.01"
                                                                            : "0.1");
    EXPECT_GE(candidate.validation->cross_entropy, best_of(candidates).validation->cross_entropy);
  }
}

TEST(SolvePath, WithoutHeldOutRowsTheLastIsKept) {
  const DigitsParts digits;
  std::vector<double> told;
  PathOptions path;
  path.penalties = {1e-2, 1e-1};
  path.on_best = [&](const Network& model) { told.push_back(std::stod(model.metadata.at("l2"))); };
  const auto candidates = solve_path(digits.train, path, {}, {.tolerance = 1e-6}, nullptr);
  EXPECT_EQ(best_of(candidates).l2, 1e-1);
  EXPECT_EQ(told, (std::vector<double>{1e-2, 1e-1}));
}

TEST(SolvePath, FindsItsOwnRange) {
  const DigitsParts digits;
  PathOptions path;
  path.first = 1e-2;
  path.measure = [&](const Network& model) { return digits.measure(model); };
  const auto candidates = solve_path(digits.train, path, {}, {.tolerance = 1e-6}, nullptr);
  const PathSolution& best = best_of(candidates);
  ASSERT_GT(candidates.size(), 3u);
  // Half a decade to either side has been tried, and is no better.
  for (const double factor : {std::sqrt(10.0), 1 / std::sqrt(10.0)}) {
    const auto near = std::find_if(candidates.begin(), candidates.end(), [&](const PathSolution& one) {
      return std::abs(std::log(one.l2 / (best.l2 * factor))) < 1e-6;
    });
    ASSERT_NE(near, candidates.end()) << factor;
    EXPECT_GE(near->validation->cross_entropy, best.validation->cross_entropy);
  }
}

}  // namespace
}  // namespace poise
