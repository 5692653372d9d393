// Work that is watched: how far it is, and an end before its end.
#include "base/watched_work.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace poise {
namespace {

/// Says kStop once a share is done.
class Listener : public Watcher {
 public:
  explicit Listener(double most = 2) : most_(most) {}
  Answer on_event(const Event& event) override {
    EXPECT_EQ(event.kind, Event::Kind::kWork);
    EXPECT_EQ(event.text, "counting");
    EXPECT_EQ(std::this_thread::get_id(), thread_);
    shares.push_back(event.done.value());
    return shares.back() >= most_ ? Answer::kStop : Answer::kGoOn;
  }
  std::vector<double> shares;

 private:
  double most_;
  std::thread::id thread_ = std::this_thread::get_id();
};

TEST(WatchedWork, GrowsFromNothingToAllOnTheCallersThread) {
  Listener listener;
  std::atomic<int> done{0};
  EXPECT_TRUE(parallel_for_watched(&listener, "counting", 200, 2, [&](Index) { ++done; }));
  EXPECT_EQ(done, 200);
  EXPECT_EQ(listener.shares.front(), 0);
  EXPECT_EQ(listener.shares.back(), 1);
  EXPECT_TRUE(std::is_sorted(listener.shares.begin(), listener.shares.end()));
}

TEST(WatchedWork, EndsWhereTheWatcherSaysSo) {
  Listener listener(0.25);
  std::atomic<int> done{0};
  EXPECT_FALSE(parallel_for_watched(&listener, "counting", 100, 1, [&](Index) { ++done; }));
  EXPECT_EQ(done, 25);
}

TEST(WatchedWork, BeginsNothingForAWatcherWhoHasHadEnough) {
  Listener listener(0);
  EXPECT_FALSE(parallel_for_watched(&listener, "counting", 100, 2, [](Index) { FAIL(); }));
}

TEST(WatchedWork, NeedsNoWatcherAndNoParts) {
  int done = 0;
  EXPECT_TRUE(parallel_for_watched(nullptr, "counting", 3, 1, [&](Index) { ++done; }));
  EXPECT_EQ(done, 3);
  Listener listener;
  EXPECT_TRUE(parallel_for_watched(&listener, "counting", 0, 2, [](Index) { FAIL(); }));
}

}  // namespace
}  // namespace poise
