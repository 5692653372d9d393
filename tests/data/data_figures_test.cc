// Constant and equal columns, and rows that agree, counted by hand.
#include "data/data_figures.h"

#include <gtest/gtest.h>

#include "poise/read.h"
#include "sample_models.h"

namespace poise {
namespace {

Dataset labeled(const MatrixF& x, std::vector<std::int32_t> labels) {
  Dataset data = float_data(x, array_schema(x.cols(), {"a", "b"}));
  data.labels = std::move(labels);
  return data;
}

/// The same numbers as sparse rows.
Dataset as_sparse(Dataset data) {
  CsrMatrix sparse;
  sparse.cols = data.features.cols();
  for (Index i = 0; i < data.rows(); ++i) {
    for (Index j = 0; j < sparse.cols; ++j) {
      const auto value = static_cast<float>(data.features.value(i, j));
      if (value != 0) sparse.columns.push_back(static_cast<std::int32_t>(j)), sparse.values.push_back(value);
    }
    sparse.row_start.push_back(std::ssize(sparse.columns));
  }
  data.features = Features::from_sparse(std::move(sparse));
  return data;
}

TEST(DataFigures, CountRowsAndColumns) {
  // Column 1 is 0 throughout (once as −0), column 3 is column 0. Rows 0, 2 and 4 agree; row 4 is of another class.
  const Dataset train =
      labeled(MatrixF{{1, 0, 5, 1}, {2, 0, 6, 2}, {1, -0.0F, 5, 1}, {3, 0, 5, 3}, {1, 0, 5, 1}}, {0, 0, 0, 1, 1});
  const Dataset test = labeled(MatrixF{{3, 0, 5, 3}, {9, 0, 5, 9}, {1, 0, 5, 1}}, {0, 0, 0});
  for (const bool sparse : {false, true}) {
    const Dataset rows = sparse ? as_sparse(train) : train, others = sparse ? as_sparse(test) : test;
    const DataFigures found = data_figures(rows, nullptr, &others, 5, 1);
    EXPECT_EQ(found.constant_features, 1);
    EXPECT_EQ(found.duplicate_features, 1);
    EXPECT_EQ(found.repeated_rows, 1);
    EXPECT_EQ(found.contradicted_rows, 3);
    EXPECT_EQ(found.test_rows_trained_on, 2);
    EXPECT_FALSE(found.validation_rows_trained_on);
  }
}

/// A difference in one row of many, which the rows looked at first do not have.
TEST(DataFigures, LookAtAllRows) {
  MatrixF x(5000, 4);
  for (Index i = 0; i < x.rows(); ++i)
    x.row(i) << static_cast<float>(i), static_cast<float>(i), 7, static_cast<float>(i);
  x(3333, 1) = -1, x(1111, 2) = 8;
  const DataFigures found = data_figures(labeled(x, std::vector<std::int32_t>(5000)), nullptr, nullptr, 5000, 2);
  EXPECT_EQ(found.constant_features, 0);
  EXPECT_EQ(found.duplicate_features, 1);  // column 3 is column 0
  x(3333, 1) = 3333;
  EXPECT_EQ(data_figures(labeled(x, std::vector<std::int32_t>(5000)), nullptr, nullptr, 5000, 2).duplicate_features, 2);
}

TEST(DataFigures, CountMissingValues) {
  Dataset train = labeled(MatrixF{{1, 2}, {3, 4}}, {0, 1});
  train.missing = {0, 3, 5};
  const DataFigures found = data_figures(train, nullptr, nullptr, 10, 1);
  EXPECT_EQ(found.missing_values, 8);
  EXPECT_EQ(found.columns_with_missing, 2);
  EXPECT_EQ(found.most_missing, 0.5);
}

}  // namespace
}  // namespace poise
