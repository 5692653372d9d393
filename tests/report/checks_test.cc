// Every check appears where it should, and not where all is well.
#include "poise/checks.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "paths.h"
#include "poise/report.h"
#include "sample_records.h"

namespace poise {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A softmax layer on 3,000 rows of three classes with 6,000 test rows, on which all is well.
RunRecord good_softmax() {
  RunRecord run = sample_record(3, 0);
  run.is_network = false, run.history.clear(), run.telemetry.clear(), run.messages.clear(), run.notices.clear();
  run.status = "certified", run.why = "the gap is small", run.l2 = 0.1, run.rows = 3000;
  run.certificate.emplace().gap = 1e-9;
  run.asked.emplace_back("tolerance", "1e-08");
  run.schema.image_shape.clear();
  run.data_figures.emplace().test_rows_trained_on = 0;
  RunRecord::Part& test = run.parts[0];
  test.metrics.rows = 6000;
  for (ClassMetrics& one : test.metrics.by_class) one = {2000, 2000, 0.9, 0.9, 0.9, 0.99};
  for (ReliabilityBin& bin : test.metrics.reliability) bin.rows = 400;
  test.metrics.majority_share = 1.0 / 3, test.metrics.frequencies_entropy = std::log(3.0);
  RunRecord::Part train = test;
  train.name = "train", train.metrics.rows = 3000, train.metrics.accuracy = 0.92;
  for (ClassMetrics& one : train.metrics.by_class) one.weight = one.predicted = 1000;
  run.parts.push_back(train);
  run.chosen_by = "cross-validation";
  for (const double l2 : {0.01, 0.1, 1.0}) run.candidates.push_back({.l2 = l2, .held_out = 0.3});
  return run;
}

RunRecord good_network() {
  RunRecord run = good_softmax();
  run.is_network = true, run.status = "finished", run.certificate.reset(), run.candidates.clear(),
  run.chosen_by.clear();
  run.epochs = 20;
  return run;
}

Severity severity_of(const RunRecord& run, const std::string& code) {
  for (const Check& check : checks_of(run)) {
    if (check.code == code) return check.severity;
  }
  ADD_FAILURE() << code << " is not there";
  return Severity::kOk;
}

TEST(Checks, OfAGoodRunAreAllOk) {
  for (const RunRecord& run : {good_softmax(), good_network()}) {
    const std::vector<Check> checks = checks_of(run);
    EXPECT_GE(checks.size(), 12U);
    for (const Check& check : checks) {
      EXPECT_EQ(check.severity, Severity::kOk) << check.code << ": " << check.found << ", ok: " << check.threshold;
      EXPECT_EQ(check.advice, "");
      EXPECT_NE(check.found, "");
      EXPECT_NE(check.threshold, "");
    }
  }
}

struct Case {
  const char* code;
  Severity severity;
  std::function<void(RunRecord&)> spoil;
  bool network = false;
};

const std::vector<Case>& cases() {
  static constexpr Severity kNote = Severity::kNote, kWarning = Severity::kWarning;
  static const auto train = [](RunRecord& run) -> Metrics& { return run.parts[1].metrics; };
  static const auto test = [](RunRecord& run) -> Metrics& { return run.parts[0].metrics; };
  static const std::vector<Case> all{
      {"P101", kWarning, [](RunRecord& run) { run.status = "separable", run.l2 = 0; }},
      {"P101", kWarning, [](RunRecord& run) { run.l2 = 0, run.certificate->proves_absence = true; }},
      {"P102", kWarning, [](RunRecord& run) { run.status = "iteration_limit"; }},
      {"P102", kNote, [](RunRecord& run) { run.status = "converged"; }},
      {"P102", kWarning, [](RunRecord& run) { run.status = "diverged"; }, true},
      {"P103", kNote, [](RunRecord& run) { train(run).by_class[1].weight = 19, train(run).rows = 2019; }},
      {"P103", kWarning, [](RunRecord& run) { train(run).by_class[1].weight = 0, train(run).rows = 2000; }},
      {"P104", kWarning, [](RunRecord& run) { run.parts.erase(run.parts.begin()); }},
      {"P104", kNote,  // 270 of 300 rows: from 86.1 to 92.9 %, as SaysWhatAnIntervalIs has it
       [](RunRecord& run) {
         test(run).rows = 300;
         for (ClassMetrics& one : test(run).by_class) one.weight = 100;
       }},
      {"P105", kNote, [](RunRecord& run) { test(run).expected_calibration_error = 0.06; }},
      {"P105", kWarning, [](RunRecord& run) { test(run).expected_calibration_error = 0.2; }},
      {"P106", kNote, [](RunRecord& run) { train(run).accuracy = 0.96; }},
      {"P106", kWarning, [](RunRecord& run) { test(run).accuracy = 0.7; }},
      {"P107", kNote, [](RunRecord& run) { run.data_figures->constant_features = 1; }},
      {"P107", kNote, [](RunRecord& run) { run.data_figures->duplicate_features = 2; }},
      {"P109", kNote, [](RunRecord& run) { run.data_figures->repeated_rows = 31; }},
      {"P110", kNote, [](RunRecord& run) { train(run).by_class[1].weight = 99; }},
      {"P110", kWarning, [](RunRecord& run) { train(run).by_class[1].weight = 9; }},
      {"P111", kNote, [](RunRecord& run) { run.messages = {"epoch 3 was taken back"}; }, true},
      {"P112", kNote, [](RunRecord& run) { run.data_figures->test_rows_trained_on = 61; }},
      {"P112", kWarning, [](RunRecord& run) { run.data_figures->test_rows_trained_on = 6000; }},
      {"P113", kWarning, [](RunRecord& run) { test(run).cross_entropy = 1.2; }},
      {"P113", kNote, [](RunRecord& run) { test(run).majority_share = 0.9; }},
      {"P114", kNote, [](RunRecord& run) { test(run).by_class[2].predicted = 0; }},
      {"P115", kNote, [](RunRecord& run) { run.l2 = 0.01, run.asked.emplace_back("l2_path", "0.01, 0.1, 1"); }},
      {"P116", kNote, [](RunRecord& run) { run.chosen_by.clear(), run.features = 1499; }},
      {"P117", kWarning, [](RunRecord& run) { run.not_measured = "time_limit"; }},
      {"P118", kNote, [](RunRecord& run) { run.data_figures->contradicted_rows = 100; }}};
  return all;
}

TEST(Checks, FindWhatIsNotWell) {
  for (const Case& one : cases()) {
    RunRecord run = one.network ? good_network() : good_softmax();
    one.spoil(run);
    EXPECT_EQ(severity_of(run, one.code), one.severity) << one.code;
    for (const Check& check : checks_of(run)) {
      if (check.code == one.code) {
        EXPECT_NE(check.advice, "") << one.code;
      }
    }
    EXPECT_THAT(report_html({&run, 1}), HasSubstr(fmt::format("<b>{}</b>", one.code)));
    EXPECT_THAT(report_markdown({&run, 1}), HasSubstr(fmt::format("**{} {}", one.code, to_string(one.severity))));
  }
}

TEST(Checks, OfMissingValuesAreOfTables) {
  RunRecord run = good_softmax();
  run.schema.columns.resize(2);
  EXPECT_EQ(severity_of(run, "P108"), Severity::kOk);
  run.data_figures->missing_values = 30, run.data_figures->columns_with_missing = 1,
  run.data_figures->most_missing = 0.01;
  EXPECT_EQ(severity_of(run, "P108"), Severity::kNote);
  run.data_figures->most_missing = 0.6;
  EXPECT_EQ(severity_of(run, "P108"), Severity::kWarning);
}

/// Black borders of images and words that stand together are as they have to be; weighed classes, too.
TEST(Checks, KnowWhatIsNatural) {
  RunRecord images = good_softmax();
  images.schema.image_shape = {8, 8}, images.data_figures->constant_features = 10;
  EXPECT_EQ(severity_of(images, "P107"), Severity::kOk);
  RunRecord weighed = good_softmax();
  weighed.parts[1].metrics.by_class[1].weight = 9;
  weighed.asked.emplace_back("balanced_classes", "true");
  EXPECT_EQ(severity_of(weighed, "P110"), Severity::kOk);
}

/// A perfectly calibrated model of 15 bins with 10 rows each is some 0.1 off by luck: √(2/π · ¼/10) = 0.126 at c = ½.
TEST(Checks, DoNotTakeLuckForMiscalibration) {
  RunRecord run = good_softmax();
  run.parts[0].metrics.expected_calibration_error = 0.12;
  EXPECT_EQ(severity_of(run, "P105"), Severity::kNote);
  for (ReliabilityBin& bin : run.parts[0].metrics.reliability) bin.rows = 10;
  EXPECT_EQ(severity_of(run, "P105"), Severity::kOk);
}

/// What training has noted stands with the check that it is about, and nowhere else.
TEST(Checks, SayOnceWhatTrainingNoted) {
  RunRecord run = good_network();
  run.notices = {"the softmax layer alone is better [P119]", "'a' holds dates", "1 feature is constant: 'k' [P107]"};
  EXPECT_EQ(severity_of(run, "P119"), Severity::kNote);
  EXPECT_EQ(severity_of(run, "P107"), Severity::kNote);
  for (const std::string& text : {report_html({&run, 1}), report_markdown({&run, 1})}) {
    for (const char* said : {"the softmax layer alone is better", "holds dates"}) {
      const std::size_t at = text.find(said);
      ASSERT_NE(at, std::string::npos) << said;
      EXPECT_EQ(text.find(said, at + 1), std::string::npos) << said;
    }
    EXPECT_THAT(text, Not(HasSubstr("[P1")));
  }
}

TEST(Checks, ComeByTheirWeight) {
  RunRecord run = good_softmax();
  run.status = "converged", run.not_measured = "interrupted";
  const std::vector<Check> checks = checks_of(run);
  EXPECT_EQ(checks[0].code, "P117");
  EXPECT_EQ(checks[1].code, "P102");
  EXPECT_THAT(counts_of(checks), testing::StartsWith("1 warning, 1 note, "));
}

TEST(Checks, AreAllInTheDocuments) {
  std::ifstream file(source_dir() + "/docs/report.md");
  const std::string text = (std::stringstream() << file.rdbuf()).str();
  std::set<std::string> codes{"P108", "P119"};
  for (const Case& one : cases()) codes.insert(one.code);
  EXPECT_EQ(codes.size(), 19U);
  for (const std::string& code : codes) EXPECT_THAT(text, HasSubstr(fmt::format("| {} |", code)));
}

}  // namespace
}  // namespace poise
