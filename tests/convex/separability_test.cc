// Proofs that there is no minimizer at λ = 0 (docs/theory/softmax.md#directions-of-recession): found where data are
// separable by design, never found where they overlap, and every direction returned checked row by row in 113-bit
// arithmetic.
#include <gtest/gtest.h>

#include <cmath>

#include "convex/existence/separation_search.h"
#include "convex/existence/verdict.h"
#include "convex/reference.h"
#include "poise/softmax_regression.h"
#include "sample_models.h"

namespace poise {
namespace {

__extension__ using Quad = __float128;

struct Rows {
  std::vector<std::vector<float>> x;
  std::vector<std::int32_t> labels;
  std::vector<double> weights;
  void add(std::vector<float> row, std::int32_t label, double weight = 1) {
    x.push_back(std::move(row));
    labels.push_back(label);
    weights.push_back(weight);
  }
  Dataset data(Index classes, Storage storage = Storage::kFloat) const {
    MatrixF matrix(static_cast<Index>(x.size()), static_cast<Index>(x[0].size()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (std::size_t j = 0; j < x[i].size(); ++j) matrix(static_cast<Index>(i), static_cast<Index>(j)) = x[i][j];
    }
    std::vector<std::string> names;
    for (Index c = 0; c < classes; ++c) names.push_back(std::string(1, static_cast<char>('a' + c)));
    Dataset out = float_data(matrix, array_schema(matrix.cols(), names));
    out.features = stored_as(matrix, storage);
    out.labels = labels;
    out.sample_weight = Eigen::Map<const Vector>(weights.data(), static_cast<Index>(weights.size()));
    return out;
  }
};

/// Checks a direction exactly: no margin of a row that counts falls, and as many rows as said gain.
void expect_proof(const SeparatingDirection& direction, const Dataset& data) {
  const Index d = data.features.cols(), k = data.schema.class_count();
  Parameters u = Parameters::Zero(d + 1, k);
  for (const auto& entry : direction.entries) u(entry.feature, entry.class_id) += entry.value;
  Index helped = 0;
  for (Index i = 0; i < data.rows(); ++i) {
    if (data.sample_weight[i] == 0) continue;
    std::vector<Quad> z(static_cast<std::size_t>(k));
    for (Index c = 0; c < k; ++c) {
      Quad sum = u(d, c);
      for (Index j = 0; j < d; ++j) sum += static_cast<Quad>(data.features.value(i, j)) * static_cast<Quad>(u(j, c));
      z[static_cast<std::size_t>(c)] = sum;
    }
    const auto own = static_cast<std::size_t>(data.labels[static_cast<std::size_t>(i)]);
    bool gains = false;
    for (std::size_t c = 0; c < z.size(); ++c) {
      EXPECT_TRUE(z[own] - z[c] >= 0) << "row " << i << " class " << c;
      gains = gains || z[own] > z[c];
    }
    helped += gains;
  }
  EXPECT_GT(helped, 0);
  EXPECT_LE(direction.rows_helped, helped);
  EXPECT_GT(direction.rows_helped, 0);
  EXPECT_FALSE(direction.sentence.empty());
}

/// λ = 0 on the features as stored.
SoftmaxFit fit_without_penalty(const Dataset& data) {
  ObjectiveOptions options;
  options.l2 = 0;
  options.scale = Scale::kNone;
  return fit_softmax(data, options, {.threads = 1});
}

void expect_separable(const Rows& rows, Index classes, Storage storage = Storage::kFloat) {
  const Dataset data = rows.data(classes, storage);
  const SoftmaxFit fit = fit_without_penalty(data);
  EXPECT_EQ(fit.report.status, Status::kSeparable) << fit.report.why;
  EXPECT_FALSE(fit.report.gap);
  ASSERT_TRUE(fit.report.separation);
  expect_proof(*fit.report.separation, data);
  EXPECT_TRUE(fit.model.layers[0].weights.allFinite());
  const SolveReport again = certify_softmax(fit.model, data, {.threads = 1});
  EXPECT_NE(again.status, Status::kCertified) << again.why;
}

float small(Rng& rng) { return static_cast<float>(rng.below(9)) - 4; }

TEST(SeparatingFeature, FoundInEveryStorage) {
  for (const Storage storage : {Storage::kFloat, Storage::kBytes, Storage::kSparse}) {
    Rng rng(1);
    Rows rows;
    for (int i = 0; i < 30; ++i) {
      const float a = static_cast<float>(rng.below(5));
      for (std::int32_t c : {0, 1, 2}) rows.add({a, 0, 1}, c);
    }
    rows.add({2, 7, 1}, 1);
    rows.add({3, 9, 1}, 1);
    const Dataset data = rows.data(3, storage);
    const auto found = find_separating_feature(data);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->proving_features, std::vector<Index>{1});
    EXPECT_EQ(found->rows_helped, 2);
    expect_proof(*found, data);
    expect_separable(rows, 3, storage);
  }
}

TEST(SeparatingFeature, ThresholdsSignsAndTies) {
  struct Case {
    const char* what;
    std::vector<std::pair<float, std::int32_t>> rows;  // value, class
    bool separable;
  };
  const std::vector<Case> cases = {
      {"two classes apart", {{-3, 0}, {-2, 0}, {1, 1}, {2, 1}}, true},
      {"touching at a value", {{-3, 0}, {1, 0}, {1, 1}, {2, 1}}, true},
      {"both only at one value", {{1, 0}, {1, 0}, {1, 1}, {1, 1}}, false},
      {"the value of one class inside the other", {{1, 0}, {3, 0}, {2, 1}, {2, 1}}, false},
      {"overlap", {{-3, 0}, {2, 0}, {1, 1}, {2, 1}}, false},
      {"negative side", {{-1, 1}, {-2, 1}, {0, 0}, {3, 0}, {0, 2}, {5, 2}}, true},
      {"middle class of three", {{1, 0}, {2, 0}, {3, 1}, {4, 1}, {5, 2}, {6, 2}}, true},
      {"the middle one overlaps both",
       {{1, 0}, {3, 0}, {2, 1}, {5, 1}, {4, 2}, {2, 2}, {6, 0}, {1, 2}, {6, 1}, {1, 1}, {6, 2}},
       false},
      {"neighbouring floats", {{1, 0}, {1, 0}, {std::nextafter(1.0f, 2.0f), 1}, {1, 1}}, true},
      {"denormal", {{0, 0}, {0, 0}, {std::numeric_limits<float>::denorm_min(), 1}, {0, 1}}, true},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    Rows rows;
    Index classes = 2;
    for (const auto& [value, label] : one.rows) {
      rows.add({value}, label);
      classes = std::max<Index>(classes, label + 1);
    }
    for (const Storage storage : {Storage::kFloat, Storage::kSparse}) {
      const Dataset data = rows.data(classes, storage);
      const auto found = find_separating_feature(data);
      EXPECT_EQ(found.has_value(), one.separable);
      if (found) expect_proof(*found, data);
    }
  }
}

TEST(SeparatingFeature, RowsWithoutWeightDoNotCount) {
  Rows rows;
  for (std::int32_t c : {0, 1}) rows.add({0}, c), rows.add({1}, c), rows.add({2}, c);
  rows.add({5}, 1, 0);  // would separate
  EXPECT_FALSE(find_separating_feature(rows.data(2)));
  Rows other;
  other.add({0}, 0), other.add({1}, 0), other.add({2}, 1), other.add({3}, 1);
  other.add({3}, 0, 0);  // would overlap
  EXPECT_TRUE(find_separating_feature(other.data(2)));
  expect_separable(other, 2);
}

TEST(SeparatingFeature, SoftTargetsHaveNone) {
  Rows rows;
  rows.add({0}, 0), rows.add({1}, 1);
  Dataset data = rows.data(2);
  data.labels.clear();
  data.targets = Matrix::Constant(2, 2, 0.5f);
  EXPECT_FALSE(find_separating_feature(data));
  EXPECT_EQ(fit_without_penalty(data).report.status, Status::kCertified);
}

// Every point with every label: overlapping, whatever else is in the data.
TEST(Separability, NeverClaimedOnOverlappingData) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    const Index d = 1 + rng.below(5), classes = 2 + rng.below(4);
    const bool integers = rng.uniform() < 0.6, zeros = rng.uniform() < 0.5;
    Rows rows;
    for (int i = 0; i < 25; ++i) {
      std::vector<float> row;
      for (Index j = 0; j < d; ++j) {
        row.push_back(zeros && rng.uniform() < 0.7 ? 0.0f
                      : integers                   ? small(rng)
                                 : static_cast<float>(rng.normal() * std::pow(10.0, rng.uniform(-3, 3))));
      }
      if (rng.uniform() < 0.2 && d > 1) row[1] = row[0];
      for (Index c = 0; c < classes; ++c) rows.add(row, static_cast<std::int32_t>(c), rng.uniform(0.01, 1));
      if (rng.uniform() < 0.3) rows.add(std::vector<float>(static_cast<std::size_t>(d), 50.0f), 0, 0);
    }
    const Storage storage = zeros ? Storage::kSparse : Storage::kFloat;
    const Dataset data = rows.data(classes, storage);
    EXPECT_FALSE(find_separating_feature(data));
    const SoftmaxFit fit = fit_without_penalty(data);
    EXPECT_FALSE(fit.report.separation);
    EXPECT_EQ(fit.report.status, Status::kCertified) << fit.report.why;
    const Problem problem = make_problem(data, {.l2 = 0, .scale = Scale::kNone}, 1);
    const SeparationSearch search(problem, 1);
    std::vector<Parameters> guesses;
    for (int k = 0; k < 5; ++k) guesses.push_back(std::pow(10.0, k) * rng.normals(d + 1, classes));
    guesses.push_back(Parameters::Zero(d + 1, classes));
    for (const Parameters& w : guesses) {
      EXPECT_FALSE(search.along(w));
      EXPECT_FALSE(search.near(w));
      EXPECT_FALSE(search.by_rounding(w));
    }
    EXPECT_FALSE(search.by_program().found);
    EXPECT_TRUE(search.by_program().complete);
  }
}

