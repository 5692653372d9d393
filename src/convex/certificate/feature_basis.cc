#include "convex/certificate/feature_basis.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "base/blas.h"
#include "base/index.h"
#include "base/parallel.h"

namespace poise::inline convex {
namespace {

// A function of which others leave less than this share (of its square) is nearly dependent.
constexpr double kLittleLeft = 1e-7;
constexpr int kRounds = 12;
// More than 2^this beyond its column no function is scaled up: what products lose at the lower end of the doubles would
// be seen.
constexpr int kLargestGain = 300;

/// A number nearby that is simpler: exact dependencies of a part of the rows should cancel there to the last bit,
/// however large the numbers are. A ratio of small integers, or one of few bits.
double simplified(double value) {
  const double tolerance = 1e-12 * std::abs(value);
  for (double denominator = 1; denominator <= 24; ++denominator) {
    const double near = std::nearbyint(value * denominator) / denominator;
    if (near != 0 && std::abs(near - value) <= tolerance) return near;
  }
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);
  const double near = std::ldexp(std::nearbyint(std::ldexp(mantissa, 30)), exponent - 30);
  return std::abs(near - value) <= tolerance ? near : value;
}

DoubleDouble product(double a, const DoubleDouble& b) {
  DoubleDouble result = exact_product(a, b.high);
  result.low += a * b.low;
  return exact_sum(result.high, result.low);
}

DoubleDouble sum(const DoubleDouble& a, const DoubleDouble& b) {
  const DoubleDouble high = exact_sum(a.high, b.high), low = exact_sum(a.low, b.low);
  const DoubleDouble rest = exact_sum(high.high, high.low + low.high);
  return exact_sum(rest.high, rest.low + low.low);
}

/// Elimination with the largest diagonal entry first, after the constant.
struct Elimination {
  std::vector<Index> far, near;  // functions in the order of their pivots, and those that are left
  Matrix share;                  // of the far functions in each near one: near = share · far + little
};

Elimination eliminate(Matrix g, const ProofStop& stop) {
  const Index q = g.rows();
  const Vector scale = (g.diagonal().array() > 0).select(g.diagonal().cwiseSqrt().cwiseInverse(), 0.0);
  g = (scale.asDiagonal() * g * scale.asDiagonal()).eval();
  const Matrix whole = g;
  Elimination out;
  std::vector<char> done(q, 0);
  for (Index step = 0; step < q; ++step) {
    stop.ask();
    Index pivot = 0;
    for (Index k = 0; k < q && step > 0; ++k) {
      if (!done[k] && (done[pivot] || g(k, k) > g(pivot, pivot))) pivot = k;
    }
    if (!(g(pivot, pivot) > kLittleLeft) || !std::isfinite(g(pivot, pivot))) break;
    done[pivot] = 1;
    out.far.push_back(pivot);
    const Vector column = g.col(pivot) / g(pivot, pivot);
    g -= column * g.row(pivot);
    g.row(pivot).setZero();
    g.col(pivot).setZero();
  }
  for (Index k = 0; k < q; ++k) {
    if (!done[k]) out.near.push_back(k);
  }
  if (out.near.empty()) return out;
  const auto far = static_cast<Index>(out.far.size()), near = static_cast<Index>(out.near.size());
  Matrix system(far, far), right(far, near);
  for (Index a = 0; a < far; ++a) {
    const Index row = out.far[a];
    for (Index b = 0; b < far; ++b) system(a, b) = whole(row, out.far[b]);
    for (Index b = 0; b < near; ++b) right(a, b) = whole(row, out.near[b]);
  }
  out.share = system.ldlt().solve(right).transpose();
  for (Index b = 0; b < near; ++b) {
    for (Index a = 0; a < far; ++a) {
      const double unit = scale[out.near[b]];
      out.share(b, a) *= unit > 0 ? scale[out.far[a]] / unit : 0;
    }
  }
  return out;
}

}  // namespace

FeatureBasis::FeatureBasis(CenteredRows rows, std::vector<double> weight, const Vector& penalty, int threads)
    : rows_(std::move(rows)),
      weight_(std::move(weight)),
      penalty_(Vector::Zero(size())),
      threads_(threads),
      combination_(size()) {
  penalty_.tail(size() - 1) = penalty;
  look_for_dependence();
}

/// Σ s φφᵀ and the penalty; not meant to be exact.
Matrix FeatureBasis::gram() const {
  constexpr Index kStrip = 128;
  const std::vector<Index>& rows = rows_.counted();
  const auto n = static_cast<Index>(rows.size());
  const Index q = size(), parts = std::clamp<Index>(n / 512, 1, 8);
  std::vector<Matrix> sums(parts);
  parallel_for(parts, threads_, [&](Index part) {
    Matrix sum = Matrix::Zero(q, q), phi(kStrip, q), weighted(kStrip, q);
    for (Index begin = part_begin(n, parts, part), end = part_begin(n, parts, part + 1); begin < end; begin += kStrip) {
      rows_.rows().stop().ask();
      const Index count = std::min(kStrip, end - begin);
      for (Index r = 0; r < count; ++r) {
        const Index i = begin + r;
        values(rows[i], phi.row(r).data());
        weighted.row(r) = weight_[i] * phi.row(r);
      }
      gemm(true, false, q, q, count, phi.data(), q, weighted.data(), q, 1.0, sum.data(), q);
    }
    sums[part] = std::move(sum);
  });
  for (Index part = 1; part < parts; ++part) sums[0] += sums[part];
  if ((penalty_.array() > 0).any()) {
    const Matrix a = coefficients();
    sums[0] += a * penalty_.asDiagonal() * a.transpose();
  }
  return std::move(sums[0]);
}

