// Thermodynamic measurements as JSON, as tables and in plain words: the one form in which events, --json and the
// terminal have them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "poise/first_law.h"
#include "poise/thermodynamics.h"

namespace poise::inline run {

/// What training has done that the figures do not show themselves.
struct TrainedOn {
  bool balanced_classes = false;  ///< the loss weighs classes
  double label_smoothing = 0;     ///< of the loss
  double temperature = 1;         ///< the scores were divided by it
  Index rows = 0, of = 0;         ///< so many of the `of` rows of the data measured; 0: none that is known
  double imbalance_at_rest = 0;  ///< −λ‖W_L‖²: what CE − H is on the rows trained on, where the last layer is at rest
};

/// "class-weighted, labels smoothed by 0.2"; empty for the plain cross-entropy, that of `evaluate`.
std::string loss_of(const TrainedOn& trained);

/// {value, error, row_error}, `degrees` where there is an error and `rough`: true where is_rough; null for an error
/// that is infinite and a value that is NaN.
nlohmann::json to_json(const Estimate& estimate);
/// Every figure under its name in poise/thermodynamics.h (of an ensemble `divergence` as `divergence_from_noise`); what
/// was not measured is left out, but for `step`, then null. What is not defined of features is null.
nlohmann::json to_json(const Thermodynamics& found);
nlohmann::json to_json(const FirstLaw& law);

/// What cannot be below 0 but for rounding; as a difference of figures of size `size`, it is 0 below 1e-12 of them.
Estimate not_negative(Estimate estimate, double size = 0);
/// A size in two digits or more, without an exponent from 10 to a million: "0.039", "0.10", "17", "1.2e-05".
std::string two_digits(double size);
/// "1.241 ± 0.042": half the width in two digits, the value to the same decimals; "1.241 ± 0" of what is exact.
std::string value_and_error(double value, const Bounds& interval);
/// Half the width of an interval in two digits; empty for what is exact, up to rounding; a dash where nothing is known.
std::string plus_minus(const Bounds& interval);

/// Three tables: quantities, layers, ensembles; with 95 % intervals, "~" before those of rows that are rough. Without
/// columns that would be empty.
std::string table_of(const Thermodynamics& found);

/// Is it at rest? Over-confident? Where is the curvature? How large may a step be? A sentence or two each. One sentence
/// alone where there are fewer than 30 rows: that they decide nothing. Confidence is judged by the plain cross-entropy:
/// `plain` has it, of the same rows, where the model was trained on another loss and `found` is of that one.
std::vector<std::string> reading_of(const Thermodynamics& found, const TrainedOn& trained = {},
                                    const Thermodynamics* plain = nullptr);

}  // namespace poise::inline run