TEST(Separability, CompleteInEveryStorageAndByHowever) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed + 200);
    const Index d = 2 + rng.below(4), classes = 2 + rng.below(3);
    const Parameters truth = rng.normals(d + 1, classes);
    Rows rows;
    while (rows.x.size() < 40) {  // the label is the best class, with a margin
      std::vector<float> row;
      Vector x(d + 1);
      x[d] = 1;
      for (Index j = 0; j < d; ++j) {
        row.push_back(static_cast<float>(rng.normal()));
        x[j] = static_cast<double>(row.back());
      }
      Vector z = truth.transpose() * x;
      Index best;
      const double top = z.maxCoeff(&best);
      z[best] = -1e9;
      if (top - z.maxCoeff() > 0.02) rows.add(row, static_cast<std::int32_t>(best));
    }
    if (rows.data(classes).labels.size() < 2) continue;
    expect_separable(rows, classes, seed % 2 ? Storage::kSparse : Storage::kFloat);
  }
}

// Rows of weight 0 neither count nor stand in the way, however they are labelled.
TEST(Separability, RowsWithoutWeightAreNoProof) {
  Rng rng(250);
  Rows rows;
  while (rows.x.size() < 40) {
    const float a = small(rng), b = small(rng);
    if (a + b != 0) rows.add({a, b}, a + b > 0);
  }
  for (int i = 0; i < 7; ++i) rows.add({1, 1}, 0, 0);
  const Dataset data = rows.data(2);
  EXPECT_FALSE(find_separating_feature(data));
  expect_separable(rows, 2);
  EXPECT_EQ(fit_without_penalty(data).report.separation->rows_helped, 40);
}

