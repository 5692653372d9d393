// A solve that is stopped after any iteration and goes on from its state reaches the bits of one that was not stopped.
#include "convex/solver/state.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "poise/error.h"

namespace poise {
namespace {

Dataset labeled(Features features, int classes, std::uint64_t seed) {
  Dataset data;
  data.schema.format = FileFormat::kNpy;
  data.schema.array_features = features.cols();
  for (int c = 0; c < classes; ++c) data.schema.classes.push_back("c" + std::to_string(c));
  for (Index i = 0; i < features.rows(); ++i) {
    const auto row = static_cast<std::uint64_t>(i);
    const double score = 4 * (features.value(i, 0) - features.value(i, 1)) + random_normal(seed, row);
    data.labels.push_back(
        static_cast<std::int32_t>((score > 0 ? 1 : 0) + 2 * (row % static_cast<std::uint64_t>((classes + 1) / 2))) %
        classes);
  }
  data.features = std::move(features);
  return data;
}

Dataset dense(Index rows, Index cols, int classes) {
  std::vector<float> values(rows * cols);
  for (std::size_t k = 0; k < values.size(); ++k)
    values[k] = static_cast<float>(random_normal(7, k) * (k % 3 == 0 ? 3 : 1));
  return labeled(Features::from_values(std::move(values), rows, cols), classes, 8);
}

Dataset sparse(Index rows, Index cols, int classes) {
  CsrMatrix matrix;
  matrix.cols = cols;
  matrix.row_start.push_back(0);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = static_cast<Index>(random_bits(9, static_cast<std::uint64_t>(i)) % 40); j < cols; j += 37 + i % 11) {
      matrix.columns.push_back(static_cast<std::int32_t>(j));
      matrix.values.push_back(static_cast<float>(random_uniform(10, static_cast<std::uint64_t>(i * cols + j))));
    }
    matrix.row_start.push_back(std::ssize(matrix.columns));
  }
  return labeled(Features::from_sparse(std::move(matrix)), classes, 11);
}

struct Seen : Watcher {
  Answer on_event(const Event& event) override {
    if (event.kind == Event::Kind::kIteration && !event.iteration->on_part_of_rows)
      values.push_back({static_cast<double>(event.iteration->iteration), event.iteration->objective,
                        event.iteration->gap.value_or(-1), event.iteration->passes});
    return Answer::kGoOn;
  }
  std::vector<std::vector<double>> values;
};

void expect_same(const SoftmaxFit& a, const SoftmaxFit& b) {
  EXPECT_EQ(a.model.layers[0].weights, b.model.layers[0].weights);
  EXPECT_EQ(a.model.layers[0].bias, b.model.layers[0].bias);
  EXPECT_EQ(a.model.metadata, b.model.metadata);
  EXPECT_EQ(a.report.status, b.report.status);
  EXPECT_EQ(a.report.why, b.report.why);
  EXPECT_EQ(a.report.objective, b.report.objective);
  EXPECT_EQ(a.report.gap, b.report.gap);
  EXPECT_EQ(a.report.iterations, b.report.iterations);
  EXPECT_EQ(a.report.passes, b.report.passes);
}

/// Solves; keeps every state.
template <typename Solve>
auto whole(Solve&& solve, std::vector<SolvesState>& states, Seen& seen) {
  Keeping<SolvesState> keeping;
  keeping.is_due = [] { return true; };
  keeping.keep = [&](SolvesState state) { states.push_back(std::move(state)); };
  return solve(keeping, seen);
}

void expect_resumable(const char* what, const Dataset& data, const ObjectiveOptions& objective, SolveOptions solve) {
  SCOPED_TRACE(what);
  const auto run = [&](const Keeping<SolvesState>& keeping, Watcher& watcher) {
    return fit_softmax(data, objective, solve, &watcher, nullptr, keeping);
  };
  std::vector<SolvesState> states;
  Seen all;
  const SoftmaxFit fit = whole(run, states, all);
  ASSERT_GE(states.size(), 3U) << fit.report.why;
  Watcher nobody;
  expect_same(fit, fit_softmax(data, objective, solve, &nobody));  // keeping changes nothing
  const std::size_t every = 1 + states.size() / 10;
  for (std::size_t k = 0; k < states.size(); k += every) {
    SCOPED_TRACE(k);
    Keeping<SolvesState> keeping;
    keeping.from = &states[k];
    Seen rest;
    solve.threads = 1 + static_cast<int>(k % 2);
    expect_same(fit, run(keeping, rest));
    const auto after = states[k].current ? states[k].current->iterations : fit.report.iterations;
    ASSERT_EQ(std::ssize(rest.values), fit.report.iterations - after);  // none twice
    EXPECT_TRUE(std::equal(rest.values.rbegin(), rest.values.rend(), all.values.rbegin()));
  }
}

