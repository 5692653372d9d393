// Rows in the order of an epoch, where all may stay in memory and where not.
#include "learning/row_order.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace poise::learning {
namespace {

std::vector<Index> dealt(Index count, Index at_once, std::uint64_t seed) {
  std::vector<Index> rows(count);
  deal_rows(rows, at_once, seed);
  return rows;
}

TEST(RowOrder, HasEveryRowOnce) {
  for (const Index count : {0, 1, 2, 63, 64, 65, 1000, 12345}) {
    for (const Index at_once : {1, 2, 63, 64, 130, 1000, 100000}) {
      std::vector<Index> rows = dealt(count, at_once, 7);
      std::sort(rows.begin(), rows.end());
      for (Index i = 0; i < count; ++i) ASSERT_EQ(rows[i], i) << count << " " << at_once;
    }
  }
}

TEST(RowOrder, TakesRowsOfFewPiecesAtATime) {
  constexpr Index kCount = 100'000, kAtOnce = 6400, kPiece = kAtOnce / kPiecesAtOnce;
  const std::vector<Index> rows = dealt(kCount, kAtOnce, 3);
  for (Index begin = 0; begin < kCount; begin += kAtOnce) {
    std::set<Index> pieces;
    for (Index i = begin; i < std::min(kCount, begin + kAtOnce); ++i) pieces.insert(rows[i] / kPiece);
    EXPECT_LE(std::ssize(pieces), kPiecesAtOnce);
    EXPECT_GT(*pieces.rbegin() - *pieces.begin(), kCount / kPiece / 2);  // from all over
    EXPECT_NE(rows[begin] + 1, rows[begin + 1]);                         // and not one behind the other
  }
  EXPECT_NE(dealt(kCount, kAtOnce, 4), rows);
  EXPECT_EQ(dealt(kCount, kAtOnce, 3), rows);
}

TEST(RowOrder, DrawsEveryBatchFromAllClassesOfRowsThatLieSorted) {
  constexpr Index kCount = 400'000, kAtOnce = 40'000, kClasses = 4, kBatch = 64;
  const std::vector<Index> rows = dealt(kCount, kAtOnce, 5);
  Index batches = 0, whole = 0;
  for (Index begin = 0; begin + kBatch <= kCount; begin += kBatch, ++batches) {
    std::set<Index> classes;
    for (Index i = begin; i < begin + kBatch; ++i) classes.insert(rows[i] * kClasses / kCount);
    whole += std::ssize(classes) == kClasses;
  }
  EXPECT_GT(static_cast<double>(whole), 0.99 * static_cast<double>(batches));  // by chance 4·(3/4)⁶⁴ have not
}

}  // namespace
}  // namespace poise::learning