// Scores so far apart that float32 has no loss left: the solve ends there and then, not at its 20,000th iteration.
TEST(Separability, EndsWhereFloatsSeeNoLoss) {
  Rng rng(260);
  Rows rows;
  while (rows.x.size() < 200) {
    const float a = small(rng), b = small(rng), c = small(rng);
    if (std::abs(a + b - c) >= 2) rows.add({1000 * a, 1000 * b, 1000 * c}, a + b > c);
  }
  EXPECT_FALSE(find_separating_feature(rows.data(2)));
  expect_separable(rows, 2, Storage::kSparse);
  EXPECT_LT(fit_without_penalty(rows.data(2, Storage::kSparse)).report.iterations, 1000);
}

// One class apart from others that overlap: no single feature shows it (as setosa in iris would be on oblique axes).
TEST(Separability, OneClassApart) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed + 300);
    Rows rows;
    for (int i = 0; i < 40; ++i) {
      const float a = static_cast<float>(4 * rng.normal()), b = static_cast<float>(rng.normal());
      // Coordinates a and b are mixed; classes 0, 1 (and 2) overlap along both, the last class has b above 6.
      auto mixed = [](float p, float q) { return std::vector<float>{p + q, p - q}; };
      for (std::int32_t c : {0, 1, 2}) rows.add(mixed(a, std::clamp(b, -2.5f, 2.5f)), c);
      rows.add(mixed(static_cast<float>(4 * rng.normal()), 6 + std::abs(b)), 3);
    }
    const Dataset data = rows.data(4);
    EXPECT_FALSE(find_separating_feature(data));
    expect_separable(rows, 4);
  }
}

