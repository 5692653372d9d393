// Reading data: IDX, CSV/TSV and similar tables, LIBSVM, NPY; each plain or gzipped. The format follows the extension
// and is checked against the content. A file that violates its own format raises Error(kData) with file, line and
// column.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "poise/dataset.h"
#include "poise/watcher.h"

namespace poise {

enum class UnknownCategory {
  kNone,  ///< counts as none of those known: all zeros
  kError
};

struct ReadOptions {
  std::optional<std::string> label = {};      ///< name or index (from 0; negative from the end) of the label column.
                                              ///< Default: a column named label, class, target or y, else the last
  std::vector<std::string> ignore = {};       ///< columns to leave out, by name or index
  std::vector<std::string> categorical = {};  ///< tables: columns that are text, even if all cells are numbers
  std::vector<std::string> numeric = {};      ///< tables: columns that are numbers; text in them is an error
  std::optional<std::string> sample_weight = {};  ///< column of row weights; with a schema only if `labels`
  bool weight_as_trained = false;  ///< with a schema: sample_weight names the column of the training file, and a table
                                   ///< without it is no error; all weights are then 1, as a notice says
  std::string labels_file = {};    ///< labels apart: IDX or NPY (integers, or n×K floats as soft targets)
  std::optional<MissingPolicy> missing = {};  ///< default: kCategory; with a schema: as in training. Rows without a
                                              ///< label are left out, but for kError, which refuses them
  /// Tables: what stands for a missing value, besides an empty cell; default: the texts listed in docs/data.md.
  std::optional<std::vector<std::string>> missing_values = {};
  std::optional<Index> min_category_rows = {};  ///< a category of fewer rows counts as none; default: 2 in columns of
                                                ///< more than 20 categories, else 1
  UnknownCategory unknown_category = UnknownCategory::kNone;  ///< with a schema: of a category unseen in training
  char delimiter = 0;                                         ///< tables; 0: inferred from , ; tab | and runs of blanks
  std::optional<char> comment = {};  ///< tables: lines that start with it are skipped; 0: none. Default: # at the top
  char quote = '"';                  ///< tables: around cells; 0: none
  char decimal = 0;                  ///< tables: the decimal mark, '.' or ','; 0: inferred, a column at a time
  std::optional<bool> header = {};   ///< tables; default: inferred
  bool labels = true;  ///< false leaves labels unread: with a schema so that unknown ones are no error, without one for
                       ///< data that have none: every column is a feature, but for `label` or one that is called so
  bool inspecting = false;       ///< tables, without a schema: missing values and labels unusable as classes are not
                                 ///< errors; the notices say what training would refuse
  bool strip_label_dot = false;  ///< tables: "<=50K." is the label "<=50K"
  std::string data_dir = {};     ///< where the named sets (mnist, fashion-mnist) are; empty: see read_dataset
  std::uint64_t memory = 0;      ///< bytes that may stay in memory; 0: half of what is free. A file of arrays that is
                                 ///< larger than half of them is read from the disk a block at a time, every time
  int threads = 0;               ///< 0: as many as the machine has
  Watcher* watcher = nullptr;    ///< is told of long reading, which he cannot end
};

/// Reads `source`, a path or a name, and infers the schema. The names are `digits` (embedded, 1,347 rows;
/// `digits:test`: the other 450; `digits:all`), `mnist` and `fashion-mnist` (and `:test` of each). The latter two are
/// looked up in data_dir and nowhere else, or, if that is empty, in $POISE_DATA, ./data and ../shared/data.
Dataset read_dataset(const std::string& source, const ReadOptions& options = {});

/// The same with the schema of a trained model: its columns must be present, and categories and classes must be known.
/// The label column may be missing; the result then has no labels. Nor has it for a model without classes, which
/// reconstructs features.
Dataset read_dataset(const std::string& source, const ReadOptions& options, const Schema& schema);

/// The source that holds the test part of a named set ("mnist" → "mnist:test"), or an empty string.
std::string test_part_of(const std::string& source);

/// Writes the rows as CSV or TSV (original units, header, label last), LIBSVM, NPY (features, with the labels in a
/// second file), or as they are in memory, schema and all, in a safetensors file that is mapped when it is read (a row
/// file, docs/data.md#row-files). `format`: csv, tsv, libsvm, npy or safetensors; empty: by the extension of `path`;
/// ".gz" compresses. The file is written atomically; "-" is standard output, by default CSV.
void write_dataset(const Dataset& data, const std::string& path, const std::string& format = {});

/// The format that write_dataset writes, by name. Error(kUsage) where neither `path` nor `format` tells.
std::string format_to_write(const std::string& path, const std::string& format = {});

}  // namespace poise
