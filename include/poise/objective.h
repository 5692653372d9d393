// What training minimizes beyond the loss itself: the penalty and its units, smoothed labels, weights of classes. The
// softmax layer, networks and measurements of both share it.
#pragma once

#include <optional>
#include <vector>

#include "poise/class_weight.h"

namespace poise {

/// The feature units in which λ penalizes a weight.
enum class Scale {
  kAuto,      ///< kNumbers for tables, kStandard for NPY matrices, kNone for images (IDX, NPY) and sparse data
  kNone,      ///< as given (images: pixel/255; digits: pixel/16). Equals scikit-learn's objective with C = 1/(λ n)
  kStandard,  ///< per column: mean 0, standard deviation 1
  kNumbers    ///< the same for numbers; columns of 0 and 1 that stand for a category or a missing value as given
};

const char* to_string(Scale scale);  ///< "auto", "none", "standard", "numbers"

struct ObjectiveOptions {
  std::optional<double> l2 = std::nullopt;  ///< λ ≥ 0; empty: default_l2(data)
  Scale scale = Scale::kAuto;
  double unit = 0;  ///< with kNone: what counts as 1, in original units; 0: as the data set says (255 for images)
  double label_smoothing = 0;                   ///< ε in [0, 1): t = (1 − ε) onehot + ε/K
  bool balanced_classes = false;                ///< multiply row weights by n/(K · rows of the class)
  std::vector<ClassWeight> class_weights = {};  ///< or by these factors
};

}  // namespace poise