// The same with more parameters than the full Hessian is made for, dense and sparse.
TEST(Separability, OneClassApartAmongManyFeatures) {
  for (const Storage storage : {Storage::kFloat, Storage::kSparse}) {
    Rng rng(350);
    Rows rows;
    for (int i = 0; i < 150; ++i) {
      std::vector<float> row(110);
      for (float& value : row) value = storage == Storage::kSparse && rng.uniform() < 0.9 ? 0.0f : small(rng);
      for (std::int32_t c : {0, 1, 2}) rows.add(row, c);
      // The last class: features 0 and 1 add up to at least 20, in all others to 8 at most.
      row[0] = static_cast<float>(rng.below(40)) - 10;
      row[1] = 20 - row[0] + static_cast<float>(rng.below(3));
      rows.add(row, 3);
    }
    EXPECT_FALSE(find_separating_feature(rows.data(4, storage)));
    expect_separable(rows, 4, storage);
  }
}

// A relation between features that holds in most rows, whatever the class, and is broken in a few that tell.
TEST(Separability, SeveralFeaturesTogether) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed + 400);
    Rows rows;
    for (int i = 0; i < 50; ++i) {
      const float a = small(rng), b = small(rng);
      for (std::int32_t c : {0, 1, 2}) rows.add({a, a + 2 * b + 1, b}, c);
    }
    for (int i = 0; i < 6; ++i) {
      const float a = small(rng), b = small(rng);
      rows.add({a, a + 2 * b + 2, b}, 0);
      rows.add({a, a + 2 * b, b}, 1 + i % 2);
    }
    EXPECT_FALSE(find_separating_feature(rows.data(3)));
    expect_separable(rows, 3);
  }
}

TEST(Separability, AlmostARelationIsNone) {
  // As above, but one row breaks it the other way: overlap, however small.
  Rng rng(500);
  Rows rows;
  for (int i = 0; i < 50; ++i) {
    const float a = small(rng), b = small(rng);
    for (std::int32_t c : {0, 1}) rows.add({a, a + b, b}, c);
  }
  for (int i = 0; i < 6; ++i) rows.add({0, 1, 0}, 0), rows.add({0, -1, 0}, 1);
  const float tiny = std::ldexp(1.0f, -20);
  rows.add({0, tiny, 0}, 1);
  const Dataset data = rows.data(2);
  const SoftmaxFit fit = fit_without_penalty(data);
  EXPECT_FALSE(fit.report.separation) << fit.report.why;
  Parameters guess = Parameters::Zero(4, 2);
  guess.col(0) << -1, 1, -1, 0;
  const Problem overlapping = make_problem(data, {.l2 = 0, .scale = Scale::kNone}, 1);
  const SeparationSearch search(overlapping, 1);
  EXPECT_FALSE(search.along(guess) || search.near(guess) || search.by_rounding(guess) || search.by_program().found);
  rows.x.back()[1] = 0;  // and without it there is a direction again
  const Problem apart = make_problem(rows.data(2), {.l2 = 0, .scale = Scale::kNone}, 1);
  const SeparationSearch again(apart, 1);
  EXPECT_TRUE(again.along(guess) && again.near(guess) && again.by_rounding(guess) && again.by_program().found);
}

TEST(Separability, GuessesOfAnyKindAreSafe) {
  Rows rows;
  for (std::int32_t c : {0, 1}) rows.add({0, 1e30f}, c), rows.add({1, -1e30f}, c), rows.add({1e-30f, 2}, c);
  const Dataset data = rows.data(2);
  std::vector<Parameters> guesses;
  for (double value :
       {0.0, 1.0, 1e-300, 1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    Parameters guess = Parameters::Constant(3, 2, value);
    guess.col(1).setZero();
    guesses.push_back(guess);
  }
  const Problem problem = make_problem(data, {.l2 = 0, .scale = Scale::kNone}, 1);
  const SeparationSearch search(problem, 1);
  for (const Parameters& guess : guesses)
    EXPECT_FALSE(search.along(guess) || search.near(guess) || search.by_rounding(guess));
}

}  // namespace
}  // namespace poise
