// What the convex tests measure against: random problems of every shape, and softmax regression written a second time,
// in long double and dense loops, straight from docs/theory/softmax.md#the-problem.
#pragma once

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "convex/objective.h"
#include "poise/solver.h"

namespace poise {

using Real = long double;
using RealMatrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RealVector = Eigen::Matrix<Real, Eigen::Dynamic, 1>;

template <typename T>
using Square = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// Numbers in order from one stream.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : seed_(seed) {}
  double uniform() { return random_uniform(seed_, counter_++); }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  Index below(Index count) { return static_cast<Index>(uniform() * static_cast<double>(count)); }
  double normal() {  // Box–Muller
    const double r = std::sqrt(-2 * std::log1p(-uniform()));
    return r * std::cos(6.283185307179586 * uniform());
  }
  Parameters normals(Index rows, Index cols) {
    Parameters out(rows, cols);
    for (Index i = 0; i < rows; ++i) {
      for (Index j = 0; j < cols; ++j) out(i, j) = normal();
    }
    return out;
  }

 private:
  std::uint64_t seed_, counter_ = 0;
};

/// Its name, as names of tests may have it.
inline std::string identifier(Solver solver) {
  std::string name = to_string(solver);
  std::ranges::replace(name, '-', '_');
  return name;
}

enum class Storage { kFloat, kBytes, kSparse };

/// The same matrix in another representation (bytes: entries must be 0 … 255).
inline Features stored_as(const MatrixF& x, Storage storage) {
  if (storage == Storage::kFloat)
    return Features::from_values(std::vector<float>{x.data(), x.data() + x.size()}, x.rows(), x.cols());
  if (storage == Storage::kBytes) {
    std::vector<std::uint8_t> bytes;
    for (float value : x.reshaped<Eigen::RowMajor>()) bytes.push_back(static_cast<std::uint8_t>(value));
    return Features::from_values(std::move(bytes), x.rows(), x.cols());
  }
  CsrMatrix sparse;
  sparse.cols = x.cols();
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index j = 0; j < x.cols(); ++j) {
      if (x(i, j) == 0) continue;
      sparse.columns.push_back(static_cast<std::int32_t>(j));
      sparse.values.push_back(x(i, j));
    }
    sparse.row_start.push_back(static_cast<Index>(sparse.columns.size()));
  }
  return Features::from_sparse(std::move(sparse));
}

/// x_ij of the problem, from the file's number.
inline Real loaded(const Problem& problem, Index i, Index j) {
  const Real stored = problem.features.value(i, j);
  const ColumnMap& map = problem.map();
  const auto at = static_cast<std::size_t>(j);
  return map.identity() ? stored : (stored - static_cast<Real>(map.center[at])) * static_cast<Real>(map.gain[at]);
}

inline void subtract_class_mean(Parameters& w) { w.colwise() -= w.rowwise().mean().eval(); }

