// Does a minimizer exist at λ = 0? Every small integer table gets a proof, one way or the other: against enumeration in
// integers, and on kinds of tables whose answer is known by construction.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "convex/existence/separation_search.h"
#include "convex/existence/verdict.h"
#include "convex/quad.h"
#include "convex/reference.h"
#include "poise/softmax_regression.h"
#include "sample_models.h"

namespace poise {
namespace {

using Row = std::vector<std::int64_t>;

struct Table {
  std::vector<Row> x;
  std::vector<std::int32_t> y;
  std::vector<double> weight;
  Index classes = 2;
  void add(Row row, std::int32_t label) { x.push_back(std::move(row)), y.push_back(label); }

  Dataset data(Storage storage = Storage::kFloat) const {
    MatrixF matrix(static_cast<Index>(x.size()), static_cast<Index>(x[0].size()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (std::size_t j = 0; j < x[i].size(); ++j)
        matrix(static_cast<Index>(i), static_cast<Index>(j)) = static_cast<float>(x[i][j]);
    }
    std::vector<std::string> names;
    for (Index c = 0; c < classes; ++c) names.push_back("c" + std::to_string(c));
    Dataset out = float_data(matrix, array_schema(matrix.cols(), names));
    out.features = stored_as(matrix, storage);
    out.labels = y;
    if (!weight.empty()) out.sample_weight = Eigen::Map<const Vector>(weight.data(), static_cast<Index>(weight.size()));
    return out;
  }
};

/// Determinant by Laplace's rule.
__extension__ using Wide = __int128;
Wide determinant(const std::vector<std::vector<Wide>>& m) {
  if (m.size() == 1) return m[0][0];
  Wide sum = 0;
  for (std::size_t k = 0; k < m.size(); ++k) {
    std::vector<std::vector<Wide>> rest;
    for (std::size_t i = 1; i < m.size(); ++i) {
      rest.emplace_back();
      for (std::size_t j = 0; j < m.size(); ++j) {
        if (j != k) rest.back().push_back(m[i][j]);
      }
    }
    sum += (k % 2 ? -1 : 1) * m[0][k] * determinant(rest);
  }
  return sum;
}

/// The referee: margins m_k ∈ Z^p of full rank p; the cone {u : m_k u ≥ 0} is pointed, so a direction exists exactly if
/// one of its edges does, and those are orthogonal to p − 1 margins. All such are tried.
bool has_direction(const Table& table) {
  const auto d = static_cast<Index>(table.x[0].size()), free = table.classes - 1, p = (d + 1) * free;
  std::vector<std::vector<Wide>> margins;
  for (std::size_t i = 0; i < table.x.size(); ++i) {
    for (Index c = 0; c < table.classes; ++c) {
      if (c == table.y[i]) continue;
      std::vector<Wide> m(static_cast<std::size_t>(p));
      for (Index j = 0; j <= d; ++j) {
        const Wide value = j < d ? table.x[i][static_cast<std::size_t>(j)] : 1;
        if (table.y[i] < free) m[static_cast<std::size_t>(j * free + table.y[i])] += value;
        if (c < free) m[static_cast<std::size_t>(j * free + c)] -= value;
      }
      if (std::find(margins.begin(), margins.end(), m) == margins.end()) margins.push_back(m);
    }
  }
  std::vector<std::size_t> chosen;
  const auto size = static_cast<std::size_t>(p);
  auto is_direction = [&](const std::vector<Wide>& u, int sign) {
    bool grows = false;
    for (const auto& m : margins) {
      Wide sum = 0;
      for (std::size_t k = 0; k < size; ++k) sum += sign * m[k] * u[k];
      if (sum < 0) return false;
      grows = grows || sum > 0;
    }
    return grows;
  };
  std::function<bool(std::size_t)> choose = [&](std::size_t from) {
    if (chosen.size() + 1 < size) {
      for (std::size_t k = from; k < margins.size(); ++k) {
        chosen.push_back(k);
        if (choose(k + 1)) return true;
        chosen.pop_back();
      }
      return false;
    }
    std::vector<Wide> u(size);  // orthogonal to all that are chosen, by cofactors
    for (std::size_t k = 0; k < size; ++k) {
      std::vector<std::vector<Wide>> minor;
      for (std::size_t row : chosen) {
        minor.emplace_back();
        for (std::size_t j = 0; j < size; ++j) {
          if (j != k) minor.back().push_back(margins[row][j]);
        }
      }
      u[k] = (k % 2 ? -1 : 1) * (minor.empty() ? 1 : determinant(minor));
    }
    return is_direction(u, 1) || is_direction(u, -1);
  };
  return choose(0);
}

/// Checks a direction row by row in 113-bit arithmetic.
void expect_proof(const SeparatingDirection& direction, const Dataset& data) {
  const Index d = data.features.cols(), k = data.schema.class_count();
  Parameters u = Parameters::Zero(d + 1, k);
  for (const auto& entry : direction.entries) u(entry.feature, entry.class_id) += entry.value;
  Index helped = 0;
  for (Index i = 0; i < data.rows(); ++i) {
    if (data.sample_weight.size() > 0 && data.sample_weight[i] == 0) continue;
    bool gains = false;
    const Index own = data.labels[static_cast<std::size_t>(i)];
    for (Index c = 0; c < k; ++c) {
      Quad margin = static_cast<Quad>(u(d, own)) - static_cast<Quad>(u(d, c));
      for (Index j = 0; j < d; ++j)
        margin +=
            static_cast<Quad>(data.features.value(i, j)) * (static_cast<Quad>(u(j, own)) - static_cast<Quad>(u(j, c)));
      EXPECT_TRUE(margin >= 0) << "row " << i << " class " << c << " " << static_cast<double>(margin);
      gains = gains || margin > 0;
    }
    helped += gains;
  }
  EXPECT_GT(direction.rows_helped, 0);
  EXPECT_LE(direction.rows_helped, helped);
}

ObjectiveOptions free_weights() { return {.l2 = 0, .scale = Scale::kNone}; }

/// The answer of fit and of certify on it; nothing is left undecided.
void expect_verdict(const Table& table, bool exists, Storage storage, double objective = -1) {
  const Dataset data = table.data(storage);
  const SoftmaxFit fit = fit_softmax(data, free_weights(), {.threads = 1});
  EXPECT_EQ(fit.report.status, exists ? Status::kCertified : Status::kSeparable) << fit.report.why;
  if (exists) {
    ASSERT_TRUE(fit.report.gap);
    EXPECT_LE(*fit.report.gap, 1e-8);
    EXPECT_TRUE(fit.report.certificate.proves_existence);
    if (objective >= 0) {
      EXPECT_NEAR(fit.report.objective, objective, 2e-8);
    }
  } else {
    ASSERT_TRUE(fit.report.separation);
    EXPECT_FALSE(fit.report.gap);
    expect_proof(*fit.report.separation, data);
  }
  const SolveReport again = certify_softmax(fit.model, data, {.tolerance = 2e-8, .threads = 1});
  EXPECT_EQ(again.status, fit.report.status) << again.why;
}

class SmallTables : public testing::TestWithParam<int> {};

TEST_P(SmallTables, AreAllDecidedAsEnumerationSays) {
  int separable = 0, tables = 0;
  for (int part = 0; part < 40; ++part) {
    const auto seed = static_cast<std::uint64_t>(40 * GetParam() + part);
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed + 100);
    Table table;
    table.classes = rng.uniform() < 0.4 ? 3 : 2;
    const Index d = table.classes == 3 ? 1 : 1 + rng.below(3), n = 4 + rng.below(7), most = 2 + rng.below(5);
    for (Index i = 0; i < n; ++i) {
      Row row;
      for (Index j = 0; j < d; ++j) row.push_back(rng.below(most));
      table.add(row, static_cast<std::int32_t>(rng.below(table.classes)));
    }
    // Every class, and full rank: corners of a simplex, with any labels.
    for (Index c = 0; c < std::max(table.classes, d + 1); ++c) {
      Row row(static_cast<std::size_t>(d), 0);
      if (c > 0 && c <= d) row[static_cast<std::size_t>(c - 1)] = 1;
      table.add(row, static_cast<std::int32_t>(c % table.classes));
    }
    const bool exists = !has_direction(table);
    expect_verdict(table, exists, seed % 2 ? Storage::kSparse : Storage::kFloat);
    separable += !exists;
    ++tables;
  }
  EXPECT_GT(separable, tables / 10);
  EXPECT_LT(separable, tables - tables / 10);
}

INSTANTIATE_TEST_SUITE_P(Existence, SmallTables, testing::Range(0, 8));

// Random tables up to 200×30×12 with ties, totals, one-hot groups, sentinels and copies: every one is decided, and the
// two proofs exclude each other.
TEST(Existence, LargerTablesAreDecided) {
  int undecided = 0, tables = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed + 900);
    Table table;
    table.classes = 2 + rng.below(seed % 10 == 0 ? 11 : 4);
    const Index d = 1 + rng.below(seed % 10 == 0 ? 25 : 6), n = 10 + rng.below(seed % 10 == 0 ? 190 : 50),
                most = 2 + rng.below(rng.uniform() < 0.3 ? 100 : 6);
    for (Index i = 0; i < n; ++i) {
      Row row;
      for (Index j = 0; j < d; ++j) row.push_back(rng.below(most));
      switch (seed % 5) {
        case 0:
          row.push_back(row[0] + row.back());
          break;
        case 1:
          for (std::int64_t group = 0, own = rng.below(3); group < 3; ++group) row.push_back(group == own);
          break;
        case 2:
          row.push_back(rng.uniform() < 0.2);
          if (row.back()) row[0] = 999999;
          break;
        default:
          row.push_back(100 - row[0]);
      }
      const bool by_first = seed % 3 == 0 && row[0] != row[static_cast<std::size_t>(d - 1)];
      table.add(row, static_cast<std::int32_t>(i < table.classes ? i
                                               : by_first        ? row[0] > row[static_cast<std::size_t>(d - 1)]
                                                                 : rng.below(table.classes)));
    }
    const Dataset data = table.data();
    const SoftmaxFit fit = fit_softmax(data, free_weights(), {.threads = 1});
    undecided += fit.report.status != Status::kCertified && fit.report.status != Status::kSeparable;
    if (fit.report.separation) expect_proof(*fit.report.separation, data);
    const Problem problem = make_problem(data, free_weights(), 1);
    EXPECT_EQ(SeparationSearch(problem, 1).by_program().found.has_value(), fit.report.status == Status::kSeparable);
    ++tables;
  }
  EXPECT_EQ(undecided, 0) << "of " << tables;
}

