// A solve must stand a signal at any moment, and go on in child processes.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "poise/read.h"
#include "poise/softmax_regression.h"
#include "signal_timer.h"

namespace poise {
namespace {

TEST(SolveUnderSignals, GivesTheSameBits) {
  const Dataset digits = read_dataset("digits", {});
  for (const int threads : {1, 2}) {
    for (const Solver solver : {Solver::kAuto, Solver::kNewton, Solver::kLbfgs}) {
      const auto solve = [&] {
        return fit_softmax(digits, {.l2 = 1e-2}, {.solver = solver, .tolerance = 1e-6, .threads = threads}).model;
      };
      const Network expected = solve();
      const SignalTimer timer;
      const Network found = solve();
      EXPECT_GT(SignalTimer::count(), 0);
      EXPECT_EQ(found.layers[0].weights, expected.layers[0].weights)
          << threads << " threads, solver " << static_cast<int>(solver);
    }
  }
}

// The threads of the parent's pool are not there in a child.
TEST(SolveAfterFork, EndsWithTheSameBits) {
  const Dataset digits = read_dataset("digits", {});
  const auto solve = [&] { return fit_softmax(digits, {.l2 = 1e-1}, {.tolerance = 1e-4, .threads = 2}).model; };
  const Network expected = solve();
  constexpr int kForks = 200, kAtATime = 4;
  for (int k = 0; k < kForks; k += kAtATime) {
    pid_t children[kAtATime];
    for (pid_t& child : children) {
      child = ::fork();
      if (child != 0) continue;
      ::alarm(60);  // ends it if it hangs
      ::_exit(solve().layers[0].weights == expected.layers[0].weights ? 0 : 1);
    }
    for (const pid_t child : children) {
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "of the forks from " << k << ", status " << status;
    }
  }
}

}  // namespace
}  // namespace poise
