// A data set in memory: typed, validated, ready for passes over blocks of rows.
#pragma once

#include <Eigen/Core>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "poise/schema.h"

namespace poise {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixF = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

/// Compressed sparse rows: row i holds values[k] in columns[k], k in [row_start[i], row_start[i+1]), columns ascending.
struct CsrMatrix {
  Index cols = 0;
  std::vector<Index> row_start{0};
  std::vector<std::int32_t> columns;
  std::vector<float> values;

  Index rows() const { return static_cast<Index>(row_start.size()) - 1; }
};

/// An immutable n×d matrix in the representation in which it was read. Copying is cheap: copies share the storage,
/// which may be a memory-mapped file.
class Features {
 public:
  enum class Kind {
    kFloat,  ///< dense float32, row-major
    kBytes,  ///< dense uint8, row-major; kept as bytes and converted one block at a time
    kSparse  ///< compressed sparse rows
  };

  Features() = default;
  static Features from_floats(std::vector<float> values, Index rows, Index cols);
  static Features from_bytes(std::vector<std::uint8_t> values, Index rows, Index cols);
  static Features from_sparse(CsrMatrix matrix);
  /// Views of storage that `owner` keeps alive (a mapped file, an array owned by another language).
  static Features view_floats(std::shared_ptr<const void> owner, const float* values, Index rows, Index cols);
  static Features view_bytes(std::shared_ptr<const void> owner, const std::uint8_t* values, Index rows, Index cols);

  Kind kind() const { return kind_; }
  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  std::size_t stored_bytes() const;  ///< size of the storage, for memory reports and rooflines

  const float* floats() const { return floats_; }            ///< row-major n×d; kFloat only, else null
  const std::uint8_t* bytes() const { return bytes_; }       ///< row-major n×d; kBytes only, else null
  const CsrMatrix* sparse() const { return sparse_.get(); }  ///< kSparse only, else null

  /// A copy of the named rows, in the given order and in the same representation.
  Features select_rows(std::span<const Index> rows) const;

 private:
  Kind kind_ = Kind::kFloat;
  Index rows_ = 0, cols_ = 0;
  std::shared_ptr<const void> owner_;
  const float* floats_ = nullptr;
  const std::uint8_t* bytes_ = nullptr;
  std::shared_ptr<const CsrMatrix> sparse_;
};

/// Features, labels (or target distributions), row weights, and what they mean.
///
/// Stored values are related to those in the file by an affine map per feature, which the reader chooses so that
/// float32 is precise enough:
///   original_j = offset_j + scale_j · stored_j
/// Tables are stored standardized: offset = mean, scale = standard deviation. Everything else is stored as given:
/// offset = 0, scale = 1.
struct Dataset {
  std::string name;      ///< file name, or the name of a known set
  Features features;     ///< n×d, stored units
  Vector offset, scale;  ///< d each; see above
  double unit = 1;       ///< what `--scale none` counts as 1, in original units: 255 for images, 16 for digits
  std::vector<std::int32_t> labels;  ///< n class ids; empty if there are none (when predicting) or targets are soft
  MatrixF targets;                   ///< n×K target distributions; empty for class labels
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

/// 16 hexadecimal digits that tell data sets apart: a hash of features, labels, targets, weights, offset, scale and
/// class names. The same for any number of threads. Not meant to withstand an adversary.
std::string fingerprint(const Dataset& data);

}  // namespace poise
