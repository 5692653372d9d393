// The exact arithmetic that verdicts rest on: sums without rounding, remainders modulo primes, null spaces in integers.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "convex/certificate/double_double.h"
#include "convex/existence/dependencies.h"
#include "convex/existence/null_space.h"
#include "convex/reference.h"

namespace poise {
namespace {

TEST(ExactSum, TellsWhatDoublesCannot) {
  ExactSum sum;
  for (double value : {1e300, 1.0, -1e300, 1e-300, -1.0}) sum.add(value);
  EXPECT_EQ(sum.value(), 1e-300);
  EXPECT_EQ(sum.sign(), 1);
  sum.clear();
  sum.add_product(0.1, 0.1);  // (2^-56 · 7205759403792794)², exactly
  sum.add_product(-0.1, 0.1);
  EXPECT_EQ(sum.sign(), 0);
  sum.add_product(1 + 0x1p-52, 1 - 0x1p-52);  // 1 − 2^-104
  sum.add(-1);
  EXPECT_EQ(sum.value(), -0x1p-104);
}

TEST(CompensatedSum, HasTwiceThePrecision) {
  CompensatedSum sum;
  sum.add_product(1e10, 1e10);
  sum.add_product(3.0, DoubleDouble{1.0, 0x1p-60});
  sum.add_product(-1e10, 1e10);
  const DoubleDouble value = sum.value();
  EXPECT_EQ(value.high, 3.0);
  EXPECT_NEAR(value.low, 3 * 0x1p-60, 2e20 * 0x1p-104);  // of what has been added up, 2·10²⁰ in size
}

TEST(PrimeField, DoublesOfAnySizeHaveRemainders) {
  const PrimeField field(0);
  EXPECT_EQ(field.prime(), (std::uint64_t{1} << 62) - 57);
  EXPECT_EQ(PrimeField(1).prime(), (std::uint64_t{1} << 62) - 87);
  EXPECT_EQ(field.to_integer(field.from_double(-3)), field.prime() - 3);
  EXPECT_EQ(field.to_integer(field.from_double(0x1p62)), 57u);
  EXPECT_EQ(field.multiply(field.from_double(0x1p-1074), field.from_double(0x1p1000)), field.from_double(0x1p-74));
  EXPECT_EQ(field.from_double(3, 7), field.from_double(384));
  EXPECT_NE(field.add(field.from_double(0.1), field.from_double(0.2)), field.from_double(0.3));
  EXPECT_EQ(field.add(field.from_double(0.125), field.from_double(0.25)), field.from_double(0.375));
  const auto seventh = field.inverse(field.from_double(7));
  EXPECT_EQ(field.multiply(seventh, field.from_double(21)), field.from_double(3));
}

TEST(ExactSign, OfSumsThatCancelOverAllExponents) {
  const Integers u{mpz_class(1), mpz_class(-1), mpz_class("1000000000000000000000000000000")};
  EXPECT_EQ(exact_sign(std::vector<Term>{{0, 1e308}, {1, 1e308}}, u), 0);
  EXPECT_EQ(exact_sign(std::vector<Term>{{0, 1e308}, {1, 1e308}, {0, 5e-324}}, u), 1);
  EXPECT_EQ(exact_sign(std::vector<Term>{{0, 0.1}, {1, 0.1}, {2, 0.0}}, u), 0);
  EXPECT_EQ(exact_sign(std::vector<Term>{{0, 1.0}, {1, 1.0, 1}}, u), -1);
  EXPECT_EQ(exact_sign(std::vector<Term>{{2, 5e-324}, {1, 5e-324}, {1, 1.0, -2000}}, u), 1);
  EXPECT_EQ(exact_sign({}, u), 0);
}

LinearSystem system_of(const std::vector<std::vector<double>>& rows) {
  return {static_cast<Index>(rows[0].size()), static_cast<Index>(rows.size()),
          [&rows](Index equation, std::vector<Term>& terms) {
            terms.clear();
            const auto& row = rows[static_cast<std::size_t>(equation)];
            for (std::size_t k = 0; k < row.size(); ++k) terms.push_back({static_cast<Index>(k), row[k]});
          }};
}

TEST(NullSpace, KnownSolutions) {
  // x + 2y + 3z = 0, x − z = 0: (1, −2, 1).
  const std::vector<std::vector<double>> rows{{1, 2, 3}, {1, 0, -1}, {2, 2, 2}};
  for (const Bind bind : {Bind::kFirst, Bind::kLargest}) {
    const NullSpace space = null_space(system_of(rows), bind);
    ASSERT_TRUE(space.proven());
    ASSERT_EQ(space.vectors.size(), 1u);
    const Integers& v = space.vectors[0];
    EXPECT_EQ(v[1], -2 * v[0]);
    EXPECT_EQ(v[2], v[0]);
    EXPECT_EQ(abs(v[0]), 1);
  }
}

TEST(NullSpace, FullRankIsSeenWhateverTheConditioning) {
  const double tiny = 0x1p-1000;
  const std::vector<std::vector<double>> rows{{1, 1}, {1, 1 + 0x1p-52}, {tiny, tiny}};
  EXPECT_TRUE(null_space(system_of(rows), Bind::kFirst).free_unknowns.empty());
  const std::vector<std::vector<double>> equal{{1, 1}, {1e300, 1e300}, {tiny, tiny}};
  const NullSpace space = null_space(system_of(equal), Bind::kLargest);
  ASSERT_EQ(space.vectors.size(), 1u);
  EXPECT_EQ(space.vectors[0][0], -space.vectors[0][1]);
}

TEST(NullSpace, SolutionsLongerThanAnyWord) {
  // A chain x_k = 1000003 x_{k+1}: solutions of 8 · 20 bits; and random systems, whose solutions are determinants.
  std::vector<std::vector<double>> rows;
  for (std::size_t k = 0; k < 8; ++k) {
    rows.emplace_back(9, 0.0);
    rows.back()[k] = 1;
    rows.back()[k + 1] = -1000003;
  }
  const NullSpace chain = null_space(system_of(rows), Bind::kFirst);
  ASSERT_EQ(chain.vectors.size(), 1u);
  mpz_class power = 1;
  for (std::size_t k = 0; k < 9; ++k, power *= 1000003) EXPECT_EQ(abs(chain.vectors[0][8 - k]), power);
  Rng rng(3);
  rows.assign(20, std::vector<double>(21));
  for (auto& row : rows) {
    for (double& value : row) value = static_cast<double>(rng.below(2001)) - 1000;
  }
  const NullSpace space = null_space(system_of(rows), Bind::kLargest);
  ASSERT_EQ(space.vectors.size(), 1u);
  for (const auto& row : rows) {
    mpz_class sum = 0;
    for (std::size_t k = 0; k < 21; ++k) sum += mpz_class(row[k]) * space.vectors[0][k];
    EXPECT_EQ(sum, 0);
  }
}

std::vector<Index> dependent(const MatrixF& x, Storage storage) {
  std::vector<Index> counted(static_cast<std::size_t>(x.rows())), columns{x.cols()};
  std::iota(counted.begin(), counted.end(), 0);
  for (Index j = 0; j < x.cols(); ++j) columns.push_back(j);
  return dependent_columns(ExactRows(stored_as(x, storage)), counted, columns);
}

TEST(Dependencies, OfEveryKindInEveryStorage) {
  Rng rng(9);
  MatrixF x(60, 9);
  for (Index i = 0; i < 60; ++i) {
    const float a = static_cast<float>(rng.below(50)), b = static_cast<float>(rng.below(50)),
                c = static_cast<float>(rng.below(3));
    x.row(i) << a, b, 100 - a - b, 7, c == 0, c == 1, c == 2, a + b / 4, static_cast<float>(rng.below(9));
  }
  for (const Storage storage : {Storage::kFloat, Storage::kSparse})
    EXPECT_EQ(dependent(x, storage), (std::vector<Index>{2, 3, 6, 7}));
  x(17, 2) += 1;  // a single row breaks the first
  EXPECT_EQ(dependent(x, Storage::kFloat), (std::vector<Index>{3, 6, 7}));
  x(18, 7) = std::nextafter(x(18, 7), 1e9f);  // … and the last bit of another the last
  EXPECT_EQ(dependent(x, Storage::kSparse), (std::vector<Index>{3, 6}));
}

TEST(Dependencies, FewRowsBindManyColumns) {
  Rng rng(10);
  MatrixF x(6, 12);
  for (float& value : x.reshaped()) value = static_cast<float>(rng.below(1000));
  EXPECT_EQ(dependent(x, Storage::kFloat).size(), 7u);  // rank 6 of 13, with the constant
}

}  // namespace
}  // namespace poise
