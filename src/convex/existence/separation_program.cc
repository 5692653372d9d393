#include "convex/existence/separation_program.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "base/blas.h"
#include "base/index.h"
#include "base/parallel.h"

namespace poise::inline convex {
namespace {

constexpr double kViolation = 1e6, kRidge = 1e-10;  // C, ε
constexpr int kIterations = 80;
constexpr double kAccuracy = 1e-10;

using Numbers = Eigen::ArrayXd;

/// The map from U to margins, its transpose, and the normal matrix of weighted margins.
class MarginMap {
 public:
  MarginMap(const Matrix& phi, std::span<const Comparison> comparisons, Index classes, int threads)
      : phi_(phi), comparisons_(comparisons), classes_(classes), threads_(threads) {
    of_pair_.resize(classes * classes);
    for (std::size_t k = 0; k < comparisons.size(); ++k) {
      const auto [low, high] = std::minmax(comparisons[k].own, comparisons[k].other);
      of_pair_[low * classes + high].push_back(static_cast<Index>(k));
    }
  }

  Numbers margins(const Matrix& u) const {
    const Matrix z = phi_ * u;
    Numbers m(static_cast<Index>(comparisons_.size()));
    for (std::size_t k = 0; k < comparisons_.size(); ++k) {
      const Comparison& c = comparisons_[k];
      m[static_cast<Index>(k)] = z(c.row, c.own) - z(c.row, c.other);
    }
    return m;
  }

  /// q×K
  Matrix transposed(const Numbers& y) const {
    Matrix r = Matrix::Zero(phi_.rows(), classes_);
    for (std::size_t k = 0; k < comparisons_.size(); ++k) {
      const Comparison& c = comparisons_[k];
      r(c.row, c.own) += y[static_cast<Index>(k)];
      r(c.row, c.other) -= y[static_cast<Index>(k)];
    }
    return phi_.transpose() * r;
  }

  /// Σ_k weight_k of (e_own − e_other)(e_own − e_other)ᵀ ⊗ φφᵀ without the last class, (K − 1) q square.
  Matrix normal(const Numbers& weight) const {
    const Index q = phi_.cols(), blocks = classes_ - 1;
    std::vector<Matrix> grams(of_pair_.size());
    parallel_for(static_cast<Index>(of_pair_.size()), threads_,
                 [&](Index pair) { grams[pair] = gram(of_pair_[pair], weight); });
    Matrix out = Matrix::Zero(blocks * q, blocks * q);
    for (Index low = 0; low < classes_; ++low) {
      for (Index high = low + 1; high < classes_; ++high) {
        const Matrix& g = grams[low * classes_ + high];
        if (g.size() == 0) continue;
        out.block(low * q, low * q, q, q) += g;
        if (high == blocks) continue;
        out.block(high * q, high * q, q, q) += g;
        out.block(high * q, low * q, q, q) -= g;
        out.block(low * q, high * q, q, q) -= g;
      }
    }
    return out;
  }

 private:
  Matrix gram(const std::vector<Index>& members, const Numbers& weight) const {
    constexpr Index kStrip = 128;
    const Index q = phi_.cols(), n = static_cast<Index>(members.size());
    if (n == 0) return {};
    Matrix sum = Matrix::Zero(q, q), rows(kStrip, q), weighted(kStrip, q);
    for (Index begin = 0; begin < n; begin += kStrip) {
      const Index count = std::min(kStrip, n - begin);
      for (Index r = 0; r < count; ++r) {
        const Index k = members[begin + r];
        rows.row(r) = phi_.row(comparisons_[k].row);
        weighted.row(r) = weight[k] * rows.row(r);
      }
      gemm(true, false, q, q, count, rows.data(), q, weighted.data(), q, 1.0, sum.data(), q);
    }
    return sum;
  }

  const Matrix& phi_;
  std::span<const Comparison> comparisons_;
  Index classes_;
  int threads_;
  std::vector<std::vector<Index>> of_pair_;
};

/// The largest step in [0, 1] that keeps x + step · dx above 0.
double longest_step(const Numbers& x, const Numbers& dx) {
  double step = 1;
  for (Index k = 0; k < x.size(); ++k) {
    if (dx[k] < 0) step = std::min(step, -x[k] / dx[k]);
  }
  return step;
}

/// m = t + g − h with 0 ≤ t ≤ 1 worth 1 each, g ≥ 0 worth nothing, h ≥ 0 worth −C. Multipliers: y of this equation, w
/// of t ≤ 1. Complementary pairs: t with y − 1 + w, 1 − t with w, g with y, h with C − y.
class InteriorPoint {
 public:
  InteriorPoint(const MarginMap& map, Index count, Index functions, Index classes) : map_(map) {
    u_ = Matrix::Zero(functions, classes);
    t_ = Numbers::Constant(count, 0.5);
    g_ = Numbers::Constant(count, 0.5);
    h_ = Numbers::Constant(count, 1.0);
    y_ = Numbers::Constant(count, 1.0);
    w_ = Numbers::Constant(count, 1.0);
  }