/// f, ∇f and ∇²f of a Problem, and its minimum.
class Reference {
 public:
  explicit Reference(const Problem& problem) {
    const Index n = problem.rows(), d = problem.cols(), k = problem.classes;
    x.resize(n, d + 1);
    t.resize(n, k);
    s = problem.row_weight.cast<Real>();
    penalty = RealVector::Zero(d + 1);
    penalty.head(d) = problem.penalty.cast<Real>();
    const Real smoothing = problem.smoothing, share = smoothing / static_cast<Real>(k);
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < d; ++j) x(i, j) = loaded(problem, i, j);
      x(i, d) = 1;
      Real sum = 0;
      for (Index c = 0; c < k; ++c) {
        t(i, c) = problem.labels.empty() ? static_cast<Real>(problem.targets(i, c))
                                         : Real(problem.labels[static_cast<std::size_t>(i)] == c);
        sum += t(i, c);
      }
      for (Index c = 0; c < k; ++c) t(i, c) = (1 - smoothing) * t(i, c) / sum + share;
    }
  }

  Index classes() const { return t.cols(); }

  struct Values {
    Real objective = 0, cross_entropy = 0, entropy = 0;
    RealMatrix gradient, p;
  };

  Values at(const RealMatrix& w) const {
    Values out;
    out.p.resize(x.rows(), classes());
    RealMatrix residual(x.rows(), classes());
    for (Index i = 0; i < x.rows(); ++i) {
      std::vector<Real> z(static_cast<std::size_t>(classes()));
      for (Index c = 0; c < classes(); ++c) {
        Real sum = 0;
        for (Index j = 0; j < x.cols(); ++j) sum += x(i, j) * w(j, c);
        z[static_cast<std::size_t>(c)] = sum;
      }
      const Real largest = *std::max_element(z.begin(), z.end());
      Real total = 0;
      for (Real score : z) total += std::exp(score - largest);
      const Real lse = largest + std::log(total);
      for (Index c = 0; c < classes(); ++c) {
        const Real log_p = z[static_cast<std::size_t>(c)] - lse, p = std::exp(log_p);
        out.cross_entropy -= s[i] * t(i, c) * log_p;
        out.entropy -= s[i] * p * log_p;
        out.p(i, c) = p;
        residual(i, c) = s[i] * (p - t(i, c));
      }
    }
    out.gradient = x.transpose() * residual + penalty.asDiagonal() * w;
    Real squares = 0;
    for (Index j = 0; j < x.cols(); ++j) squares += penalty[j] * w.row(j).squaredNorm();
    out.objective = out.cross_entropy + squares / 2;
    return out;
  }
  Values at(const Parameters& w) const { return at(RealMatrix(w.cast<Real>())); }

  /// ∇²f with vec(W)[j·K + c] = W(j, c): Σ_i s_i x̃x̃ᵀ ⊗ (diag p − ppᵀ) + Λ ⊗ I   (docs/theory/softmax.md#the-problem).
  template <typename T = double>
  Square<T> hessian(const RealMatrix& p) const {
    const Index k = classes(), size = x.cols() * k;
    Square<T> out = Square<T>::Zero(size, size);
    for (Index i = 0; i < x.rows(); ++i) {
      const Real total = p.row(i).sum();  // 1, unless p has been rounded
      for (Index a = 0; a < k; ++a) {
        for (Index b = 0; b < k; ++b) {
          const T r = static_cast<T>(s[i] * p(i, a) * ((a == b ? total : 0) - p(i, b)));
          for (Index j = 0; j < x.cols(); ++j) {
            const T rx = r * static_cast<T>(x(i, j));
            for (Index l = 0; l <= j; ++l) out(j * k + a, l * k + b) += rx * static_cast<T>(x(i, l));
          }
        }
      }
    }
    for (Index j = 0; j < x.cols(); ++j) {
      for (Index a = 0; a < k; ++a) {
        out(j * k + a, j * k + a) += static_cast<T>(penalty[j]);
        for (Index l = j + 1; l < x.cols(); ++l) {
          for (Index b = 0; b < k; ++b) out(j * k + a, l * k + b) = out(l * k + b, j * k + a);
        }
      }
    }
    return out;
  }

  /// V with (∇²f) V = G, the system scaled to a unit diagonal and with a small ridge; class sums of V are 0.
  template <typename T>
  RealMatrix solve(const Square<T>& hessian, const RealMatrix& g) const {
    const Index k = classes(), size = hessian.rows();
    Square<T> system = hessian;
    for (Index j = 0; j < x.cols(); ++j) {  // the gauge
      T mean = 0;
      for (Index c = 0; c < k; ++c) mean += hessian(j * k + c, j * k + c) / static_cast<T>(k);
      system.block(j * k, j * k, k, k).array() += std::max(mean, T(1e-300));
    }
    const Eigen::Matrix<T, Eigen::Dynamic, 1> scale = system.diagonal().cwiseSqrt().cwiseInverse();
    system = (scale.asDiagonal() * system * scale.asDiagonal()).eval();
    system.diagonal().array() += 500 * std::numeric_limits<T>::epsilon();
    const Eigen::LDLT<Square<T>> factor(system);
    const RealVector units = scale.template cast<Real>();
    RealVector rest = Eigen::Map<const RealVector>(g.data(), size), v = RealVector::Zero(size);
    for (int refinement = 0; refinement < 2; ++refinement) {
      const Eigen::Matrix<T, Eigen::Dynamic, 1> scaled = units.cwiseProduct(rest).template cast<T>();
      const Eigen::Matrix<T, Eigen::Dynamic, 1> part = factor.solve(scaled);
      v += units.cwiseProduct(part.template cast<Real>());
      rest = Eigen::Map<const RealVector>(g.data(), size) - hessian.template cast<Real>() * v;
    }
    RealMatrix out = Eigen::Map<const RealMatrix>(v.data(), x.cols(), k);
    out.colwise() -= out.rowwise().mean().eval();
    return out;
  }

  struct Optimum {
    RealMatrix w;
    Real objective = 0;
    Real decrement = 0;  // ½⟨∇, H⁻¹∇⟩ at w: about how far `objective` is above the infimum
  };

  /// Newton with line search; `objective` is f(w), so never below the infimum. Features that differ in the last bits of
  /// float32 only need the long double Hessian, which follows where the double one has not got there.
  Optimum minimize() const {
    Optimum best;
    best.w = RealMatrix::Zero(x.cols(), classes());
    descend<double>(best, 40);
    if (!(best.decrement < 1e-16L)) descend<Real>(best, 60);
    return best;
  }

  template <typename T>
  void descend(Optimum& best, int iterations) const {
    Values now = at(best.w);
    best.objective = now.objective;
    for (int k = 0; k < iterations; ++k) {
      const RealMatrix step = solve<T>(hessian<T>(now.p), now.gradient);
      const Real slope = step.cwiseProduct(now.gradient).sum();
      best.decrement = slope / 2;
      if (!(slope > 1e-26L)) break;
      Real length = 1;
      Values next = at(RealMatrix(best.w - step));
      while (next.objective > now.objective - 1e-4L * length * slope && length > 1e-6L) {
        length /= 2;
        next = at(RealMatrix(best.w - length * step));
      }
      if (!(next.objective < now.objective)) break;
      best.w -= length * step;
      now = std::move(next);
      best.objective = now.objective;
    }
  }

  RealMatrix x, t;
  RealVector s, penalty;
};

