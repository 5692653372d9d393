// The objective in 113-bit arithmetic: what gaps of 1e-16 and weights of 1e10 are measured against.
#pragma once

#include <vector>

#include "convex/reference.h"

namespace poise {

__extension__ using Quad = __float128;

/// exp(x), x ≤ 0: 2^k exp(r) with |r| ≤ (ln 2)/2⁹, by its series.
inline Quad quad_exp(Quad x) {
  if (x < -11000) return 0;
  constexpr int kHalvings = 8;
  Quad r = x;
  for (int k = 0; k < kHalvings; ++k) r /= 2;
  int doublings = kHalvings;
  while (r < -0.004L) r /= 2, ++doublings;
  Quad sum = 0;
  for (int k = 24; k >= 1; --k) sum = r / k * (1 + sum);  // exp(r) − 1
  for (int k = 0; k < doublings; ++k) sum = sum * (2 + sum);
  return 1 + sum;
}

/// ln(1 + x), x ≥ 0, by Newton's method from the long double.
inline Quad quad_log1p(Quad x) {
  Quad y = std::log1p(static_cast<long double>(x));
  for (int k = 0; k < 2; ++k) y += (1 + x) * quad_exp(-y) - 1;
  return y;
}

/// f of a Problem (λ included) at w, (d+1)×K entries row after row.
inline Quad quad_objective(const Problem& problem, const std::vector<Quad>& w) {
  const Index d = problem.cols(), classes = problem.classes;
  const auto at = [&](Index j, Index c) { return w[static_cast<std::size_t>(j * classes + c)]; };
  Quad f = 0;
  for (Index i = 0; i < problem.rows(); ++i) {
    if (problem.row_weight[i] == 0) continue;
    std::vector<Quad> z, t;
    Quad total = 0;
    for (Index c = 0; c < classes; ++c) {
      Quad sum = at(d, c);
      for (Index j = 0; j < d; ++j) sum += static_cast<Quad>(loaded(problem, i, j)) * at(j, c);
      z.push_back(sum);
      t.push_back(problem.labels.empty() ? static_cast<Quad>(problem.targets(i, c))
                                         : static_cast<Quad>(problem.labels[static_cast<std::size_t>(i)] == c));
      total += t.back();
    }
    const auto top = std::max_element(z.begin(), z.end()) - z.begin();
    Quad rest = 0;
    for (std::size_t c = 0; c < z.size(); ++c) {
      if (static_cast<std::ptrdiff_t>(c) != top) rest += quad_exp(z[c] - z[static_cast<std::size_t>(top)]);
    }
    const Quad log_sum = quad_log1p(rest), smoothing = problem.smoothing;
    for (std::size_t c = 0; c < z.size(); ++c) {
      const Quad target = (1 - smoothing) * t[c] / total + smoothing / static_cast<Quad>(classes);
      f += static_cast<Quad>(problem.row_weight[i]) * target * (log_sum - (z[c] - z[static_cast<std::size_t>(top)]));
    }
  }
  for (Index j = 0; j < d; ++j) {
    for (Index c = 0; c < classes; ++c) f += static_cast<Quad>(problem.penalty[j]) * at(j, c) * at(j, c) / 2;
  }
  return f;
}

inline std::vector<Quad> to_quad(const Parameters& w) { return {w.data(), w.data() + w.size()}; }

}  // namespace poise