  Matrix solve(const ProofStop& stop) {
    for (int iteration = 0; iteration < kIterations; ++iteration) {
      stop.ask();
      if (mu() < kAccuracy || !iterate()) break;
    }
    return u_;
  }

 private:
  struct Step {
    Matrix u;
    Numbers t, g, h, y, w;
  };

  Numbers below() const { return y_ - 1 + w_; }  // multiplier of t ≥ 0
  double mu() const {
    return ((t_ * below()).mean() + ((1 - t_) * w_).mean() + (g_ * y_).mean() + (h_ * (kViolation - y_)).mean()) / 4;
  }

  bool iterate() {
    const Numbers rest = kViolation - y_;
    theta_ = t_ / (below() + t_ * w_ / (1 - t_)) + g_ / y_ + h_ / rest;
    Matrix system = map_.normal(theta_.inverse());
    system.diagonal().array() += kRidge;
    factor_.compute(system);
    if (factor_.info() != Eigen::Success) return false;
    const Numbers zero = Numbers::Zero(t_.size());
    const Step affine = step(-t_ * below(), -(1 - t_) * w_, -g_ * y_, -h_ * rest);
    const double length = longest(affine), target = mu() * std::pow(1 - length, 3);
    const Step full =
        step(target - t_ * below() - affine.t * (affine.y + affine.w), target - (1 - t_) * w_ + affine.t * affine.w,
             target - g_ * y_ - affine.g * affine.y, target - h_ * rest + affine.h * affine.y);
    const double scale = 0.995 * longest(full);
    if (!(scale > 1e-8) || !full.u.allFinite()) return false;
    u_ += scale * full.u;
    t_ += scale * full.t;
    g_ += scale * full.g;
    h_ += scale * full.h;
    y_ += scale * full.y;
    w_ += scale * full.w;
    return true;
  }

  /// Newton's step for the complementary products to change by r.
  Step step(const Numbers& r_t, const Numbers& r_w, const Numbers& r_g, const Numbers& r_h) const {
    const Numbers rest = kViolation - y_, slope = below() + t_ * w_ / (1 - t_);
    // dt = (r_t − t r_w/(1 − t) − t dy)/slope, dg = (r_g − g dy)/y, dh = (r_h + h dy)/(C − y): sums − θ dy = M du.
    const Numbers start = (r_t - t_ * r_w / (1 - t_)) / slope;
    const Numbers constant = start + r_g / y_ - r_h / rest + (t_ + g_ - h_ - map_.margins(u_));
    const Index q = u_.rows(), blocks = u_.cols() - 1;
    Matrix right = map_.transposed(y_ + constant / theta_) - kRidge * u_;
    Step out;
    const Matrix transposed = right.leftCols(blocks).transpose();  // class by class
    const Vector solution = factor_.solve(Eigen::Map<const Vector>(transposed.data(), blocks * q));
    out.u = Matrix::Zero(q, blocks + 1);
    for (Index a = 0; a < blocks; ++a) out.u.col(a) = solution.segment(a * q, q);
    out.y = (constant - map_.margins(out.u)) / theta_;
    out.t = start - t_ * out.y / slope;
    out.g = (r_g - g_ * out.y) / y_;
    out.h = (r_h + h_ * out.y) / rest;
    out.w = (r_w + w_ * out.t) / (1 - t_);
    return out;
  }

  double longest(const Step& s) const {
    return std::min({longest_step(t_, s.t), longest_step(1 - t_, -s.t), longest_step(g_, s.g), longest_step(h_, s.h),
                     longest_step(y_, s.y), longest_step(kViolation - y_, -s.y), longest_step(w_, s.w),
                     longest_step(below(), s.y + s.w)});
  }

  const MarginMap& map_;
  Matrix u_;
  Numbers t_, g_, h_, y_, w_, theta_;
  Eigen::LDLT<Eigen::MatrixXd> factor_;
};

}  // namespace

SeparationProgram solve_separation_program(const Matrix& phi, std::span<const Comparison> comparisons, Index classes,
                                           int threads, const ProofStop& stop) {
  const MarginMap map(phi, comparisons, classes, threads);
  InteriorPoint method(map, static_cast<Index>(comparisons.size()), phi.cols(), classes);
  SeparationProgram out;
  out.direction = method.solve(stop);
  const Numbers m = map.margins(out.direction);
  out.margin.assign(m.data(), m.data() + m.size());
  out.helped = (m > 0.5).count();
  return out;
}

}  // namespace poise::inline convex
