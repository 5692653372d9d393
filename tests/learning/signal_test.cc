// Training must stand a signal at any moment, on one thread and on several, and so must its child processes.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "poise/read.h"
#include "poise/training.h"
#include "signal_timer.h"

namespace poise {
namespace {

NetworkOptions quick(int threads) {
  NetworkOptions options;
  options.hidden = {130, 20};  // a layer of two parts, and one of one
  options.epochs = 2, options.batch = 256, options.threads = threads;
  options.relaxation_steps = 10;
  return options;
}

struct Case {
  const char* name;
  void (*change)(NetworkOptions&);
};

class TrainingUnderSignals : public testing::TestWithParam<Case> {};

TEST_P(TrainingUnderSignals, GivesTheSameBits) {
  const Dataset digits = read_dataset("digits", {});
  for (const int threads : {1, 2}) {
    NetworkOptions options = quick(threads);
    GetParam().change(options);
    const Network expected = train_network(digits, options).network;
    const SignalTimer timer;
    const Network found = train_network(digits, options).network;
    EXPECT_GT(SignalTimer::count(), 0);
    for (std::size_t l = 0; l < expected.layers.size(); ++l) {
      EXPECT_EQ(found.layers[l].weights, expected.layers[l].weights) << threads << " threads, layer " << l;
      EXPECT_EQ(found.layers[l].bias, expected.layers[l].bias) << threads << " threads, layer " << l;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rules, TrainingUnderSignals,
    testing::Values(
        Case{"adjoint", [](NetworkOptions&) {}},
        Case{"bfloat16", [](NetworkOptions& o) { o.precision = Precision::kBfloat16; }},
        Case{"adam_with_dropout", [](NetworkOptions& o) { o.step = Step::kAdam, o.dropout = 0.1; }},
        Case{"equilibrium", [](NetworkOptions& o) { o.rule = Rule::kEquilibrium; }},
        Case{"gauss_seidel", [](NetworkOptions& o) { o.rule = Rule::kEquilibrium, o.order = Order::kGaussSeidel; }},
        Case{"simultaneous",
             [](NetworkOptions& o) { o.rule = Rule::kEquilibrium, o.relaxation = Relaxation::kSimultaneous; }},
        Case{"predictive_coding", [](NetworkOptions& o) { o.rule = Rule::kPredictiveCoding; }},
        Case{"exact_head", [](NetworkOptions& o) { o.solve_head_every = 1; }}),
    [](const auto& chosen) { return std::string(chosen.param.name); });

/// Whether the child ended by itself, with code 0.
bool ends_well(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// The threads of the parent's pool are not there in a child.
TEST(TrainingAfterFork, EndsWithTheSameBits) {
  const Dataset digits = read_dataset("digits", {});
  NetworkOptions options = quick(2);
  options.epochs = 1;
  const Network expected = train_network(digits, options).network;
  constexpr int kForks = 200, kAtATime = 4;
  for (int k = 0; k < kForks; k += kAtATime) {
    pid_t children[kAtATime];
    for (pid_t& child : children) {
      child = ::fork();
      if (child != 0) continue;
      ::alarm(60);  // ends it if it hangs
      const Network found = train_network(digits, options).network;
      ::_exit(found.layers[0].weights == expected.layers[0].weights ? 0 : 1);
    }
    for (const pid_t child : children) ASSERT_TRUE(ends_well(child)) << "of the forks from number " << k << " on";
  }
  EXPECT_EQ(train_network(digits, options).network.layers[0].weights, expected.layers[0].weights);
}

}  // namespace
}  // namespace poise
