// Looks for proofs that a problem without penalty has no minimizer (docs/theory/softmax.md#directions-of-recession):
// exact directions of recession.
#pragma once

#include <optional>
#include <vector>

#include "convex/existence/face.h"

namespace poise::inline convex {

/// Features with a penalty take no part: along a direction of recession their weights stand still.
class SeparationSearch {
 public:
  SeparationSearch(const Problem& problem, int threads, ProofStop stop = {});

  /// Whether the weights `w` of the solver are such a direction themselves.
  std::optional<ProvenDirection> along(const Parameters& w) const;

  /// Near a guess, in the solver's features: a step along which Newton's iterates run off has margins of about 1 where
  /// they grow.
  std::optional<ProvenDirection> near(const Parameters& guess) const;

  /// The guess rounded to ratios of small integers (rounded_guesses.cc). For class labels.
  std::optional<ProvenDirection> by_rounding(const Parameters& guess) const;

  /// By the linear program, for problems up to some size: what it does not find is not there, but for rounding. Small
  /// ones give a direction of few features: no feature can be left out of it.
  struct Answer {
    std::optional<ProvenDirection> found;
    bool complete = false;  ///< the program was solved, and no margin grows
  };
  Answer by_program() const;

 private:
  std::optional<ProvenDirection> along_features(const Parameters& u) const;  // on the features as in the file
  std::optional<ProvenDirection> proven(ExactDirection direction) const;
  double work_of_program(const std::vector<Index>& columns) const;
  Answer solve_program(const std::vector<Index>& columns) const;
  std::optional<ProvenDirection> with_ties(const CenteredRows& rows, const std::vector<Comparison>& comparisons,
                                           std::span<const double> margin, double tie, const Parameters& guess) const;

  const Problem& problem_;
  int threads_;
  ExactRows rows_;
  std::vector<Index> counted_, columns_;
};

}  // namespace poise::inline convex
