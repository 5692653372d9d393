// A trained softmax layer with everything needed to use it on raw data, and its file format, ONNX.
#pragma once

#include <map>
#include <string>

#include "poise/dataset.h"

namespace poise {

/// P(class c | x) = softmax_c( weights (x − center) + bias ), x in the units of the data file.
///
/// `center` only preserves precision where features are far from 0. Weights are per original unit.
struct SoftmaxModel {
  Schema schema;
  Matrix weights;                               ///< K×d
  Vector bias;                                  ///< K
  Vector center;                                ///< d
  std::map<std::string, std::string> metadata;  ///< how it was trained: the objective's constants, versions

  Index class_count() const { return weights.rows(); }
  Index feature_count() const { return weights.cols(); }
};

/// Scores z = weights (x − center) + bias of all rows, n×K, in double precision.
/// Throws Error(kData) if the numbers of features differ.
Matrix predict_scores(const SoftmaxModel& model, const Dataset& data, int threads = 0);

/// Softmax of the scores, n×K: row sums are 1.
Matrix predict_probabilities(const SoftmaxModel& model, const Dataset& data, int threads = 0);

/// Writes an ONNX file that takes raw features and gives `label` (string) and `probabilities` (float32, n×K).
///
/// All-numeric data have one input `features`, float32 [n, columns], with the numbers as they are in the data file
/// (pixels 0 … 255, LIBSVM rows made dense). Data with categorical columns have one input per column, named after it,
/// [n, 1], float32 or string. A name that is empty, not unique, or used by an output or constant gets `#` and the
/// column's number appended. A missing number is NaN; a missing category is "", "?", "NA" or "NaN" (unless that is
/// itself a category). Both are filled in as the schema says. Where it does not say, NaN gives NaN probabilities, and a
/// missing or unknown category counts as none of the known ones, because a graph cannot raise errors.
///
/// Filling in, one-hot encoding and centering are nodes of the graph. Weights are stored in float64 and cast, so that
/// reading the file back loses nothing. The file is written atomically: it appears whole or not at all. Metadata go to
/// the file's metadata_props under "poise.<key>" (`schema`, `network` and `format` are reserved), and the schema goes
/// to "poise.schema" as JSON. Throws Error(kUsage) if the model is inconsistent, Error(kData) if a name is not UTF-8,
/// Error(kResource) beyond the 2 GB limit of an ONNX file, Error(kIo) if it cannot be written.
void save_model(const SoftmaxModel& model, const std::string& path);

/// Reads what save_model wrote. `path` is the file, or a run directory that holds `model.onnx`.
/// Throws Error(kIo) if there is none, and Error(kData) if it is not a Poise model, has hidden layers, or has another
/// head (load_network in poise/network.h reads those).
SoftmaxModel load_model(const std::string& path);

}  // namespace poise