void FeatureBasis::values(Index row, double* phi) const {
  std::vector<DoubleDouble> y(rows_.size());
  rows_.values(row, y.data());
  phi[0] = 1;
  ExactSum sum;
  for (Index k = 1; k < size(); ++k) {
    const Combination& of = combination_[k];
    phi[k] = of.factor.empty() ? y[k - 1].high : exact_value(of, y.data(), sum);
  }
}

double FeatureBasis::exact_value(const Combination& of, const DoubleDouble* y, ExactSum& sum) const {
  sum.clear();
  sum.add(of.factor[0].low);
  sum.add(of.factor[0].high);
  for (std::size_t l = 1; l < of.factor.size(); ++l) {
    const DoubleDouble &a = of.factor[l], &b = y[l - 1];
    if (a.high == 0 || b.high == 0) continue;
    for (const double left : {a.low, a.high}) {
      for (const double right : {b.low, b.high}) {
        if (left != 0 && right != 0) sum.add_product(left, right);
      }
    }
  }
  return std::ldexp(sum.value(), -of.exponent);
}

void FeatureBasis::look_for_dependence() {
  const Elimination found = eliminate(gram(), rows_.rows().stop());
  near_ = found.near;
  far_ = found.far;
  share_ = found.share;
}

void FeatureBasis::separate() {
  for (int round = 0; round < kRounds && !near_.empty() && has_constant(); ++round) {
    bool gain_left = false;
    for (std::size_t b = 0; b < near_.size(); ++b) {
      rows_.rows().stop().ask();
      reduce(near_[b], far_, share_.row(static_cast<Index>(b)).transpose());
      scale_to_one(near_[b]);
      gain_left = gain_left || combination_[near_[b]].exponent > -kLargestGain;
    }
    if (!gain_left) return;
    look_for_dependence();
  }
}

std::vector<Index> FeatureBasis::combinations() const {
  std::vector<Index> found;
  for (Index k = 1; k < size(); ++k) {
    const bool is_near = std::find(near_.begin(), near_.end(), k) != near_.end();
    if (!is_near && !combination_[k].factor.empty()) found.push_back(k);
  }
  return found;
}

void FeatureBasis::reduce(Index k, const std::vector<Index>& others, const Vector& share) {
  auto factor_of = [&](Index function) {
    const Combination& of = combination_[function];
    if (!of.factor.empty()) return of;
    Combination plain;
    plain.factor.resize(size());
    plain.factor[function].high = 1;
    return plain;
  };
  Combination result = factor_of(k);
  const double largest = share.cwiseAbs().maxCoeff();
  for (std::size_t a = 0; a < others.size(); ++a) {
    const double part = share[static_cast<Index>(a)];
    if (!(std::abs(part) > 1e-13 * largest)) continue;
    const Combination other = factor_of(others[a]);
    const double scaled = -std::ldexp(simplified(part), result.exponent - other.exponent);
    for (std::size_t l = 0; l < result.factor.size(); ++l) {
      if (other.factor[l].high != 0) result.factor[l] = sum(result.factor[l], product(scaled, other.factor[l]));
    }
  }
  combination_[k] = std::move(result);
}

void FeatureBasis::scale_to_one(Index k) {
  Combination& of = combination_[k];
  std::vector<DoubleDouble> y(rows_.size());
  std::vector<double> value;
  ExactSum sum;
  for (Index row : rows_.counted()) {
    rows_.values(row, y.data());
    value.push_back(exact_value(of, y.data(), sum));
  }
  double squares = 0, total = 0, largest = 0, of_penalty = 0;  // √ of sums, in pieces that neither overflow nor vanish
  for (double v : value) largest = std::max(largest, std::abs(v));
  for (std::size_t l = 1; l < of.factor.size(); ++l)
    of_penalty = std::hypot(of_penalty,
                            std::sqrt(penalty_[static_cast<Index>(l)]) * std::ldexp(of.factor[l].high, -of.exponent));
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (largest > 0) squares += weight_[i] * (value[i] / largest) * (value[i] / largest);
    total += weight_[i];
  }
  const double size = std::hypot(largest * std::sqrt(squares / total), of_penalty / std::sqrt(total));
  if (!(size > 0) || !std::isfinite(size)) return;
  of.exponent = std::max(-kLargestGain, of.exponent + std::ilogb(size));
}

Matrix FeatureBasis::coefficients() const {
  Matrix a = Matrix::Identity(size(), size());
  for (Index k = 1; k < size(); ++k) {
    const Combination& of = combination_[k];
    for (std::size_t l = 0; l < of.factor.size(); ++l)
      a(k, static_cast<Index>(l)) = std::ldexp(of.factor[l].high, -of.exponent);
  }
  return a;
}

}  // namespace poise::inline convex
