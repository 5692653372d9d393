// Reading data: IDX, CSV/TSV and relatives, LIBSVM, NPY; each plain or gzip. The format follows the extension and is
// checked against the content; a file that breaks its own rules raises Error(kData) with file, line and column.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "poise/dataset.h"

namespace poise {

struct ReadOptions {
  std::optional<std::string> label;          ///< name or index (from 0; negative from the end) of the label column.
                                             ///< Default: a column named label, class, target or y, else the last
  std::vector<std::string> ignore;           ///< columns to leave out, by name or index
  std::optional<std::string> sample_weight;  ///< column of row weights; with a schema and without `labels` not read
  bool weight_as_trained = false;  ///< with a schema: sample_weight is the column in the file trained on, and a table
                                   ///< without it is no error: all weights are 1, which a notice says
  std::string labels_file;  ///< labels apart from the features: IDX or NPY (integers; or n×K floats: soft targets)
  MissingPolicy missing = MissingPolicy::kError;
  bool unknown_category_is_zero =
      false;                     ///< with a schema: a category unseen in training gives all zeros, not an error
  char delimiter = 0;            ///< tables; 0: inferred among , ; tab | and runs of blanks
  char comment = '#';            ///< tables: lines that start with it are skipped; 0: none
  std::optional<bool> header;    ///< tables; default: inferred
  bool labels = true;            ///< with a schema: false leaves labels unread, so that unknown ones are no error
  bool inspecting = false;       ///< tables, without a schema: missing values and labels that make no classes are no
                                 ///< errors; what training would refuse is told in the notices
  bool strip_label_dot = false;  ///< tables: "<=50K." is the label "<=50K"
  std::string data_dir;          ///< where named sets (mnist, fashion-mnist) are; empty: see read_dataset
  int threads = 0;               ///< 0: as many as the machine has
};

/// Reads `source`: a path, or a name: `digits` (embedded, 1,347 rows; `digits:test`: the other 450; `digits:all`),
/// `mnist`, `fashion-mnist` (and `:test`), looked up in data_dir and nowhere else, or, if that is empty, in
/// $POISE_DATA, ./data and ../shared/data.
/// The schema is inferred.
Dataset read_dataset(const std::string& source, const ReadOptions& options = {});

/// The same with the schema of a trained model: columns must be there, categories and classes must be known.
/// A missing label column is fine (the result has no labels).
Dataset read_dataset(const std::string& source, const ReadOptions& options, const Schema& schema);

/// The source that holds the test part of a named set ("mnist" → "mnist:test"), or empty.
std::string test_part_of(const std::string& source);

/// Writes the rows as CSV or TSV (original units, header, label last), LIBSVM or NPY (features, and labels beside it),
/// by the extension of `path`; ".gz" compresses. The file appears whole or not at all.
void write_dataset(const Dataset& data, const std::string& path);

}  // namespace poise
