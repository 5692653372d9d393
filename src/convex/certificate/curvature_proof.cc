#include "convex/certificate/curvature_proof.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/index.h"
#include "convex/certificate/inverse_root.h"
#include "convex/certificate/local_sums.h"
#include "convex/certificate/rounding.h"
#include "convex/existence/dependencies.h"

namespace poise::inline convex {
namespace {

// Multiplications that a Hessian may take (fewer rows are taken where all would need more), and the exact reach.
constexpr double kMostWork = 1e11;
// A row with less loss than this is left out: as little as can be at first, more if that is no proof.
constexpr std::array kNothing{1e-25, 1e-12};
// What the rows left out may lose before a basis is made anew.
constexpr double kLittle = 1e-13;

/// [ν + (1 − νR) ln(1 − νR)/R]/R, never rounded down; x = νR < 1. The series Σ_k x^k/(k(k − 1)) where that cancels.
double gap_bound(double decrement, double reach) {
  const double x = decrement * reach;
  if (x < 0.05) return 0.5 * decrement * decrement * (1 + x / (3 * (1 - x))) * (1 + 1e-12);
  return (x + (1 - x) * std::log1p(-x)) / (reach * reach) * (1 + 1e-9);
}

bool is_penalized(const Vector& penalty, Index feature) { return penalty[feature] > 0; }

}  // namespace

/// Everything at one point: the penalty joins what LocalSums knows of the loss.
class CurvatureProver::Local {
 public:
  Local(const Problem& problem, const FeatureBasis& basis, const Vector& penalty, const ExactPoint& point, int threads)
      : problem_(problem), basis_(basis), sums_(problem, basis, point, threads), coefficients_(basis.coefficients()) {
    const CenteredRows& rows = basis.centered();
    unit_ = Vector::Ones(basis.size());
    penalty_ = Vector::Zero(basis.size());
    for (Index k = 0; k < rows.size(); ++k) {
      unit_[k + 1] = unit_of(rows, k);
      penalty_[k + 1] = penalty[rows.column(k)];
    }
    const Vector weight = penalty_.cwiseProduct(unit_.cwiseAbs2());
    if ((weight.array() > 0).any()) quadratic_ = coefficients_ * weight.asDiagonal() * coefficients_.transpose();
  }

  const LocalSums& sums() const { return sums_; }

  LocalSums::Hessian hessian() const {
    LocalSums::Hessian h = sums_.hessian(kMostWork);
    if (quadratic_.size() == 0) return h;
    const Index q = basis_.size(), blocks = problem_.classes - 1;
    const double share = 1 / static_cast<double>(problem_.classes);  // I − 11ᵀ/K of the classes without r
    for (Index a = 0; a < blocks; ++a) {
      for (Index b = 0; b <= a; ++b) h.value.block(a * q, b * q, q, q) += ((a == b ? 1.0 : 0.0) - share) * quadratic_;
    }
    h.error += 2 * kUnit * static_cast<double>(q + 8);
    return h;
  }

  LocalSums::Gradient gradient(const Parameters& w) const {
    LocalSums::Gradient g = sums_.gradient();
    if (quadratic_.size() == 0) return g;
    const Index q = basis_.size();
    const CenteredRows& rows = basis_.centered();
    for (Index a = 0; a + 1 < problem_.classes; ++a) {
      Vector weighted = Vector::Zero(q);
      for (Index k = 0; k < rows.size(); ++k) {
        const auto row = w.row(rows.column(k));
        weighted[k + 1] = unit_[k + 1] * penalty_[k + 1] * (row[sums_.class_of(a)] - row.mean());
      }
      g.value.segment(a * q, q) += coefficients_ * weighted;
      // The mean over classes cancels at most what it is made of.
      for (Index k = 0; k < rows.size(); ++k)
        weighted[k + 1] = unit_[k + 1] * penalty_[k + 1] * w.row(rows.column(k)).cwiseAbs().sum();
      g.error.segment(a * q, q) +=
          2 * kUnit * static_cast<double>(q + problem_.classes + 8) * (coefficients_.cwiseAbs() * weighted);
    }
    return g;
  }

