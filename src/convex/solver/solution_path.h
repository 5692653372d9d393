// Where the solutions for some penalties lead for another: they are smooth in ln λ.
#pragma once

#include <optional>
#include <vector>

#include "convex/problem.h"

namespace poise::inline convex {

class SolutionPath {
 public:
  /// Keeps the last four of penalties above 0; one close to another's takes its place.
  void remember(double l2, const Parameters& w);
  /// The polynomial in ln λ through them, at l2; empty below two.
  std::optional<Parameters> at(double l2) const;

 private:
  struct Found {
    double l2;
    Parameters w;
  };
  std::vector<Found> found_;
};

}  // namespace poise::inline convex
