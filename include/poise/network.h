// The model: a feed-forward network, of which softmax regression is that of one layer. How to use it: F-propagation
// (Boughammoura; docs/theory/network.md#f-propagation-and-f-adjoint), scores, probabilities, the model file.
//
//   X_0 = x − center,   Y_l = W_l X_{l−1} + b_l,   X_l = σ_l(Y_l),   l = 1 … L;   the scores are Y_L
//
// x is a row of the data, in the units of its file. The head turns scores into probabilities.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "poise/convolution.h"
#include "poise/dataset.h"

namespace poise {

/// σ, elementwise.
enum class Activation {
  kIdentity,
  kSigmoid,  ///< 1/(1 + e^−y)
  kTanh,
  kRelu  ///< max(0, y); its derivative at 0 is taken as 0
};

/// What turns scores into probabilities of classes or, where the target of training was the inputs themselves
/// (docs/theory/network.md#unsupervised-systems), into features.
enum class Head {
  kSoftmax,  ///< p_c = e^{y_c} / Σ_k e^{y_k}
  kSigmoid,  ///< p_c = σ(y_c) / Σ_k σ(y_k): one sigmoid per class, as in the F-adjoint papers
  kLinear,   ///< features, of any size: x̂_j = y_j
  kLogistic  ///< features between 0 and the unit u of the data: x̂_j = u σ(y_j)
};

const char* to_string(Activation activation);  ///< "identity", "sigmoid", "tanh", "relu"
const char* to_string(Head head);              ///< "softmax", "sigmoid", "linear", "logistic"

/// Layer l: W_l is N_l×N_{l−1}, b_l has N_l entries; of a convolution, a row and an entry a kernel.
struct Layer {
  Matrix weights;
  Vector bias;
  Activation activation = Activation::kIdentity;  ///< kIdentity for the last layer, which the head follows
  std::optional<Convolution> convolution = {};    ///< empty: dense, every output sees every input

  Index inputs() const { return convolution ? convolution->input.size() : weights.cols(); }      ///< N_{l−1}
  Index outputs() const { return convolution ? convolution->output().size() : weights.rows(); }  ///< N_l
};

/// A trained network with everything needed to use it on raw data. One layer with the softmax head is softmax
/// regression.
struct Network {
  Schema schema;
  Vector center;              ///< d; preserves precision where features are far from 0
  std::vector<Layer> layers;  ///< at least one; the weights of the first are per original unit
  Head head = Head::kSoftmax;
  double output_unit = 1;                       ///< u of kLogistic: 255 for bytes
  std::map<std::string, std::string> metadata;  ///< how it was trained

  Index feature_count() const { return layers.front().inputs(); }
  Index class_count() const { return layers.back().outputs(); }  ///< of features where it reconstructs
  bool reconstructs() const { return head == Head::kLinear || head == Head::kLogistic; }  ///< features, not classes
  bool is_softmax_layer() const { return layers.size() == 1 && head == Head::kSoftmax; }  ///< softmax regression
  bool has_convolutions() const;                                                          ///< never in the last layer
  Index parameter_count() const;                                                          ///< of all W_l and b_l
  std::vector<Index> widths() const;                                                      ///< {N_0, N_1, …, N_L}
  std::string architecture() const;  ///< "784 -> conv 16x3 relu, pool 2 -> 128 relu -> 10 softmax"
};

/// n×K scores z, in double precision, such that softmax(z) gives the head's probabilities: Y_L for the softmax head,
/// log σ(Y_L) for the sigmoid head. The same bits for any number of threads. Throws Error(kData) if the numbers of
/// features differ, or if the network gives features and not classes.
Matrix predict_scores(const Network& network, const Dataset& data, int threads = 0);

/// The head's probabilities, n×K: row sums are 1.
Matrix predict_probabilities(const Network& network, const Dataset& data, int threads = 0);

/// x̂, n×d, of a network that reconstructs: its features in the units of the data, in double precision and the same bits
/// for any number of threads. Throws Error(kData) if the numbers of features differ, or of a classifier.
Matrix reconstruct(const Network& network, const Dataset& data, int threads = 0);

/// X_l, n×N_l, of the hidden layer l = 1 … L−1 of any network. Throws Error(kUsage) if it has no such layer,
/// Error(kData) if the numbers of features differ.
Matrix hidden_states(const Network& network, const Dataset& data, Index layer, int threads = 0);

/// Writes an ONNX file that takes raw features and gives `label` (string) and `probabilities` (float32, n×K) or, of a
/// network that reconstructs, `reconstruction` (float32, n×d, in the units of the data) and, if it has hidden layers,
/// `code`: the states of the narrowest, the first of several (float32).
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
/// to "poise.schema" as JSON. Of one layer with the softmax head the file is one that every version of Poise reads.
/// Throws Error(kUsage) if the model is inconsistent, Error(kData) if a name is not UTF-8,
/// Error(kResource) beyond the 2 GB limit of an ONNX file, Error(kIo) if it cannot be written.
void save_model(const Network& network, const std::string& path);

/// Reads what save_model wrote. `path` is the file, or a run directory that holds `model.onnx`.
/// Throws Error(kIo) if there is none, Error(kData) if it is not a Poise model.
Network load_model(const std::string& path);

}  // namespace poise