// a + b + c = 100: the third column adds nothing, neither does a total or a copy.
TEST(Existence, TotalsAndShares) {
  Rng rng(1);
  for (const bool separated : {false, true}) {
    Table plain, shares, totals;
    for (int i = 0; i < 40; ++i) {
      const std::int64_t a = rng.below(40), b = rng.below(40);
      const auto label =
          static_cast<std::int32_t>(separated ? a > b : rng.uniform() < 0.2 + 0.015 * static_cast<double>(a));
      if (separated && a == b) continue;
      plain.add({a, b}, label);
      shares.add({a, b, 100 - a - b}, label);
      totals.add({a, b, a + b, a, 2 * a + 3 * b + 7}, label);
    }
    const double want = separated ? -1 : fit_softmax(plain.data(), free_weights(), {.threads = 1}).report.objective;
    for (const Table* table : {&plain, &shares, &totals}) {
      for (const Storage storage : {Storage::kFloat, Storage::kSparse})
        expect_verdict(*table, !separated, storage, want);
    }
  }
}

// x + y ≥ 2 in one class, = 2 in the other: quasi-separated, however many ties.
TEST(Existence, QuasiSeparatedWithTies) {
  Rng rng(2);
  for (int size : {6, 30, 200}) {
    Table table;
    table.add({1, 2}, 0);
    for (int i = 0; i < size; ++i) {
      const std::int64_t x = rng.below(3);
      table.add({x, 2 - x + (i % 2 ? 0 : rng.below(2))}, i % 2);
    }
    expect_verdict(table, false, Storage::kFloat);
    table.add({0, 0}, 0);
    table.add({2, 2}, 1);  // and now it overlaps
    expect_verdict(table, true, Storage::kSparse);
  }
}

