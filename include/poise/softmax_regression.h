// Softmax regression: the convex problem, its exact solution, and the proof.
//
//   f(W, b) = Σ_i s_i [ lse(z_i) − ⟨t_i, z_i⟩ ] / Σ_i s_i  +  (λ/2)‖W‖²,    z_i = W x_i + b,  b not penalized
//
// There are n rows x_i with d features, K classes, targets t_i and row weights s_i
// (docs/theory/softmax.md#the-problem). λ is per mean loss: the same λ on more rows is a stronger belief, so the
// default falls with n. It acts on the weights of features in the units chosen by `scale`. Those of the model, a
// network of one layer, are per original unit whatever the scale.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "poise/dataset.h"
#include "poise/network.h"
#include "poise/objective.h"
#include "poise/solver.h"

namespace poise {

/// The penalty for who asks for none: 2/(n min(K − 1, 6)), n = (Σ s)²/Σ s² rows and K classes; for images and sparse
/// data 2/(n min(K − 1, 2)), which is scikit-learn's C = 1, as the former is for two and three classes. Chosen by
/// measurement: bench/README.md#defaults.
double default_l2(const Dataset& data);

struct SoftmaxFit {
  Network model;  ///< one layer, softmax head
  SolveReport report;
};

/// Minimizes f. `start` (optional) must have the same features and classes; if it is calibrated, its weights as trained
/// are used. Throws Error(kData) for data without labels or with one class and for a start with hidden layers,
/// Error(kUsage) for options out of range.
SoftmaxFit fit_softmax(const Dataset& data, const ObjectiveOptions& objective = {}, const SolveOptions& solve = {},
                       Watcher* watcher = nullptr, const Network* start = nullptr);

/// Solves for every λ in `path`, each starting from the solution before whose λ is nearest. The results are in the
/// order of `path`, and fewer if an interrupt or the time limit, which covers the whole path, ended it.
std::vector<SoftmaxFit> fit_softmax_path(const Dataset& data, std::span<const double> path,
                                         const ObjectiveOptions& objective = {}, const SolveOptions& solve = {},
                                         Watcher* watcher = nullptr);

/// The same with penalties that are decided on the way: `next` is told all solutions so far, in the order in which they
/// were made, and answers with the penalty to solve for, or with nothing to end the path. Each solve starts from the
/// solution whose penalty is nearest.
using NextPenalty = std::function<std::optional<double>(std::span<const SoftmaxFit>)>;
std::vector<SoftmaxFit> fit_softmax_path(const Dataset& data, const NextPenalty& next,
                                         const ObjectiveOptions& objective = {}, const SolveOptions& solve = {},
                                         Watcher* watcher = nullptr);

/// Recomputes the certificate of `model` on its training data from scratch, without changing the weights. The objective
/// is the one recorded in the model's metadata. For a calibrated model (poise/calibration.h), the weights as trained
/// are certified. Only `tolerance` and `threads` of `solve` are used. Throws Error(kData) if it has hidden layers.
SolveReport certify_softmax(const Network& model, const Dataset& data, const SolveOptions& solve = {});

/// The objective that fit_softmax recorded in a model's metadata. Throws Error(kData) if it is not there.
ObjectiveOptions recorded_objective(const Network& model);

}  // namespace poise
