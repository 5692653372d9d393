// What the columns of a data set mean. Inferred from the training file, stored in the model, and enforced from then on.
//
// A *column* is what the file has; a *feature* is what the model multiplies by a weight. A numeric column is one
// feature; a categorical column with m categories is m features of value 0 or 1 (one-hot, by name).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace poise {

using Index = std::int64_t;

enum class FileFormat { kTable, kLibsvm, kNpy, kIdx };
enum class ColumnKind { kNumeric, kCategorical };

/// What to do about a missing value: an empty cell, or a text such as `?` or NA (docs/data.md has the list).
enum class MissingPolicy {
  kError,    ///< refuse, naming the column and first line; but a literal `?` in a text column is a category of its own
  kMean,     ///< numeric: the column's training mean; categorical: its most frequent category
  kCategory  ///< categorical: a category of its own, named "?"; numeric: the mean, plus a 0/1 feature "<name>=?"
};

/// How the numbers of a column are written where that is not the plain way, -1234.5e6: "$1,234.50", "45.3%", "3,14".
struct NumberForm {
  char decimal = '.';    ///< the decimal mark: '.' or ','
  bool grouped = false;  ///< thousands may be set off: by the other of the two marks, by ' or by a blank
  std::string before;    ///< a currency that may stand before a number
  std::string after;     ///< a unit that may stand behind one; a number without is taken to be in the same unit

  bool plain() const { return decimal == '.' && !grouped && before.empty() && after.empty(); }
  bool operator==(const NumberForm&) const = default;
};

/// One column of a table that the model uses.
struct Column {
  std::string name;
  Index position = 0;  ///< position in the file, from 0
  ColumnKind kind = ColumnKind::kNumeric;
  NumberForm form;                      ///< numeric only
  std::vector<std::string> categories;  ///< categorical only; sorted, one feature each
  bool has_missing_feature = false;     ///< numeric only: a second feature that is 1 where the value was missing
  bool can_fill = false;                ///< whether a missing value may be replaced by `fill`
  double fill = 0;                      ///< numeric: the mean; categorical: index into `categories`

  Index feature_count() const;
};

/// The columns, the label and the classes of a data set.
struct Schema {
  FileFormat format = FileFormat::kTable;
  std::vector<Column> columns;       ///< tables only; empty for arrays, whose features are all numeric
  Index array_features = 0;          ///< arrays (LIBSVM, NPY, IDX): the number of features
  std::vector<Index> image_shape;    ///< images from IDX or NPY: {rows, columns}; else empty
  std::string label_name;            ///< name of the label column; empty if labels are in a separate file
  Index label_position = -1;         ///< position of the label column in the file; −1: none
  std::vector<std::string> classes;  ///< class names; a label is an index into them
  bool has_header = false;           ///< tables: if so, columns are matched by name, else by position
  MissingPolicy missing = MissingPolicy::kError;
  std::optional<std::vector<std::string>> missing_values;  ///< tables: what stands for one, if not the usual texts

  Index feature_count() const;
  Index class_count() const { return static_cast<Index>(classes.size()); }
  bool is_indicator(Index feature) const;  ///< whether it is 1 for one category, or for a missing value, and else 0
  bool has_indicators() const;
  std::string feature_name(Index feature) const;  ///< "age", "color=red", "pixel (3,12)", "index 17"
};

}  // namespace poise