// Three places, each with two of three classes: the score of the third runs to −∞ there.
TEST(Existence, AClassMissingAtEveryPlace) {
  Table table;
  table.classes = 3;
  for (const auto& [u, v, first, second] : {std::tuple{-1, -1, 2, 1}, {1, 0, 1, 0}, {-2, 1, 0, 2}}) {
    table.add({u, v}, first);
    table.add({u, v}, second);
  }
  expect_verdict(table, false, Storage::kFloat);
  expect_verdict(table, false, Storage::kSparse);
}

// Integers with a total, but for one row 0.1, 0.2, 0.3 (in float32 no total): nothing else moves along (1, 1, −1).
TEST(Existence, OneRoundedTotal) {
  Rng rng(7);
  MatrixF x(120, 3);
  Dataset data = float_data(x, array_schema(3, {"0", "1"}));
  for (Index i = 0; i < 120; ++i) {
    const float a = static_cast<float>(rng.below(201)), b = static_cast<float>(rng.below(201));
    x.row(i) << a, b, a + b;
    data.labels.push_back(i == 0 || rng.uniform() < 0.2 + 0.003 * static_cast<double>(a));
  }
  x.row(0) << 0.1f, 0.2f, 0.3f;
  for (const Storage storage : {Storage::kFloat, Storage::kSparse}) {
    data.features = stored_as(x, storage);
    const SoftmaxFit fit = fit_softmax(data, free_weights(), {.threads = 1});
    EXPECT_EQ(fit.report.status, Status::kSeparable) << fit.report.why;
    ASSERT_TRUE(fit.report.separation);
    expect_proof(*fit.report.separation, data);
  }
  x(1, 2) = std::nextafter(x(1, 2), 1e9f);  // two such rows, which pull in opposite directions
  data.labels[1] = 0;
  x.row(2) = x.row(1);
  data.labels[2] = 1;
  data.features = stored_as(x, Storage::kFloat);
  const SoftmaxFit fit = fit_softmax(data, free_weights(), {.threads = 1});
  EXPECT_TRUE(fit.report.status == Status::kCertified || fit.report.status == Status::kConverged) << fit.report.why;
}

