// A problem that is larger than the memory allowed has the same bits as in memory.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/helpers.h"
#include "poise/metrics.h"
#include "poise/read.h"
#include "poise/softmax_regression.h"

namespace poise {
namespace {

constexpr Index kRows = 1'000'000, kFeatures = 20, kClasses = 5;
constexpr std::uint64_t kAllowed = std::uint64_t{1} << 26;

/// Rows whose class is told, with doubt, by five of their features, as NPY files in `dir`.
std::string write_rows(const TempDir& dir, const std::string& kind, int bytes) {
  const auto number = [](Index i, Index j) {
    return 2 * random_uniform(5, static_cast<std::uint64_t>(i * kFeatures + j)) - 1;
  };
  std::string values, labels;
  for (Index i = 0; i < kRows; ++i) {
    Index best = 0;
    for (Index j = 0; j < kFeatures; ++j) {
      const double x = number(i, j);
      if (j < kClasses && x > number(i, best)) best = j;
      if (bytes == 4) {
        const auto one = static_cast<float>(x);
        values.append(reinterpret_cast<const char*>(&one), 4);
      } else {
        values += static_cast<char>(static_cast<std::uint8_t>(128 + 100 * x));
      }
    }
    const bool doubt = random_uniform(6, static_cast<std::uint64_t>(i)) < 0.3;
    labels += static_cast<char>(doubt ? (best + 1) % kClasses : best);
  }
  const auto shape = [](const std::string& text) { return fmt::format("({}, {})", kRows, text); };
  dir.write("x-labels.npy", npy(npy_dict("|u1", shape("")), labels));
  return dir.write("x.npy", npy(npy_dict(kind, shape(std::to_string(kFeatures))), values));
}

void expect_same_bits(const SoftmaxFit& a, const SoftmaxFit& b) {
  EXPECT_EQ(a.report.iterations, b.report.iterations);
  EXPECT_EQ(a.report.passes, b.report.passes);
  EXPECT_EQ(a.report.objective, b.report.objective);
  EXPECT_EQ(a.report.gap, b.report.gap);
  EXPECT_TRUE(a.model.layers[0].weights == b.model.layers[0].weights);
  EXPECT_TRUE(a.model.layers[0].bias == b.model.layers[0].bias);
}

TEST(Streamed, SolvesToTheSameBitsAsInMemory) {
  const TempDir dir;
  const std::string path = write_rows(dir, "<f4", 4);
  const Dataset whole = read_dataset(path, {.memory = std::uint64_t{1} << 34});
  const Dataset streamed = read_dataset(path, {.memory = kAllowed});
  ASSERT_FALSE(whole.features.is_streamed());
  ASSERT_TRUE(streamed.features.is_streamed());
  EXPECT_EQ(fingerprint(streamed), fingerprint(whole));
  for (const Solver solver : {Solver::kNewton, Solver::kLbfgs}) {
    const SolveOptions solve{.solver = solver, .threads = 2, .memory = std::uint64_t{1} << 34};
    SolveOptions with_little = solve;
    with_little.memory = kAllowed;
    const SoftmaxFit expected = fit_softmax(whole, {.l2 = 1e-4}, solve);
    EXPECT_EQ(expected.report.status, Status::kCertified);
    expect_same_bits(fit_softmax(streamed, {.l2 = 1e-4}, with_little), expected);
    with_little.threads = 1;
    expect_same_bits(fit_softmax(streamed, {.l2 = 1e-4}, with_little), expected);
  }
}

TEST(Streamed, SayWhereMemoryIsTooLittleForTheProofThatIsLeft) {
  const TempDir dir;
  const Dataset streamed = read_dataset(write_rows(dir, "<f4", 4), {.memory = kAllowed});
  // So small a penalty has no dual bounds, and 72 MB of exact probabilities are more than half of what is allowed.
  const SolveReport report = fit_softmax(streamed, {.l2 = 1e-12}, {.memory = kAllowed}).report;
  EXPECT_EQ(report.status, Status::kConverged);
  EXPECT_FALSE(report.gap);
  EXPECT_NE(report.why.find("the memory allowed is too little"), std::string::npos) << report.why;
}

TEST(Streamed, MeasuresTheSame) {
  const TempDir dir;
  const std::string path = write_rows(dir, "<f4", 4);
  const Dataset whole = read_dataset(path, {.memory = std::uint64_t{1} << 34});
  const Dataset streamed = read_dataset(path, {.memory = kAllowed});
  const SoftmaxFit fit = fit_softmax(whole, {.l2 = 1e-2}, {.tolerance = 1e-4});
  const Metrics a = evaluate_network(fit.model, whole), b = evaluate_network(fit.model, streamed, {.memory = kAllowed});
  EXPECT_EQ(a.accuracy, b.accuracy);
  EXPECT_EQ(a.cross_entropy, b.cross_entropy);
  EXPECT_EQ(a.temperature.temperature, b.temperature.temperature);
  EXPECT_GT(a.auc, 0.5);
  EXPECT_TRUE(std::isnan(b.auc));  // it would take more than half of what is allowed
}

TEST(Streamed, PartsOfItAreTheSameRows) {
  const TempDir dir;
  const std::string path = write_rows(dir, "|u1", 1);
  const Dataset whole = read_dataset(path, {.memory = std::uint64_t{1} << 34});
  const Dataset streamed = read_dataset(path, {.memory = std::uint64_t{1} << 25});
  ASSERT_TRUE(streamed.features.is_streamed());
  const auto [rest, part] = split_rows(streamed, kRows / 50, 3);
  EXPECT_EQ(fingerprint(part), fingerprint(split_rows(whole, kRows / 50, 3).second));
  EXPECT_TRUE(rest.features.is_streamed());
  EXPECT_EQ(fingerprint(rest), fingerprint(split_rows(whole, kRows / 50, 3).first));
}

TEST(Streamed, TablesAreParsedToTheSameRows) {
  const TempDir dir;
  std::string text = "a,color,b,weight,kind\n";
  for (int i = 0; i < 900'000; ++i) {
    const auto u = static_cast<std::uint64_t>(i);
    const double x = random_uniform(1, u), y = random_uniform(2, u);
    const char* const color = y < 0.3 ? "red" : y < 0.9 ? "green, dark" : "blue";
    text += fmt::format("{},\"{}\",{:.3f},{},{}\n", i % 7 == 0 ? "" : fmt::format("{:.6f}", x), color, y, 1 + i % 3,
                        x + y + random_uniform(3, u) < 1.4 ? "low" : "high");
  }
  const std::string path = dir.write("table.csv", text);
  ASSERT_GT(text.size(), 1U << 24);
  ReadOptions options{.sample_weight = "weight"};
  options.memory = std::uint64_t{1} << 34;
  const Dataset whole = read_dataset(path, options);
  options.memory = std::uint64_t{1} << 24;
  const Dataset streamed = read_dataset(path, options);
  ASSERT_FALSE(whole.features.is_streamed());
  EXPECT_TRUE(streamed.features.is_streamed());
  EXPECT_EQ(fingerprint(streamed), fingerprint(whole));
  EXPECT_EQ(streamed.notices, whole.notices);
  EXPECT_EQ(streamed.missing, whole.missing);
  for (Index j = 0; j < whole.features.cols(); ++j)
    EXPECT_EQ(streamed.schema.feature_name(j), whole.schema.feature_name(j));
  // The same of rows for a model, some of whose labels are missing.
  options.sample_weight = {};
  EXPECT_EQ(fingerprint(read_dataset(path, options, whole.schema)),
            fingerprint(read_dataset(path, {.memory = std::uint64_t{1} << 34}, whole.schema)));
}

}  // namespace
}  // namespace poise
