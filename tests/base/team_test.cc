#include "base/team.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

namespace poise {
namespace {

TEST(Team, TakesEveryTaskOnceInEveryPhase) {
  for (int threads : {1, 2, 5}) {
    Team team(threads);
    constexpr Index kMost = 9;
    std::vector<std::atomic<int>> taken(kMost);
    team.run([&](int) {
      for (Index count = 0; count <= kMost; ++count) {
        team.share(count, [&](Index task) { ++taken[static_cast<std::size_t>(task)]; });
      }
    });
    for (Index task = 0; task < kMost; ++task) {  // in the phases of more tasks than its number
      EXPECT_EQ(taken[static_cast<std::size_t>(task)], kMost - task) << threads << " threads, task " << task;
    }
  }
}

TEST(Team, MembersHaveNumbersAndPartsOfTheirOwn) {
  Team team(3);
  std::vector<int> number(3, -1), owner(6, -1);
  std::atomic<int> began{0};
  team.run([&](int member) {
    number[static_cast<std::size_t>(member)] = Team::member();
    EXPECT_EQ(team.present(), 3);
    bool first = true;
    team.share(6, [&](Index task) {
      owner[static_cast<std::size_t>(task)] = Team::member();
      if (!first) return;
      first = false;
      ++began;
      while (began < 3) std::this_thread::yield();  // nobody is done before all have begun
    });
  });
  EXPECT_EQ(number, (std::vector<int>{0, 1, 2}));
  for (std::size_t member = 0; member < 3; ++member) EXPECT_EQ(owner[2 * member], static_cast<int>(member));
}

TEST(Team, HelpsWithPartsOfUnequalSize) {
  Team team(2);
  const std::vector<Index> begin{0, 0, 7};  // nothing for the first
  std::vector<std::atomic<int>> taken(7);
  team.run([&](int) {
    team.share_parts([&](int member) { return begin[static_cast<std::size_t>(member)]; },
                     [&](Index task) { ++taken[static_cast<std::size_t>(task)]; });
  });
  for (const auto& times : taken) EXPECT_EQ(times, 1);
}

TEST(Team, EndsForAllWhenOneThrows) {
  Team team(4);
  std::atomic<int> after{0};
  EXPECT_THROW(team.run([&](int) {
    team.share(8, [](Index task) {
      if (task == 5) throw std::runtime_error("five");
    });
    ++after;
  }),
               std::runtime_error);
  EXPECT_EQ(after, 0);
  std::atomic<int> count{0};
  team.run([&](int) { team.share(3, [&](Index) { ++count; }); });  // and serves again
  EXPECT_EQ(count, 3);
}

/// Runs a team until it has the number of members wanted, for a minute at most; one of them naps meanwhile.
bool comes_to(Team& team, int members, std::chrono::milliseconds nap) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  do {
    team.run([&](int) {
      team.share(team.present(), [&](Index task) {
        if (task == 0) std::this_thread::sleep_for(nap);
      });
    });
  } while (team.present() != members && std::chrono::steady_clock::now() < deadline);
  return team.present() == members;
}

// A member that is not on a processor for long, as where other programs want it, too: fewer do the work for a while.
TEST(Team, GoesOnWithFewerMembersWhereOneIsHeldUpAndComesBack) {
  using std::chrono::milliseconds;
  Team team(4);
  EXPECT_TRUE(comes_to(team, 4, milliseconds(0)));
  EXPECT_TRUE(comes_to(team, 2, milliseconds(5)));
  EXPECT_TRUE(comes_to(team, 1, milliseconds(5)));
  EXPECT_TRUE(comes_to(team, 4, milliseconds(0)));
}

/// The calling thread stays on one processor while this lives.
class OnOneProcessor {
 public:
  explicit OnOneProcessor(int processor) {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    ::sched_setaffinity(0, sizeof one, &one);
  }
  ~OnOneProcessor() { ::sched_setaffinity(0, sizeof before_, &before_); }
  OnOneProcessor(const OnOneProcessor&) = delete;
  OnOneProcessor& operator=(const OnOneProcessor&) = delete;

 private:
  cpu_set_t before_{};
};

// Two members to whom one processor is left take turns, and each waits awake for a while in its own: the work of one
// goes on while the other sleeps, so that time on processors alone does not show it.
TEST(Team, GoesOnWithFewerMembersWhereTwoShareAProcessor) {
  Team team(2);
  const int processor = ::sched_getcpu();
  std::atomic<bool> regroup{false};
  team.run([&](int) {
    const OnOneProcessor here(processor);
    for (int k = 0; k < 200 && !regroup; ++k) {
      team.meet();
      team.share(1, [&](Index) { regroup = regroup || team.should_regroup(); });
    }
  });
  EXPECT_TRUE(regroup);
}

// Work of unequal length is no reason. (Where other programs hold a member up as well, it takes some tries.)
TEST(Team, StaysWholeWhereOneMemberWorksForLonger) {
  for (int k = 0; k < 100; ++k) {
    Team team(2);
    std::atomic<bool> regroup{false};
    team.run([&](int) {
      team.meet();  // all are awake
      team.share(2, [&](Index task) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
        while (task == 0 && std::chrono::steady_clock::now() < end) continue;
      });
      team.share(1, [&](Index) { regroup = team.should_regroup(); });
    });
    if (!regroup) return;
  }
  double load = 0;
  if (::getloadavg(&load, 1) == 1 && load > 1.5 * std::thread::hardware_concurrency())
    GTEST_SKIP() << "other programs keep the processors busy: load " << load;
  FAIL() << "half the members every time";
}

TEST(Team, HasOneMemberInsideAParallelLoop) {
  parallel_for(2, 2, [](Index) {
    Team team(2);
    int runs = 0;
    team.run([&](int member) {
      EXPECT_EQ(member, 0);
      EXPECT_EQ(team.present(), 1);
      ++runs;
      team.share(2, [&](Index) { ++runs; });
    });
    EXPECT_EQ(runs, 3);
  });
}

}  // namespace
}  // namespace poise
