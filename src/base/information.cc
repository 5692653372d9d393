#include "poise/information.h"

#include <cmath>
#include <limits>

namespace poise {
namespace {

// Σ_c p_c f(c) over the classes with p_c > 0, so that 0 · ∞ counts as 0.
template <typename Function>
double mean_under(const VectorView& p, Function f) {
  double sum = 0;
  for (Eigen::Index c = 0; c < p.size(); ++c) {
    if (p[c] != 0) sum += p[c] * f(c);
  }
  return sum;
}

// std::exp, not Eigen's vectorized one: that returns 1e-308 where it should return 0 (for −∞ too).
double exponential(double x) { return std::exp(x); }

}  // namespace

double log_sum_exp(const VectorView& scores) {
  if (scores.size() == 0) return -std::numeric_limits<double>::infinity();
  const double largest = scores.maxCoeff();
  return largest + std::log((scores.array() - largest).unaryExpr(&exponential).sum());
}

double softmax_in_place(Eigen::Ref<Eigen::VectorXd> scores) {
  if (scores.size() == 0) return -std::numeric_limits<double>::infinity();
  const double largest = scores.maxCoeff();
  scores = (scores.array() - largest).unaryExpr(&exponential);
  const double sum = scores.sum();
  scores /= sum;
  return largest + std::log(sum);
}

Eigen::VectorXd softmax(const VectorView& scores) {
  Eigen::VectorXd q = scores;
  softmax_in_place(q);
  return q;
}

double entropy(const VectorView& p) {
  return -mean_under(p, [&](Eigen::Index c) { return std::log(p[c]); });
}

double entropy_of_scores(const VectorView& scores) {
  const double lse = log_sum_exp(scores);
  return -mean_under(softmax(scores), [&](Eigen::Index c) { return scores[c] - lse; });
}

double divergence(const VectorView& p, const VectorView& q) {
  return mean_under(p, [&](Eigen::Index c) { return std::log(p[c]) - std::log(q[c]); });
}

double cross_entropy(const VectorView& p, const VectorView& q) {
  return -mean_under(p, [&](Eigen::Index c) { return std::log(q[c]); });
}

double cross_entropy_of_scores(const VectorView& p, const VectorView& scores) {
  const double lse = log_sum_exp(scores);
  return -mean_under(p, [&](Eigen::Index c) { return scores[c] - lse; });
}

}  // namespace poise
