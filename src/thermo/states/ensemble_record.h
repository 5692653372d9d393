// The ensembles of one measurement, row by row and draw by draw.
#pragma once

#include <vector>

#include "poise/first_law.h"
#include "thermo/states/forward_noise.h"

namespace poise {

/// Of n rows.
struct EnsembleRecord::Rows {
  std::vector<Index> numbers;  ///< of the rows in the data set
  Vector weight;               ///< adds up to 1
  Vector complexity;           ///< C of every row
  std::vector<double> temperatures;
  std::vector<thermo::RowEnsemble> ensembles;  ///< one per temperature
};

}  // namespace poise
