// A feed-forward network and how to use it: F-propagation (Boughammoura;
// docs/theory/network.md#f-propagation-and-f-adjoint), scores, probabilities, the model file.
//
//   X_0 = x − center,   Y_l = W_l X_{l−1} + b_l,   X_l = σ_l(Y_l),   l = 1 … L;   the scores are Y_L
//
// x is a row of the data, in the units of its file. The head turns scores into probabilities.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "poise/dataset.h"
#include "poise/model.h"

namespace poise {

/// σ, elementwise.
enum class Activation {
  kIdentity,
  kSigmoid,  ///< 1/(1 + e^−y)
  kTanh,
  kRelu  ///< max(0, y); its derivative at 0 is taken as 0
};

/// What turns scores into probabilities.
enum class Head {
  kSoftmax,  ///< p_c = e^{y_c} / Σ_k e^{y_k}
  kSigmoid   ///< p_c = σ(y_c) / Σ_k σ(y_k): one sigmoid per class, as in the F-adjoint papers
};

const char* to_string(Activation activation);  ///< "identity", "sigmoid", "tanh", "relu"
const char* to_string(Head head);              ///< "softmax", "sigmoid"

/// Layer l: W_l is N_l×N_{l−1}, b_l has N_l entries.
struct Layer {
  Matrix weights;
  Vector bias;
  Activation activation = Activation::kIdentity;  ///< kIdentity for the last layer, which the head follows
};

/// A trained network with everything needed to use it on raw data. One layer with the softmax head is softmax
/// regression.
struct Network {
  Schema schema;
  Vector center;              ///< d; preserves precision where features are far from 0
  std::vector<Layer> layers;  ///< at least one; the weights of the first are per original unit
  Head head = Head::kSoftmax;
  std::map<std::string, std::string> metadata;  ///< how it was trained

  Index feature_count() const { return layers.front().weights.cols(); }
  Index class_count() const { return layers.back().weights.rows(); }
  Index parameter_count() const;      ///< Σ_l N_l (N_{l−1} + 1)
  std::vector<Index> widths() const;  ///< {N_0, N_1, …, N_L}
  std::string architecture() const;   ///< "784 -> 128 sigmoid -> 10 softmax"
};

/// Converts a softmax layer to a network of one layer, and back. Throws Error(kData) if `network` has hidden layers or
/// another head.
Network to_network(SoftmaxModel model);
SoftmaxModel to_softmax_model(Network network);

/// n×K scores z, in double precision, such that softmax(z) gives the head's probabilities: Y_L for the softmax head,
/// log σ(Y_L) for the sigmoid head. The same bits for any number of threads. Throws Error(kData) if the numbers of
/// features differ.
Matrix predict_scores(const Network& network, const Dataset& data, int threads = 0);

/// The head's probabilities, n×K: row sums are 1.
Matrix predict_probabilities(const Network& network, const Dataset& data, int threads = 0);

/// The same as save_model (poise/model.h), with hidden layers in between and the probabilities of the head. One layer
/// with the softmax head gives the file that save_model writes, which older versions of Poise can read as well. The
/// metadata key `network` is reserved.
void save_network(const Network& network, const std::string& path);

/// Reads what save_network or save_model wrote. `path` is the file, or a run directory that holds `model.onnx`.
/// Throws Error(kIo) if there is none, Error(kData) if it is not a Poise model.
Network load_network(const std::string& path);

}  // namespace poise