// Fill values: two columns 1e18 (or netCDF's 9.97e36) at once. The rest of the rows separates; the infimum is ½ ln 2.
TEST(Existence, FillValues) {
  for (const float fill : {1e18f, 9.96920997e36f, -999.0f, 3e38f}) {
    MatrixF x(4, 2);
    x << 1, 0, -1, 0, fill, fill, fill, fill;
    Dataset data = float_data(x, array_schema(2, {"0", "1"}));
    data.labels = {1, 0, 0, 1};
    for (const Storage storage : {Storage::kFloat, Storage::kSparse}) {
      data.features = stored_as(x, storage);
      const SoftmaxFit fit = fit_softmax(data, free_weights(), {.threads = 1});
      EXPECT_EQ(fit.report.status, Status::kSeparable) << fill << ": " << fit.report.why;
      ASSERT_TRUE(fit.report.separation);
      expect_proof(*fit.report.separation, data);
    }
  }
}

// A sentinel and the flag that says where: x − s·flag is an equivalent feature.
TEST(Existence, SentinelsBesideTheirFlag) {
  Rng rng(3);
  MatrixF sentinel(200, 2), zero(200, 2);
  std::vector<std::int32_t> y;
  for (Index i = 0; i < 200; ++i) {
    const float x = static_cast<float>(rng.below(33)) / 4 - 4;
    const bool missing = rng.uniform() < 0.1;
    y.push_back(rng.uniform() < 1 / (1 + std::exp(-1.5 * static_cast<double>(x))));
    sentinel.row(i) << (missing ? 999999984.0f : x), float(missing);
    zero.row(i) << (missing ? 0 : x), float(missing);
  }
  auto solve = [&](const MatrixF& x) {
    Dataset data = float_data(x, array_schema(2, {"0", "1"}));
    data.labels = y;
    return fit_softmax(data, free_weights(), {.threads = 1}).report;
  };
  const SolveReport one = solve(sentinel), other = solve(zero);
  EXPECT_EQ(one.status, Status::kCertified) << one.why;
  EXPECT_EQ(other.status, Status::kCertified) << other.why;
  EXPECT_NEAR(one.objective, other.objective, 2e-8);
}

// Times in milliseconds, one pair 200 ms the wrong way round: not separable, and said to be by no rounding.
TEST(Existence, CloseInTimeIsNotSeparable) {
  MatrixF x(40, 1);
  Dataset data = float_data(x, array_schema(1, {"0", "1"}));
  for (Index i = 0; i < 40; ++i) {
    x(i, 0) = 15000000.0f + static_cast<float>(i < 20 ? 1000 * i : 1000 * i + 5000);
    data.labels.push_back(i >= 20);
  }
  x(19, 0) = x(20, 0) + 1;
  data.features = stored_as(x, Storage::kFloat);
  const SolveReport report = fit_softmax(data, free_weights(), {.threads = 1}).report;
  EXPECT_EQ(report.status, Status::kCertified) << report.why;
  EXPECT_TRUE(report.certificate.proves_existence);
}

