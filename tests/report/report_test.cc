// Whole reports: sizes, escaping, and that every fact is in both forms.
#include "poise/report.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "poise/error.h"
#include "report/facts/sections.h"
#include "report/words.h"
#include "sample_records.h"

namespace poise {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Report, OfAThousandClassesAndEpochsIsBelowAMegabyte) {
  const RunRecord run = sample_record(1000, 1000);
  EXPECT_LE(report_html({&run, 1}).size(), 1'000'000U);
  EXPECT_LE(report_markdown({&run, 1}).size(), kMostMarkdown);
}

TEST(Report, DoesNotGrowWithEpochs) {
  const RunRecord few = sample_record(10, 4000), many = sample_record(10, 20000);
  const double ratio =
      static_cast<double>(report_html({&many, 1}).size()) / static_cast<double>(report_html({&few, 1}).size());
  EXPECT_LT(ratio, 1.05);
}

TEST(Report, TakesNoMarkupFromData) {
  const std::string evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`|";
  const std::vector<RunRecord> runs{sample_record(3, 20, evil), sample_record(3, 20, evil + "2")};
  for (const std::span<const RunRecord> some : {std::span(runs).first(1), std::span(runs)}) {
    const std::string page = report_html(some), text = report_markdown(some);
    EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
    EXPECT_THAT(page, Not(HasSubstr("<img src=x")));
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
    EXPECT_THAT(text, HasSubstr("&lt;script&gt;alert(1)"));
  }
}

TEST(Report, HasTheSectionsOfWhatIsKnown) {
  const RunRecord run = sample_record(3, 20);
  const std::string page = report_html({&run, 1}), text = report_markdown({&run, 1});
  for (const char* heading :
       {"To repeat it", "How good it is", "Checks", "What it confuses", "Whether its probabilities can be believed",
        "How it got there", "The balance of entropy and divergence", "Thermodynamics", "Class by class",
        "Where it is surest and wrong", "The weights", "The data", "Options and machine"}) {
    EXPECT_THAT(page, HasSubstr(fmt::format(">{}</h2>", heading)));
    EXPECT_THAT(text, HasSubstr(fmt::format("## {}", heading)));
  }
}

TEST(Report, SaysWhatAnIntervalIsAndHowGoodItIs) {
  const RunRecord run = sample_record(3, 20);  // 270 of 300 rows are right
  for (const std::string& text : {report_html({&run, 1}), report_markdown({&run, 1})}) {
    EXPECT_THAT(text, HasSubstr("90.00\u00a0%"));
    EXPECT_THAT(text, HasSubstr("86.1–92.9\u00a0%"));  // Wilson: 0.86093, 0.92908
    EXPECT_THAT(text, HasSubstr("Wilson"));
  }
}

TEST(Report, OfWeightedRowsHasNoIntervals) {
  RunRecord run = sample_record(3, 20);
  run.parts[0].metrics.by_class[0].weight = 17.5;
  EXPECT_EQ(report::interval_of(0.9, report::draws_of(run.parts[0].metrics)), "–");
  EXPECT_THAT(report_html({&run, 1}), HasSubstr("Rows have weights here"));
}

TEST(Report, OfARunThatWasInterruptedSaysSo) {
  RunRecord run = sample_record(3, 2);
  run.status = "interrupted", run.why = "stopped by request", run.not_measured = "interrupted";
  run.parts.clear(), run.surest_errors.reset();
  const std::string page = report_html({&run, 1});
  EXPECT_THAT(page, HasSubstr("that was interrupted"));
  EXPECT_THAT(page, HasSubstr("Not everything was measured"));
}

TEST(Report, SortsRunsByCrossEntropyAndNamesTheBest) {
  std::vector<RunRecord> runs{sample_record(3, 20, "worse"), sample_record(3, 20, "better")};
  runs[0].parts[0].metrics.cross_entropy = 0.5;
  const std::string page = report_html(runs);
  EXPECT_THAT(
      page,
      HasSubstr("Of 2 runs, better has the smallest cross-entropy (0.3000 nats on test rows; accuracy 90.00\u00a0%)"));
  const std::string results = page.substr(page.find("id=\"results\""));
  EXPECT_LT(results.find("better"), results.find("worse"));
}

TEST(Report, OfRunsShowsTheOptionsThatDifferAndNoOthers) {
  std::vector<RunRecord> runs{sample_record(3, 20, "a"), sample_record(3, 20, "b")};
  runs[1].asked[2].second = "equilibrium";
  const report::Section section = report::settings_differences(runs);
  const auto& table = std::get<report::Table>(section.blocks.back());
  std::vector<std::string> names;
  for (const auto& row : table.rows) names.push_back(row[0].text);
  EXPECT_THAT(names, testing::ElementsAre("model", "data", "rule"));
}

TEST(Report, OfNoRunIsRefused) { EXPECT_THROW(report_html({}), Error); }

// A record may come from a file that was changed by hand: classes that are not there, pictures of other sizes.
TEST(Report, SurvivesRecordsThatContradictThemselves) {
  RunRecord run = sample_record(3, 20);
  run.parts[0].confused.push_back({2, 1, 5});
  run.surest_errors->rows[0].pixels.resize(5);
  run.images[0].resize(7);
  run.schema.classes.resize(1);
  run.largest_weights.push_back({0, 2, 1.0, 1.0});
  EXPECT_THAT(report_html({&run, 1}), HasSubstr("</html>"));
  run.schema.classes.clear();
  EXPECT_THAT(report_html({&run, 1}), HasSubstr("</html>"));
}

}  // namespace
}  // namespace poise
