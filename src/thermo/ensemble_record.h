// The ensembles of one measurement, row by row and draw by draw.
#pragma once

#include <vector>

#include "poise/first_law.h"

namespace poise {

/// Of n rows and R draws.
struct EnsembleRecord::Rows {
  std::vector<Index> numbers;  ///< of the rows in the data set
  Vector weight;               ///< adds up to 1
  Vector complexity;           ///< C of every row
  std::vector<double> temperatures;
  /// One a temperature, n×R: the jackknife's pseudo-values R θ − (R − 1) θ_{−r} of θ = F and U (thermo/free_energy.h).
  /// Their mean over r is the estimate, their variance over R that of it.
  std::vector<Matrix> free_energy, mean_loss;
};

}  // namespace poise
