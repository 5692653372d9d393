#include "base/stoppable.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace poise {
namespace {

TEST(ParallelForUnless, RunsEveryTaskOnceWhereNothingStopsIt) {
  for (const int threads : {1, 4}) {
    for (const bool asks : {false, true}) {
      std::vector<int> calls(500, 0);
      const std::function<bool()> stop = asks ? [] { return false; } : std::function<bool()>();
      EXPECT_TRUE(parallel_for_unless(stop, 500, threads, [&](Index i) { ++calls[static_cast<std::size_t>(i)]; }));
      EXPECT_EQ(calls, std::vector<int>(500, 1));
    }
  }
}

TEST(ParallelForUnless, BeginsNothingOnceItIsStopped) {
  std::atomic<int> calls{0};
  EXPECT_FALSE(parallel_for_unless([] { return true; }, 100, 4, [&](Index) { ++calls; }));
  EXPECT_EQ(calls, 0);
  // On one thread: at the start, and before every task.
  int asked = 0;
  EXPECT_FALSE(parallel_for_unless([&] { return ++asked > 4; }, 100, 1, [&](Index) { ++calls; }));
  EXPECT_EQ(calls, 3);
}

TEST(ParallelForUnless, AsksOnTheCallersThreadAlone) {
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<bool> elsewhere{false};
  const auto stop = [&] {
    elsewhere = elsewhere || std::this_thread::get_id() != caller;
    return false;
  };
  for (int round = 0; round < 50; ++round) parallel_for_unless(stop, 40, 4, [](Index) {});
  EXPECT_FALSE(elsewhere);
}

}  // namespace
}  // namespace poise
