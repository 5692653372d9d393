// The command line that repeats a run: what differs from the defaults, as a shell takes it. That it does repeat it is
// checked by tests/cli/report_checks.py.
#include "run/training/command.h"

#include <gtest/gtest.h>

#include "base/shell_word.h"
#include "sample_models.h"

namespace poise {
namespace {

TEST(Command, OfDefaultsIsTheData) {
  EXPECT_EQ(command_of({.data = {.path = "digits"}}), "poise train digits");
  EXPECT_EQ(command_of({.data = {.path = "my data.csv"}}), "poise train 'my data.csv'");
}

TEST(Command, HasWhatDiffers) {
  TrainingRequest request{.data = {.path = "a.csv"}, .validation_share = 0.25, .calibrate = true};
  request.objective.l2 = 0.001;
  request.objective.class_weights = {{"a", 2}};
  request.read.label = "the class";
  request.read.header = false;
  request.solve.tolerance = 1e-10;
  EXPECT_EQ(command_of(request),
            "poise train a.csv --label 'the class' --no-header --l2 0.001 --class-weight 'a=2' --tolerance 1e-10 "
            "--calibrate --validation 0.25");
}

TEST(Command, IsReadBackAsItsWords) {
  for (const std::string word : {"a", "my data.csv", "it's", "", "a\\b", "'", "\"x\" y", "-1"})
    EXPECT_EQ(shell_words("poise " + shell_word(word) + " end"), (std::vector<std::string>{"poise", word, "end"}));
}

TEST(Command, AsAFileOfOptionsHasTheDefaultsAsComments) {
  TrainingRequest request{.data = {.path = "a.csv"}};
  request.objective.l2 = 0.001;
  request.read.label = "a \"b\"";
  request.l2_path = {};
  const std::string text = config_of(request);
  EXPECT_EQ(text.find("# poise train a.csv --config FILE\n[train]\n"), 0U);
  EXPECT_NE(text.find("\nlabel = \"a \\\"b\\\"\"\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nl2 = 0.001\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n# tolerance = 1e-08\n"), std::string::npos) << text;
}

TEST(Command, OfAnEmptyListIsNone) {
  TrainingRequest request{.data = {.path = "a"}};
  request.read.missing_values = std::vector<std::string>();
  EXPECT_EQ(command_of(request), "poise train a --missing-values none");
  EXPECT_NE(config_of(request).find("\nmissing-values = \"none\"\n"), std::string::npos);
}

TEST(Command, OfAPenaltyThatIsChosen) {
  TrainingRequest request{.data = {.path = "a"}, .choose_l2 = true};
  EXPECT_EQ(command_of(request), "poise train a --l2 auto");
  request.search.folds = 3;
  EXPECT_EQ(command_of(request), "poise train a --l2 auto --folds 3");
  request.search.leave_one_out = true;
  EXPECT_EQ(command_of(request), "poise train a --l2 loo");
}

TEST(Command, OfANetworkHasItsOptionsAndNoneOfTheSoftmaxLayer) {
  TrainingRequest request{.data = {.path = "a"}, .seed = 7};
  request.network.hidden = {64, 32};
  request.network.cooling = false;
  request.network.rule = Rule::kPredictiveCoding;
  EXPECT_EQ(command_of(request), "poise train a --hidden 64,32 --rule predictive-coding --no-cooling --seed 7");
  request.network.reference_2024 = true;
  EXPECT_EQ(command_of(request), "poise train a --compat reference-2024 --hidden 64,32 --no-cooling --seed 7");
}

TEST(Command, ANegativeNumberIsNoOption) {
  TrainingRequest request{.data = {.path = "a"}};
  request.read.label = "-1";
  EXPECT_EQ(command_of(request), "poise train a --label=-1");
}

TEST(Command, OfRowsInMemoryThereIsNone) {
  TrainingRequest request;
  request.data.rows = float_data(MatrixF::Zero(2, 1), array_schema(1, {"a", "b"}));
  EXPECT_EQ(command_of(request), "");
}

}  // namespace
}  // namespace poise
