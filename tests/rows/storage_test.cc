// What others ask of stored rows, for every way to store the same numbers.
#include "rows/storage.h"

#include <gtest/gtest.h>

namespace poise {
namespace {

// 2 0 1
// 0 0 0
// 0 3 0
CsrMatrix three_rows() { return {3, {0, 2, 2, 3}, {0, 2, 1}, {2, 1, 3}, {}}; }

TEST(Storage, CountsWhatIsStored) {
  const Features sparse = Features::from_sparse(three_rows());
  const Features dense = Features::from_values(std::vector<float>{2, 0, 1, 0, 0, 0, 0, 3, 0}, 3, 3);
  EXPECT_EQ(stored_entries(sparse), 3);
  EXPECT_EQ(stored_entries(dense), 9);
  EXPECT_EQ(longest_row(sparse), 2);
  EXPECT_EQ(longest_row(dense), 3);
  EXPECT_EQ(longest_row(Features::from_sparse({})), 0);
}

TEST(Storage, KnowsWhatFloat32Holds) {
  EXPECT_TRUE(stored_within_float32(Features::from_sparse(three_rows())));
  EXPECT_FALSE(stored_within_float32(Features::from_sparse({1, {0, 1}, {0}, {}, {0.1}})));
  EXPECT_TRUE(stored_within_float32(Features::from_values(std::vector<std::int16_t>{1, 2}, 2, 1)));
  EXPECT_FALSE(stored_within_float32(Features::from_values(std::vector<std::int32_t>{1, 2}, 2, 1)));
  EXPECT_FALSE(stored_within_float32(Features::from_values(std::vector<double>{1, 2}, 2, 1)));
}

TEST(Storage, IsNamedByItsTypes) {
  EXPECT_EQ(storage_name(Features::from_sparse(three_rows())), "sparse float32");
  EXPECT_EQ(storage_name(Features::from_values(std::vector<double>{1, 2}, 2, 1)), "float64");
}

// (x − c) g of every number, zeros that are not stored included; what is not centered stays sparse.
TEST(Storage, MapsSparseRows) {
  const ColumnMap map{{1, 0, 0}, {2, 4, 8}};
  const Features mapped = mapped_sparse(Features::from_sparse(three_rows()), map);
  const double expected[3][3] = {{2, 0, 8}, {-2, 0, 0}, {-2, 12, 0}};
  for (Index i = 0; i < 3; ++i) {
    for (Index j = 0; j < 3; ++j) EXPECT_EQ(mapped.value(i, j), expected[i][j]) << i << ", " << j;
  }
  EXPECT_EQ(stored_entries(mapped), 5);
}

}  // namespace
}  // namespace poise