  /// XᵀX g in the solver's features, class sums 0.
  Parameters in_solver_units(const Vector& step) const {
    const Index q = basis_.size(), k = problem_.classes;
    const CenteredRows& rows = basis_.centered();
    Parameters out = Parameters::Zero(problem_.cols() + 1, k);
    for (Index a = 0; a + 1 < k; ++a) {
      const Index c = sums_.class_of(a);
      const Vector y = coefficients_.transpose() * step.segment(a * q, q);
      long double bias = y[0];
      for (Index l = 0; l < rows.size(); ++l) {
        const Index j = rows.column(l);
        out(j, c) = y[l + 1] * unit_[l + 1];
        bias += static_cast<long double>(std::ldexp(y[l + 1], -rows.exponent(l))) *
                (static_cast<long double>(rows.rows().center(j)) - static_cast<long double>(rows.center(l)));
      }
      out(out.rows() - 1, c) = static_cast<double>(bias);
    }
    out.colwise() -= out.rowwise().mean().eval();
    return out;
  }

 private:
  const Problem& problem_;
  const FeatureBasis& basis_;
  LocalSums sums_;
  Matrix coefficients_, quadratic_;  // A; A diag(λ unit²) Aᵀ, empty without a penalty
  Vector unit_, penalty_;
};

CurvatureProver::CurvatureProver(const Problem& problem, int threads, Penalty penalty, ProofStop stop)
    : problem_(problem),
      threads_(threads),
      rows_(problem, std::move(stop)),
      counted_(rows_that_count(problem.row_weight)),
      penalty_(penalty == Penalty::kCurvature ? problem.penalty : Vector::Zero(problem.cols())) {}

CurvatureProver::~CurvatureProver() = default;

ExactPoint CurvatureProver::evaluate(const Parameters& w) const {
  return evaluate_exactly(problem_, rows_, counted_, w, threads_);
}

double CurvatureProver::penalty_at(const Parameters& w) const {
  double sum = 0;
  for (Index j = 0; j < problem_.cols(); ++j) sum += 0.5 * problem_.penalty[j] * w.row(j).squaredNorm();
  return sum;
}

double CurvatureProver::objective(const Parameters& w) const {
  const ExactPoint point = evaluate(w);
  return point.finite ? point.loss + penalty_at(w) : std::numeric_limits<double>::quiet_NaN();
}

/// The basis, made where rows have curvature now, without the rows of less loss than `nothing`. False if that would
/// leave out more or less than all, or what others do not tell.
bool CurvatureProver::prepare_without(const ExactPoint& point, double nothing) {
  in_doubt_.clear();
  for (Index r = 0; r < point.most.size(); ++r) {
    if (!(point.most[r] <= nothing)) in_doubt_.push_back(r);
  }
  if (in_doubt_.empty() || in_doubt_.size() == counted_.size()) return false;
  make_basis(point);
  return says_all();
}

void CurvatureProver::prepare(const ExactPoint& point) {
  in_doubt_.resize(counted_.size());
  std::iota(in_doubt_.begin(), in_doubt_.end(), 0);
  make_basis(point);
}

void CurvatureProver::make_basis(const ExactPoint& point) {
  std::vector<Index> columns(problem_.cols()), rows;
  std::iota(columns.begin(), columns.end(), 0);
  std::vector<double> weight;
  for (Index r : in_doubt_) {
    const double uncertain = 1 - point.p.row(r).maxCoeff();
    rows.push_back(counted_[r]);
    weight.push_back(problem_.row_weight[rows.back()] * (uncertain + 1e-10));
  }
  basis_ = independent_basis(rows_, rows, weight, std::move(columns), penalty_, problem_.classes, threads_);
}

/// Whether features without a penalty that the basis leaves out are combinations of those it has in all rows.
bool CurvatureProver::says_all() const {
  if (!basis_.basis || basis_.obstacle.kind != Obstacle::Kind::kNone) return false;
  const CenteredRows& rows = basis_.basis->centered();
  std::vector<char> inside(problem_.cols(), 0);
  std::vector<Index> order{problem_.cols()};
  for (Index k = 0; k < rows.size(); ++k) {
    order.push_back(rows.column(k));
    inside[rows.column(k)] = 1;
  }
  const auto first = static_cast<std::ptrdiff_t>(order.size());
  for (Index j = 0; j < problem_.cols(); ++j) {
    if (!inside[j] && !(penalty_[j] > 0)) order.push_back(j);
  }
  if (std::ssize(order) == first) return true;
  const std::vector<Index> dependent = dependent_columns(rows_, counted_, order);
  return std::all_of(order.begin() + first, order.end(),
                     [&](Index j) { return std::count(dependent.begin(), dependent.end(), j) > 0; });
}

/// A bound on the loss of the rows that are not part of the basis.
double CurvatureProver::left_out(const ExactPoint& point) const {
  double sum = 0;
  std::size_t next = 0;
  for (std::size_t r = 0; r < counted_.size(); ++r) {
    if (next < in_doubt_.size() && in_doubt_[next] == static_cast<Index>(r)) {
      ++next;
    } else {
      sum += problem_.row_weight[counted_[r]] * point.most[static_cast<Index>(r)];
    }
  }
  return sum * (1 + 1e-9);
}

/// Penalties that are no part of the curvature: of all features, or of those outside the basis.
double CurvatureProver::charged(const Parameters& w) const {
  std::vector<char> inside(problem_.cols(), 0);
  const CenteredRows& rows = basis_.basis->centered();
  for (Index k = 0; k < rows.size(); ++k) inside[rows.column(k)] = is_penalized(penalty_, rows.column(k));
  double sum = 0;
  for (Index j = 0; j < problem_.cols(); ++j) {
    const double size = w.row(j).norm(), mean = w.row(j).mean();
    // Of features inside, what class sums other than 0 add to the penalty.
    sum += 0.5 * problem_.penalty[j] *
           (inside[j] ? static_cast<double>(problem_.classes) * (std::abs(mean) + 4 * kUnit * size) *
                            (std::abs(mean) + 4 * kUnit * size)
                      : size * size);
  }
  return sum * (1 + 1e-9);
}

CurvatureProof CurvatureProver::attempt(const Parameters& w, const ExactPoint& whole) {
  CurvatureProof out;
  const ExactPoint point = part_of(whole, in_doubt_);
  out.obstacle.kind = Obstacle::Kind::kNotFinite;
  if (!(point.slack.maxCoeff() < 0.1)) return out;
  const Local local(problem_, *basis_.basis, penalty_, point, threads_);
  LocalSums::Hessian h = local.hessian();
  const InverseRoot root = inverse_root(std::move(h.value), h.error, threads_, rows_.stop());
  if (root.x.size() == 0) {
    out.obstacle.kind = Obstacle::Kind::kFlat;
    return out;
  }
  const LocalSums::Gradient g = local.gradient(w);
  const Vector image = root.x.triangularView<Eigen::Lower>() * g.value;
  step_ = local.in_solver_units(root.x.triangularView<Eigen::Lower>().transpose() * image);
  out.obstacle.kind = Obstacle::Kind::kFlat;
  if (root.kappa >= 0.9 || !step_->allFinite()) return out;
  const double terms = static_cast<double>(root.x.rows() + 8);
  const Vector lost = root.x.cwiseAbs() * (g.error + terms * kUnit * g.value.cwiseAbs());
  const double factor = (1 + 1e-9) / std::sqrt(1 - root.kappa);
  const double n = static_cast<double>(in_doubt_.size()), m = static_cast<double>(root.x.rows());
  out.decrement = factor * (image.norm() + lost.norm());
  out.reach = factor * local.sums().reach(root.x, n * m * m <= kMostWork);
  if (!(out.decrement * out.reach < 1)) return out;
  out.exists = true;
  out.obstacle.kind = Obstacle::Kind::kNone;
  out.gap = gap_bound(out.decrement, out.reach) + charged(w) + left_out(whole);
  return out;
}

CurvatureProof CurvatureProver::prove(const Parameters& w) {
  step_.reset();
  CurvatureProof out;
  const ExactPoint point = evaluate(w);
  out.obstacle.kind = Obstacle::Kind::kNotFinite;
  if (!point.finite) return out;
  if (basis_.basis && !(left_out(point) <= most_left_out_)) basis_.basis.reset();
  if (basis_.basis) out = attempt(w, point);
  for (std::size_t k = 0; k < kNothing.size() && !out.exists; ++k) {  // none yet, or one of where the curvature was
    if (k > 0 && (point.most.array() > kNothing[k]).count() == std::ssize(in_doubt_)) continue;
    if (prepare_without(point, kNothing[k])) out = attempt(w, point);
  }
  if (!out.exists) {
    prepare(point);
    out.obstacle = basis_.obstacle;
    if (basis_.basis && basis_.obstacle.kind == Obstacle::Kind::kNone) out = attempt(w, point);
    if (basis_.obstacle.kind != Obstacle::Kind::kNone) basis_.basis.reset();
  }
  most_left_out_ = std::max(kLittle, 2 * left_out(point));
  const double penalty = penalty_at(w);
  out.objective = point.loss + penalty;
  out.rounding = point.loss_error + 2 * kUnit * static_cast<double>(problem_.cols() + problem_.classes + 16) * penalty +
                 2 * kUnit * out.objective;
  if (!std::isfinite(out.objective)) out.exists = false;
  return out;
}

}  // namespace poise::inline convex
