// The first law of learning along a run (docs/theory/thermodynamics-laws.md#the-first-law): how loss, heat and
// complexity change when the weights change.
//
//   F = U − T S       for the ensemble of states at temperature T (NoisyEnsemble, poise/thermodynamics.h): U = ⟨ℋ⟩, its
//                     mean_loss + bulk_loss, and S the Shannon entropy of the states
//   dF = dU − T dS    from one state of the weights to another, at one T
//   r  = dU − T dS − T dC = d(F − T C)
//
// C is Thermodynamics::complexity, computed from the Gauss–Newton matrix at the forward pass. With ℋ_min the minimum of
// ℋ over the hidden states, and C* = ½ ln det ∂²ℋ there, F = ℋ_min + T C* + O(T²), so that
//   r  = dℋ_min + T d(C* − C) + O(T²)
// The first term is the work done by learning: the change in the loss that remains when hidden states may relax. The
// second is the change in the error that the forward pass makes about the complexity of the relaxed states. It is 0
// where t = q, and small beside the first as T → 0. The law dU = T dS + T dC holds where r = 0, which is where learning
// has come to rest.
//
// Both states of the weights are measured on the same rows with the same noise, so most of the error cancels.
#pragma once

#include <memory>
#include <vector>

#include "poise/thermodynamics.h"

namespace poise {

struct FirstLaw;

/// What a measurement knows about its ensembles, row by row. Thermometer::measure fills it.
class EnsembleRecord {
 public:
  EnsembleRecord();
  ~EnsembleRecord();
  EnsembleRecord(EnsembleRecord&&) noexcept;
  EnsembleRecord& operator=(EnsembleRecord&&) noexcept;

  bool empty() const { return rows_ == nullptr; }

  struct Rows;  // src/thermo/states/ensemble_record.h

 private:
  friend class Thermometer;
  friend std::vector<FirstLaw> first_law(const EnsembleRecord& before, const EnsembleRecord& after);
  std::unique_ptr<Rows> rows_;
};

/// Changes in nats, means over rows; errors are those of the noise draws.
struct FirstLaw {
  double temperature = 0;
  Estimate loss_change;      ///< dU = d(mean_loss + bulk_loss)
  Estimate heat;             ///< T dS
  Estimate complexity_heat;  ///< T dC, exact on the rows
  Estimate residual;         ///< dU − T dS − T dC
};

/// The changes from `before` to `after`, one per temperature. Throws Error(kUsage) if either is empty or if their rows,
/// temperatures or draws differ.
std::vector<FirstLaw> first_law(const EnsembleRecord& before, const EnsembleRecord& after);

}  // namespace poise
