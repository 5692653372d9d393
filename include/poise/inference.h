// How sure the weights of a softmax layer are: standard errors, intervals and p-values.
//
// Scores are defined up to one vector that all classes share, so what has an uncertainty is the difference of two
// classes. As in R's nnet::multinom and statsmodels' MNLogit, the weights are those of every class less those of a
// reference class, by default the first: θ_c = W_c − W_r. Two classes have one row, the logistic regression of the
// second. In units of the data file, with N = Σ s_i rows (a row of weight 2 is two) and the exact Hessian H of
//   f(θ) = mean loss + (λ/2)‖W‖²      at its optimum,
//   Variance::kHessian     Cov θ = H⁻¹/N
//   Variance::kSandwich    Cov θ = H⁻¹ [Σ s_i ψ_i ψ_iᵀ] H⁻¹/N²,   ψ_i = c_i (p_i − t_i) ⊗ x̃_i + ∇ penalty,
// c_i the factor of the row's class, 1 on average (docs/theory/softmax.md#uncertainty-of-the-weights). The second is
// White's, HC0: it holds as well where the probabilities are not of the model's form.
//
// Without a penalty H⁻¹/N is the inverse Fisher information, and intervals cover the truth as often as they say, in
// many rows. With one the weights are drawn towards 0: H⁻¹/N is the covariance of the posterior whose prior is the
// penalty (Laplace's approximation), and the sandwich that of the estimate about its own mean. Neither covers the
// weights that would be right without a penalty as often as it says.
#pragma once

#include <string>
#include <vector>

#include "poise/network.h"
#include "poise/solver.h"

namespace poise {

enum class Variance { kHessian, kSandwich };

const char* to_string(Variance variance);  ///< "hessian", "sandwich"

struct InferenceOptions {
  Variance variance = Variance::kHessian;
  double level = 0.95;         ///< of the intervals, in (0, 1)
  std::string reference = {};  ///< the class that the others are compared with; empty: the first
  int threads = 0;             ///< 0: as many as the machine has
};

/// θ of one feature and class.
struct InferredWeight {
  Index feature = 0;   ///< d: the bias, the score where all features are 0
  Index class_id = 0;  ///< compared with the reference
  double estimate = 0;
  double standard_error = 0;
  double z = 0;              ///< estimate/standard_error
  double p_value = 0;        ///< P(|Z| ≥ |z|), Z normal: of θ = 0, Wald's test
  double low = 0, high = 0;  ///< estimate ∓ q·standard_error, P(|Z| ≤ q) = level
};

struct Inference {
  Index reference = 0;
  Variance variance = Variance::kHessian;
  double level = 0;
  double rows = 0;  ///< N
  double l2 = 0;    ///< λ
  /// Class after class but for the reference, in each the features and then the bias: P = (K − 1)(d + 1).
  std::vector<InferredWeight> weights = {};
  std::vector<double> covariance = {};  ///< P×P, of the weights in that order
  SolveReport report = {};              ///< of the optimum that this is about
  std::string meaning = {};             ///< of the intervals, in a sentence
};

/// The most parameters P that a Hessian is made for.
inline constexpr Index kMostInferredParameters = 5000;

/// Of a softmax layer on the rows it was trained on, or on `data` if the model does not say which these were. Moves on
/// from its weights to the optimum itself, up to float64: where training ended at a gap of 1e-8 they may be a hundredth
/// of a standard error away. Throws Error
///   kUsage   for options out of range and an unknown reference,
///   kData    for hidden layers and for rows that the model was not trained on ("inference.other_rows"),
///   kNumeric if there is no optimum, saying which features separate the classes ("inference.no_minimizer"), or where
///            features are combinations of others, naming them ("inference.singular"),
///   kResource above kMostInferredParameters.
Inference infer_weights(const Network& network, const Dataset& data, const InferenceOptions& options = {});

}  // namespace poise
