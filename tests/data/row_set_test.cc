// A fingerprint that the order of rows does not change, and anything else does.
#include "data/row_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "poise/read.h"
#include "sample_models.h"

namespace poise {
namespace {

std::vector<Index> turned(Index rows) {
  std::vector<Index> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), Index{0});
  std::rotate(order.begin(), order.begin() + rows / 3, order.end());
  std::reverse(order.begin(), order.begin() + rows / 2);
  return order;
}

TEST(RowSet, IsThatOfTheRowsInAnyOrder) {
  Dataset data = read_dataset("digits");
  data.sample_weight = Vector::LinSpaced(data.rows(), 1, 2);
  const Dataset other = select_rows(data, turned(data.rows()));
  EXPECT_EQ(fingerprint_of_row_set(other), fingerprint_of_row_set(data));
  EXPECT_NE(fingerprint(other), fingerprint(data));
}

TEST(RowSet, ChangesWithEverythingElse) {
  const Dataset data = float_data(MatrixF{{1, 2}, {3, 4}, {5, 6}}, array_schema(2, {"a", "b"}));
  const auto of = [](Dataset changed) { return fingerprint_of_row_set(changed); };
  Dataset labeled = data;
  labeled.labels = {0, 1, 1};
  std::vector<std::string> found{of(data), of(labeled)};
  Dataset changed = labeled;
  changed.labels = {1, 0, 1};  // the same labels at other rows
  found.push_back(of(changed));
  changed = labeled;
  changed.sample_weight = Vector{{1, 2, 1}};
  found.push_back(of(changed));
  changed = labeled;
  changed.schema.classes = {"a", "c"};
  found.push_back(of(changed));
  for (const MatrixF& x : {MatrixF{{2, 1}, {3, 4}, {5, 6}}, MatrixF{{1, 4}, {3, 2}, {5, 6}}}) {
    changed = float_data(x, array_schema(2, {"a", "b"}));
    changed.labels = {0, 1, 1};
    found.push_back(of(changed));
  }
  const std::vector<Index> twice{0, 1, 2, 2}, fewer{0, 1};
  found.push_back(of(select_rows(labeled, twice)));
  found.push_back(of(select_rows(labeled, fewer)));
  std::sort(found.begin(), found.end());
  EXPECT_EQ(std::adjacent_find(found.begin(), found.end()), found.end());
  changed = labeled;
  changed.sample_weight = Vector::Ones(3);  // what no weights mean
  EXPECT_EQ(of(changed), of(labeled));
}

TEST(RowSet, OfSparseRows) {
  CsrMatrix matrix;
  matrix.cols = 5;
  matrix.row_start = {0, 2, 2, 3};
  matrix.columns = {0, 4, 2};
  matrix.values = {1, 2, 3};
  Dataset data = float_data(MatrixF::Zero(3, 5), array_schema(5, {"a", "b"}));
  data.features = Features::from_sparse(matrix);
  data.labels = {0, 1, 0};
  const std::vector<Index> order{2, 0, 1};
  EXPECT_EQ(fingerprint_of_row_set(select_rows(data, order)), fingerprint_of_row_set(data));
  matrix.columns = {0, 3, 2};
  Dataset other = data;
  other.features = Features::from_sparse(matrix);
  EXPECT_NE(fingerprint_of_row_set(other), fingerprint_of_row_set(data));
}

}  // namespace
}  // namespace poise
