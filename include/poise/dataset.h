// A data set in memory: typed, validated, ready for passes over blocks of rows.
#pragma once

#include <Eigen/Core>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "poise/rows.h"
#include "poise/schema.h"

namespace poise {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixF = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

/// Features exactly as in the file, labels (or target distributions), row weights, and what they mean. Nothing is
/// centered or scaled in storage: who needs other units maps rows as they are loaded.
struct Dataset {
  std::string name;                  ///< file name, or the name of a known set
  Features features;                 ///< n×d, the file's numbers
  double unit = 1;                   ///< what `--scale none` counts as 1: 255 for images, 16 for digits
  std::vector<std::int32_t> labels;  ///< n class ids; empty if there are none (when predicting) or targets are soft
  Matrix targets;                    ///< n×K target distributions; empty for class labels
  Vector sample_weight;              ///< n non-negative weights; empty means all 1
  Schema schema;
  std::vector<Index> missing;        ///< tables: how many values are missing in the file, per column of the schema
  std::vector<std::string> notices;  ///< what the reader decided on its own, one sentence each

  Index rows() const { return features.rows(); }
  bool has_targets() const { return !labels.empty() || targets.size() > 0; }
};

/// A copy that holds the named rows of every member that has rows.
Dataset select_rows(const Dataset& data, std::span<const Index> rows);

/// Splits at random into {n − m rows, m rows}. `seed` gives the same split on every machine. Requires 0 < m < n.
std::pair<Dataset, Dataset> split_rows(const Dataset& data, Index m, std::uint64_t seed);

/// The same, stratified: each class gives its share m/n of its rows, rounded. No class is left without a row in the
/// first part as long as another class has two rows there. Soft targets count as one class.
std::pair<Dataset, Dataset> split_by_class(const Dataset& data, Index m, std::uint64_t seed);

/// Tells data sets apart: a hash of features, labels, targets, weights and class names, 16 hexadecimal digits, with
/// "2:" in front for data that version 0.1 stored otherwise (tables, float64). The same for any number of threads. Not
/// meant to withstand an adversary.
std::string fingerprint(const Dataset& data);

/// Whether two fingerprints are of data in the same storage. If not, they tell nothing about each other.
bool same_storage(const std::string& a, const std::string& b);

}  // namespace poise
