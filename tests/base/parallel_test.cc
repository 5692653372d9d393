#include "base/parallel.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

namespace poise {
namespace {

TEST(ParallelFor, RunsEveryTaskOnce) {
  std::vector<int> calls(1000, 0);
  parallel_for(1000, 4, [&](Index i) { ++calls[static_cast<std::size_t>(i)]; });
  EXPECT_EQ(calls, std::vector<int>(1000, 1));
}

TEST(ParallelFor, RethrowsTheErrorOfTheLowestTask) {
  try {
    parallel_for(100, 4, [](Index i) {
      if (i % 10 == 7) throw std::runtime_error(std::to_string(i));
    });
    FAIL() << "no exception";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "7");
  }
}

// No task is lost or late where helpers go from loop to loop, of several callers, without sleeping in between.
TEST(ParallelFor, ShortLoopsOneAfterTheOtherAndSideBySide) {
  constexpr Index kLoops = 3000, kTasks = 5;
  std::vector<Index> sums(3, 0);
  std::vector<std::thread> callers;
  for (Index& sum : sums) {
    callers.emplace_back([&sum] {
      std::vector<Index> parts(kTasks);
      for (Index loop = 0; loop < kLoops; ++loop) {
        parallel_for(kTasks, 3, [&](Index i) { parts[static_cast<std::size_t>(i)] = loop + i; });
        for (const Index part : parts) sum += part;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  const Index expected = kTasks * kLoops * (kLoops - 1) / 2 + kLoops * kTasks * (kTasks - 1) / 2;
  EXPECT_EQ(sums, std::vector<Index>(3, expected));
}

TEST(TreeReduce, AddsAllPartsInTheSameOrderForAnyThreads) {
  for (Index count : {1, 2, 3, 7, 16, 33}) {
    std::vector<std::vector<double>> results;
    for (int threads : {1, 2, 5}) {
      std::vector<double> parts(static_cast<std::size_t>(count));
      for (Index i = 0; i < count; ++i) parts[static_cast<std::size_t>(i)] = 1.0 / static_cast<double>(3 + i);
      double direct = 0;
      for (double part : parts) direct += part;
      tree_reduce(count, threads, [&](Index into, Index from) {
        parts[static_cast<std::size_t>(into)] += parts[static_cast<std::size_t>(from)];
      });
      EXPECT_NEAR(parts[0], direct, 1e-14);
      results.push_back(parts);
    }
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(results[0], results[2]);
  }
}

}  // namespace
}  // namespace poise
