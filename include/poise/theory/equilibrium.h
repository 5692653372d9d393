// The first law of learning and the condition on which it depends (Vanchurin;
// docs/theory/thermodynamics.md#first-law-and-factorization).
//
//   first law       dU = T dS_x + T dC
//   factorization   Z(T; w, b) = A(T) B(w, b)  ⇔  ∂U/∂(w, b) = 0 at every T: the mean loss does not react to learning
//
// With S_x = S_T − C and A = (2πT)^{n/2} (poise/theory/ensemble.h), dU − T dS_x − T dC = (U − nT/2) dT/T for any
// network. At constant temperature the first law is therefore an identity and tests nothing; across temperatures it
// says U = nT/2.
#pragma once

#include "poise/theory/ensemble.h"

namespace poise {

/// Changes of an ensemble, and what the first law leaves unexplained.
struct EnsembleChange {
  double mean_loss_change = 0;   ///< dU, in units of ℋ
  double entropy_change = 0;     ///< dS_x, nats
  double complexity_change = 0;  ///< dC, nats
  double residual = 0;           ///< dU − T dS_x − T dC, in units of ℋ
};

/// Between two ensembles, with T the mean of their temperatures. The residual is that of the law up to third order in
/// the change.
EnsembleChange first_law(const EnsembleState& before, const EnsembleState& after);

/// A direction in which to change a septuple and its temperature.
struct SeptupleChange {
  Matrix weights;  ///< dw, N×N; 0 where there is no connection
  Vector bias;     ///< db, N
  double temperature = 0;
};

/// The derivative along `change` for linear f, in closed form. With x the state of smallest loss,
///   dℋ_min = ⟨∂ℋ/∂w(x), dw⟩ + ⟨∂ℋ/∂b(x), db⟩,   ½ d ln det M = −tr(M⁻¹ Aᵀ P dw).
/// The residual is ℋ_min dT/T. Throws the same errors as linear_ensemble.
EnsembleChange first_law(const Septuple& septuple, double temperature, const SeptupleChange& change);

enum class Factorizes { kYes, kNo, kCannotTell };
const char* to_string(Factorizes verdict);  ///< "factorizes", "does not factorize", "cannot tell"

struct FactorizationOptions {
  SamplingOptions sampling{};
  double significance = 0.05;  ///< probability of a wrong kNo, for all parameters together (Bonferroni)
  double tolerance = 0.1;   ///< kYes by sampling requires every |∂U/∂θ| to be below tolerance · T with confidence
  bool closed_form = true;  ///< false: sample even where a closed form exists (to check one against the other)
};

/// ∂U/∂θ at one temperature, where θ are the existing connections and the biases of neurons that are not inputs.
struct Factorization {
  Factorizes verdict = Factorizes::kCannotTell;
  Matrix by_weights;        ///< ∂U/∂w_ij, N×N; 0 where there is no connection
  Vector by_bias;           ///< ∂U/∂b_i, N; 0 at inputs
  Matrix by_weights_error;  ///< standard errors; 0: closed form
  Vector by_bias_error;     ///< likewise
  double largest = 0;       ///< max |∂U/∂θ|
  double largest_z = 0;  ///< max |∂U/∂θ|/error; 0: closed form (`ensemble.samples` = 0), where there is no error
  double p_value = 1;    ///< of ∂U/∂θ = 0 for all θ, from the largest z, corrected for their number (Bonferroni)
  Ensemble ensemble;     ///< the ensemble measured on the way
};

/// Does Z factorize, judged at one temperature? There is a closed form for linear f, ∂U/∂θ = ∂ℋ_min/∂θ, and where the
/// feed-forward theorem applies, ∂U/∂θ = ∂h/∂θ. Otherwise the answer comes from sampling, with a z-test of each
/// parameter:
///   ∂U/∂θ = ⟨∂ℋ/∂θ⟩ − Cov(ℋ, ∂ℋ/∂θ)/T          (keeps R×N states in memory)
/// kNo holds for all temperatures. kYes holds for this one, or for all if it is in closed form, where ∂U/∂θ does not
/// depend on T. kCannotTell: the errors are too large for either, or the samples are not reliable.
Factorization test_factorization(const Septuple& septuple, double temperature,
                                 const FactorizationOptions& options = {});

}  // namespace poise