/// What a random problem is made of.
struct Shape {
  Index rows = 60, features = 4, classes = 3;
  double l2 = 1e-2;
  bool soft = false;           ///< random target distributions instead of labels
  bool weights = false;        ///< row weights from 0.01 to 1, some of them 0
  bool bad_scales = false;     ///< features in units of 1e-6 … 1e6, their penalties in proportion
  bool free_features = false;  ///< every other feature without a penalty
  bool far_from_zero = false;  ///< features with a mean of 1e2 … 1e6 standard deviations
  bool dependent = false;      ///< a duplicated, a constant and a collinear feature
  bool all_labels = false;     ///< every row again with every label: a minimizer exists for sure
  bool rare_class = false;     ///< the last class has two rows
  double smoothing = 0;
  double signal = 1;  ///< size of the true weights
};

/// Labels drawn from a random softmax layer on random features.
inline Problem random_problem(const Shape& shape, std::uint64_t seed) {
  Rng rng(seed);
  const Index d = shape.features, k = shape.classes, copies = shape.all_labels ? 1 + k : 1;
  MatrixF x(shape.rows * copies, d);
  const Parameters truth = shape.signal * rng.normals(d + 1, k);
  Problem problem;
  problem.classes = k;
  problem.smoothing = shape.smoothing;
  problem.penalty = Vector::Constant(d, shape.l2);
  problem.row_weight.resize(x.rows());
  if (shape.soft) problem.targets.resize(x.rows(), k);
  for (Index i = 0; i < shape.rows; ++i) {
    Vector row(d + 1);
    for (Index j = 0; j < d; ++j) row[j] = rng.normal();
    row[d] = 1;
    if (shape.dependent && d >= 4) {
      row[1] = row[0];
      row[2] = 3;
      row[3] = row[0] + 2;  // collinear with 0 and the bias, in float32 only nearly so
    }
    Vector p = (truth.transpose() * row);
    p = (p.array() - p.maxCoeff()).exp();
    p /= p.sum();
    Index label = 0;
    for (double u = rng.uniform(); label + 1 < k && u > p[label]; ++label) u -= p[label];
    if (shape.rare_class) label = i < 2 ? k - 1 : std::min(label, k - 2);
    const double weight = shape.weights ? (rng.uniform() < 0.1 && i > 2 ? 0 : rng.uniform(0.01, 1)) : 1;
    Vector target = Vector::NullaryExpr(k, [&] { return -std::log1p(-rng.uniform()); });
    if (rng.uniform() < 0.3) target[rng.below(k)] = 0;
    for (Index copy = 0; copy < copies; ++copy) {
      const Index at = i + copy * shape.rows;
      x.row(at) = row.head(d).cast<float>().transpose();
      problem.row_weight[at] = copy ? 0.3 * weight : weight;
      if (shape.soft) {
        problem.targets.row(at) = target.transpose() / target.sum();
      } else {
        problem.labels.push_back(static_cast<std::int32_t>(copy ? copy - 1 : label));
      }
    }
  }
  for (Index j = 0; j < d; ++j) {
    if (shape.far_from_zero) x.col(j).array() += static_cast<float>(std::pow(10.0, rng.uniform(2, 6)));
    if (shape.bad_scales) {
      const double unit = std::pow(10.0, -6 + 12 * rng.uniform());
      x.col(j) *= static_cast<float>(unit);
      problem.penalty[j] *= unit * unit;
    }
    if (shape.free_features && j % 2 == 0) problem.penalty[j] = 0;
  }
  problem.features = stored_as(x, Storage::kFloat);
  problem.row_weight /= problem.row_weight.sum();
  return problem;
}

}  // namespace poise