// A class without a row of positive weight, and soft targets with an empty column: no minimizer with a penalty either.
TEST(Existence, ClassesWithoutMass) {
  Rng rng(5);
  Table table;
  table.classes = 3;
  for (int i = 0; i < 30; ++i) {
    table.add({rng.below(5), rng.below(5)}, i % 3);
    table.weight.push_back(i % 3 == 1 ? 0 : 1);
  }
  const Dataset hard = table.data();
  Dataset soft = hard;
  soft.labels.clear();
  soft.sample_weight.resize(0);
  soft.targets = Matrix::Zero(30, 3);
  for (Index i = 0; i < 30; ++i) soft.targets.row(i) << 0.25f, 0, 0.75f;
  for (const Dataset& data : {hard, soft}) {
    const SoftmaxFit none = fit_softmax(data, free_weights(), {.threads = 1});
    EXPECT_EQ(none.report.status, Status::kSeparable) << none.report.why;
    EXPECT_NE(none.report.why.find("'c1'"), std::string::npos) << none.report.why;
    EXPECT_FALSE(none.report.gap);
    EXPECT_EQ(certify_softmax(none.model, data).status, Status::kSeparable);
    const SoftmaxFit penalized = fit_softmax(data, {.l2 = 0.01, .scale = Scale::kNone}, {.threads = 1});
    EXPECT_EQ(penalized.report.status, Status::kCertified) << penalized.report.why;
    EXPECT_FALSE(penalized.report.certificate.proves_existence);
    EXPECT_NE(penalized.report.why.find("infimum"), std::string::npos) << penalized.report.why;
    const SolveReport again = certify_softmax(penalized.model, data);
    EXPECT_FALSE(again.certificate.proves_existence);
    EXPECT_NE(again.why.find("infimum"), std::string::npos) << again.why;
    const SoftmaxFit smooth =
        fit_softmax(data, {.l2 = 0.01, .scale = Scale::kNone, .label_smoothing = 0.1}, {.threads = 1});
    EXPECT_TRUE(smooth.report.certificate.proves_existence);
  }
}

// Soft targets that are one-hot in some rows and 0 for some class in others separate like labels.
TEST(Existence, SoftTargetsWithZeros) {
  MatrixF x(6, 1);
  x << 0, 1, 2, 3, 4, 5;
  Dataset data = float_data(x, array_schema(1, {"0", "1"}));
  data.targets = Matrix::Zero(6, 2);
  data.targets << 1, 0, 1, 0, 0.5f, 0.5f, 0, 1, 0, 1, 0, 1;  // a tie at 2, everything else apart from it
  EXPECT_EQ(fit_softmax(data, free_weights(), {.threads = 1}).report.status, Status::kSeparable);
  data.targets.row(0) << 0.75f, 0.25f;
  const SolveReport report = fit_softmax(data, free_weights(), {.threads = 1}).report;
  EXPECT_EQ(report.status, Status::kCertified) << report.why;
  EXPECT_TRUE(report.certificate.proves_existence);
}

// Penalties too small for dual bounds: proven by curvature, or with the penalty charged to the gap.
TEST(Existence, TinyPenalties) {
  Rng rng(8);
  Table table;
  for (int i = 0; i < 60; ++i) {
    const std::int64_t a = rng.below(9), b = rng.below(9);
    table.add({a, b, a + b}, rng.uniform() < 0.1 * static_cast<double>(a));
  }
  const Dataset data = table.data();
  const double want = fit_softmax(data, free_weights(), {.threads = 1}).report.objective;
  for (const double l2 : {1e-12, 1e-20, 1e-40, 1e-300}) {
    const SolveReport report = fit_softmax(data, {.l2 = l2, .scale = Scale::kNone}, {.threads = 1}).report;
    EXPECT_EQ(report.status, Status::kCertified) << l2 << ": " << report.why;
    EXPECT_TRUE(report.certificate.proves_existence);
    EXPECT_NEAR(report.objective, want, 2e-8);
  }
}

}  // namespace
}  // namespace poise
