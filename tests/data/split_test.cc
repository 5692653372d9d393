// Splits: every row in one part, in the file's order; by class, in shares computed by hand.
#include <numeric>

#include "helpers.h"

namespace poise {
namespace {

/// Row i holds the number i; a letter of `classes` is its class.
Dataset rows_of(const std::string& classes) {
  Dataset data;
  std::vector<float> numbers(classes.size());
  std::iota(numbers.begin(), numbers.end(), 0.0F);
  data.features = Features::from_values(numbers, static_cast<Index>(classes.size()), 1);
  for (const char c : classes) data.labels.push_back(c - 'a');
  data.schema.array_features = 1;
  data.schema.classes = {"a", "b", "c"};
  return data;
}

std::vector<Index> numbers_in(const Dataset& data) {
  return {data.features.array<float>(), data.features.array<float>() + data.rows()};
}

std::string counts_in(const Dataset& data) {
  std::string text;
  for (std::int32_t c = 0; c < 3; ++c)
    text += std::to_string(std::count(data.labels.begin(), data.labels.end(), c)) + (c < 2 ? " " : "");
  return text;
}

TEST(Split, PutsEveryRowIntoOnePart) {
  const Dataset data = rows_of("aabbccaabbccabc");
  for (const auto& split : {split_rows, split_by_class}) {
    for (const Index m : {1, 7, 14}) {
      const auto [kept, off] = split(data, m, 3);
      std::vector<Index> first = numbers_in(kept), second = numbers_in(off), all, expected(15);
      EXPECT_EQ(off.rows(), m);
      EXPECT_TRUE(std::is_sorted(first.begin(), first.end()) && std::is_sorted(second.begin(), second.end()));
      std::merge(first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(all));
      std::iota(expected.begin(), expected.end(), Index{0});
      EXPECT_EQ(all, expected);
    }
    expect_error([&] { split(data, 0, 1); }, ErrorKind::kUsage, "cannot split 0 of 15 rows off");
    expect_error([&] { split(data, 15, 1); }, ErrorKind::kUsage, "at least one row on each side");
  }
}

TEST(Split, GivesEveryClassItsShare) {
  // Six, three and one; exact shares of 5: 3, 1.5 and 0.5; of 7: 4.2, 2.1 and 0.7, but c has one row, which stays.
  const Dataset data = rows_of("aababcabaa");
  EXPECT_EQ(counts_in(split_by_class(data, 5, 1).second), "3 2 0");
  EXPECT_EQ(counts_in(split_by_class(data, 7, 1).second), "5 2 0");
  EXPECT_EQ(counts_in(split_by_class(data, 7, 1).first), "1 1 1");
  // Of 9, two classes must go without.
  EXPECT_EQ(split_by_class(data, 9, 1).first.rows(), 1);
  const Dataset even = rows_of(std::string(40, 'a') + std::string(40, 'b') + std::string(20, 'c'));
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(counts_in(split_by_class(even, 25, seed).second), "10 10 5");
  }
}

// The rows are those of another implementation of the generator and the shuffle (Python's integers), by the rule in
// the header: so every machine has to find them.
TEST(Split, IsTheSameEverywhere) {
  const Dataset data = rows_of("aababcabaa");
  EXPECT_EQ(numbers_in(split_by_class(data, 5, 1).second), (std::vector<Index>{1, 2, 4, 6, 8}));
  EXPECT_EQ(numbers_in(split_by_class(data, 5, 2).second), (std::vector<Index>{0, 1, 2, 4, 8}));
}

TEST(Split, TakesSoftTargetsForOneClass) {
  Dataset data = rows_of("aababcabaa");
  data.labels.clear();
  data.targets = Matrix::Constant(10, 3, 1.0F / 3);
  EXPECT_EQ(numbers_in(split_by_class(data, 4, 5).second), numbers_in(split_rows(data, 4, 5).second));
}

}  // namespace
}  // namespace poise
