#include "convex/solver/solution_path.h"

#include <cmath>

namespace poise::inline convex {

void SolutionPath::remember(double l2, const Parameters& w) {
  constexpr std::size_t kMost = 4;
  std::erase_if(found_, [&](const Found& one) { return std::abs(std::log(one.l2 / l2)) < 0.1; });
  if (found_.size() == kMost) found_.erase(found_.begin());
  if (l2 > 0) found_.push_back({l2, w});
}

std::optional<Parameters> SolutionPath::at(double l2) const {
  if (found_.size() < 2 || !(l2 > 0)) return std::nullopt;
  Parameters w = Parameters::Zero(found_[0].w.rows(), found_[0].w.cols());
  for (const Found& one : found_) {
    double share = 1;  // Lagrange's
    for (const Found& other : found_) {
      if (&other != &one) share *= std::log(l2 / other.l2) / std::log(one.l2 / other.l2);
    }
    w += share * one.w;
  }
  return w;
}

}  // namespace poise::inline convex
