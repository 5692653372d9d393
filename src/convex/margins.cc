#include "convex/margins.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rows/entries.h"

namespace poise {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

/// A sum of doubles without rounding: a list of numbers that do not overlap, smallest first (Shewchuk 1997).
class ExactSum {
 public:
  void add(double value) {
    std::size_t kept = 0;
    for (double part : parts_) {
      const double sum = value + part, shift = sum - value;
      const double error = (value - (sum - shift)) + (part - shift);
      if (error != 0) parts_[kept++] = error;
      value = sum;
    }
    parts_.resize(kept);
    if (value != 0) parts_.push_back(value);
  }
  void add_product(double a, double b) {
    const double product = a * b;
    add(std::fma(a, b, -product));
    add(product);
  }
  int sign() const { return parts_.empty() ? 0 : parts_.back() > 0 ? 1 : -1; }

 private:
  std::vector<double> parts_;
};

/// Features with a weight.
std::vector<Index> active_features(const Parameters& u) {
  std::vector<Index> active;
  for (Index j = 0; j + 1 < u.rows(); ++j) {
    if ((u.row(j).array() != 0).any()) active.push_back(j);
  }
  return active;
}

}  // namespace

Margins::Margins(const Dataset& data) : data_(data), classes_(data.schema.class_count()) {
  largest_ = Vector::Zero(data.features.cols());
  rows_of_.assign(static_cast<std::size_t>(classes_), 0);
  std::vector<double> scratch;
  for (Index i = 0; i < data.rows(); ++i) {
    if (!counts(i)) continue;
    ++rows_of_[static_cast<std::size_t>(label(i))];
    for_each_entry(data.features, i, scratch,
                   [&](Index j, double x) { largest_[j] = std::max(largest_[j], std::abs(x)); });
  }
}

Matrix Margins::smallest(const Parameters& u) const {
  Matrix out = Matrix::Constant(classes_, classes_, kInfinity);
  const std::vector<Index> active = active_features(u);
  Vector z(classes_);
  for (Index i = 0; i < data_.rows(); ++i) {
    if (!counts(i)) continue;
    scores(u, active, i, z);
    const Index k = label(i);
    for (Index c = 0; c < classes_; ++c) out(k, c) = std::min(out(k, c), z[k] - z[c]);
  }
  return out;
}

Index Margins::rows_helped(const Parameters& u) const {
  const std::vector<Index> active = active_features(u);
  const Index d = u.rows() - 1;
  double bound = u.row(d).cwiseAbs().maxCoeff();
  for (Index j : active) bound += largest_[j] * u.row(j).cwiseAbs().maxCoeff();
  if (!std::isfinite(bound) || bound > 1e300) return 0;
  // Two scores of |active| + 1 terms each and their difference: at most (|active| + 3) units of ε/2 times 2·bound;
  // the rest is room.
  bound *= 2 * kEpsilon * static_cast<double>(active.size() + 4);
  Index helped = 0;
  Vector z(classes_);
  for (Index i = 0; i < data_.rows(); ++i) {
    if (!counts(i)) continue;
    scores(u, active, i, z);
    z += u.row(d).transpose();
    const Index k = label(i);
    bool grows = false;
    for (Index c = 0; c < classes_; ++c) {
      if (c == k || u.col(c) == u.col(k)) continue;
      const double margin = z[k] - z[c];
      const int sign = margin > bound ? 1 : margin < -bound ? -1 : exact_sign(u, i, k, c);
      if (sign < 0) return 0;
      grows = grows || (sign > 0 && has_rows(c));
    }
    helped += grows;
  }
  return helped;
}

void Margins::scores(const Parameters& u, const std::vector<Index>& active, Index i, Vector& z) const {
  z.setZero();
  std::vector<double> scratch;
  if (data_.features.is_sparse()) {
    for_each_entry(data_.features, i, scratch, [&](Index j, double value) { z += value * u.row(j).transpose(); });
    return;
  }
  for (const Index j : active) z += data_.features.value(i, j) * u.row(j).transpose();
}

/// Sign of (x̃ᵀU)_k − (x̃ᵀU)_c. Product and remainder hold a product of two doubles exactly unless they
/// underflow, which counts as a fall.
int Margins::exact_sign(const Parameters& u, Index i, Index k, Index c) const {
  const Index d = u.rows() - 1;
  ExactSum sum;
  sum.add(u(d, k));
  sum.add(-u(d, c));
  bool exact = true;
  std::vector<double> scratch;
  for_each_entry(data_.features, i, scratch, [&](Index j, double x) {
    for (const double weight : {u(j, k), -u(j, c)}) {
      if (x == 0 || weight == 0) continue;
      exact = exact && std::abs(x * weight) > 1e-250;
      sum.add_product(x, weight);
    }
  });
  return exact ? sum.sign() : -1;
}

}  // namespace poise
