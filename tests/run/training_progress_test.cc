// What the observer of a network's training shows.
#include "run/training_progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/words.h"

namespace poise {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The line of an epoch in a file.
std::string line_of(const Epoch& epoch, const NetworkOptions& options) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("epochs-" + std::to_string(::getpid()));
  std::FILE* file = std::tmpfile();
  const std::atomic<bool> stop{false};
  {
    RunDirectory run(folder.string(), "data");
    TrainingProgress(run, file, stop, options).on_epoch(epoch);
  }
  std::filesystem::remove_all(folder);
  std::rewind(file);
  std::string text(1000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

Epoch epoch_of(int number, double seconds) {
  Epoch epoch;
  epoch.number = number;
  epoch.seconds = seconds;
  epoch.train = {.loss = 0.123456, .accuracy = 0.98765};
  return epoch;
}

TEST(TrainingProgress, SaysHowFarItIsAndHowLongItTakes) {
  NetworkOptions options;
  options.epochs = 60;
  EXPECT_EQ(line_of(epoch_of(4, 6), options),
            "   6.0 s  epoch 4/60  loss 0.1235  accuracy 98.77 %  84 s left\n");  // 1.5 s an epoch
  options.time_limit = 30;
  EXPECT_THAT(line_of(epoch_of(4, 6), options), HasSubstr("  24 s left"));
  EXPECT_THAT(line_of(epoch_of(60, 6), options), Not(HasSubstr("left")));
}

TEST(TrainingProgress, FitsEightyColumns) {
  NetworkOptions options;
  options.epochs = 200;
  Epoch epoch = epoch_of(100, 1234.5);
  epoch.validation.emplace();
  epoch.validation->loss = 0.23456;
  epoch.validation->accuracy = 0.9;
  const std::string line = line_of(epoch, options);
  EXPECT_THAT(line, HasSubstr("epoch 100/200  loss 0.1235  validation 0.2346, 90.00 %  21 min left"));
  EXPECT_LE(width_of(line), 81u) << line;  // with the end of the line
}

}  // namespace
}  // namespace poise