TEST(SolveStateTest, EverySolverGoesOnToTheSameBits) {
  const Dataset data = dense(300, 8, 3);
  for (const Solver solver :
       {Solver::kAuto, Solver::kNewton, Solver::kLbfgs, Solver::kGolden, Solver::kDescent, Solver::kBarzilaiBorwein}) {
    SolveOptions solve{.solver = solver, .tolerance = 1e-7, .max_iterations = 300, .threads = 2};
    expect_resumable(to_string(solver), data, {.l2 = 1e-3}, solve);
  }
}

TEST(SolveStateTest, LbfgsGoesOnWithEveryPreconditioner) {
  const SolveOptions solve{.solver = Solver::kLbfgs, .tolerance = 1e-9, .threads = 2};
  expect_resumable("class blocks", dense(600, 60, 10), {.l2 = 1e-5}, solve);
  expect_resumable("warm start", dense(12000, 45, 10), {.l2 = 1e-5}, solve);
  expect_resumable("diagonal, then low rank", sparse(400, 2500, 3), {.l2 = 1e-5}, solve);
  expect_resumable("Newton on sparse rows", sparse(400, 2500, 3), {.l2 = 1e-5},
                   {.solver = Solver::kNewton, .tolerance = 1e-9, .threads = 2});
}

TEST(SolveStateTest, WithoutAPenaltyToo) {
  expect_resumable("a minimizer", dense(900, 6, 3), {.l2 = 0.0}, {.threads = 2});
  expect_resumable("many parameters", dense(3000, 50, 9), {.l2 = 0.0}, {.threads = 2});
}

TEST(SolveStateTest, APathKeepsWhatHasEndedAndGoesOn) {
  const Dataset data = dense(700, 50, 9);
  const std::vector<double> penalties{1e-1, 1e-2, 1e-4, 3e-2, 1e-3, 0};
  const SolveOptions solve{.tolerance = 1e-8, .threads = 2};
  const NextPenalty next = [&](std::span<const SoftmaxFit> fits) {
    return fits.size() < penalties.size() ? std::optional(penalties[fits.size()]) : std::nullopt;
  };
  const auto run = [&](const Keeping<SolvesState>& keeping, Watcher& watcher) {
    return fit_softmax_path(data, next, {}, solve, &watcher, keeping);
  };
  std::vector<SolvesState> states;
  Seen all;
  const std::vector<SoftmaxFit> fits = whole(run, states, all);
  ASSERT_EQ(fits.size(), penalties.size());
  for (std::size_t k = 0; k < states.size(); k += 7) {
    SCOPED_TRACE(k);
    Keeping<SolvesState> keeping;
    keeping.from = &states[k];
    Seen rest;
    const std::vector<SoftmaxFit> again = run(keeping, rest);
    ASSERT_EQ(again.size(), fits.size());
    for (std::size_t f = 0; f < fits.size(); ++f) expect_same(fits[f], again[f]);
    ASSERT_LE(rest.values.size(), all.values.size());
    EXPECT_TRUE(std::equal(rest.values.rbegin(), rest.values.rend(), all.values.rbegin()));
  }
}

TEST(SolveStateTest, TheStateOfAnotherProblemIsRefused) {
  std::vector<SolvesState> states;
  Seen seen;
  const Dataset data = dense(300, 8, 3), other = dense(300, 7, 3);
  const auto run = [&](const Keeping<SolvesState>& keeping, Watcher& watcher) {
    return fit_softmax(data, {.l2 = 1e-3}, {}, &watcher, nullptr, keeping);
  };
  whole(run, states, seen);
  Keeping<SolvesState> keeping;
  keeping.from = &states.front();
  EXPECT_THROW(fit_softmax(other, {.l2 = 1e-3}, {}, nullptr, nullptr, keeping), Error);
}

}  // namespace
}  // namespace poise
