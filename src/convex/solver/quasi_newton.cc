#include "convex/solver/quasi_newton.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "convex/vectors.h"

namespace poise::inline convex {
namespace {

constexpr std::size_t kHistory = 10;
constexpr Index kStretch = 2048;  // numbers: what all vectors are multiplied with stays in the first-level cache

}  // namespace

/// ⟨v_k, with⟩ of all pairs.
std::vector<double> QuasiNewton::dots(Member vectors, const MatrixF& with) const {
  const std::size_t m = pairs_.size();
  std::vector<std::vector<double>> sums(piece_count(with.size()), std::vector<double>(m));
  for_each_piece(with.size(), threads_, [&](Index piece, Index begin, Index end) {
    for (Index at = begin; at < end; at += kStretch) {
      for (std::size_t k = 0; k < m; ++k) {
        sums[piece][k] +=
            inner_product((pairs_[k].*vectors).data() + at, with.data() + at, std::min(kStretch, end - at));
      }
    }
  });
  std::vector<double> total(m);
  for (const auto& sum : sums) {
    for (std::size_t k = 0; k < m; ++k) total[k] += sum[k];
  }
  return total;
}

/// from −= Σ_k factors_k v_k
void QuasiNewton::subtract(Member vectors, const Eigen::VectorXd& factors, MatrixF& from) const {
  for_each_piece(from.size(), threads_, [&](Index, Index begin, Index end) {
    for (Index at = begin; at < end; at += kStretch) {
      float* to = from.data() + at;
      const Index count = std::min(kStretch, end - at);
      for (std::size_t k = 0; k < pairs_.size(); ++k) {
        const auto factor = static_cast<float>(-factors[static_cast<Index>(k)]);
        add_multiple(factor, (pairs_[k].*vectors).data() + at, to, count);
      }
    }
  });
}

/// R, R_ij = ⟨s_i, y_j⟩ for i ≤ j.
Eigen::MatrixXd QuasiNewton::triangle() const {
  const auto m = static_cast<Index>(pairs_.size());
  Eigen::MatrixXd r = Eigen::MatrixXd::Zero(m, m);
  for (Index j = 0; j < m; ++j) {
    const std::vector<double>& products = pairs_[j].products;
    const auto gone = static_cast<Index>(products.size()) - (j + 1);  // steps dropped since
    for (Index i = 0; i <= j; ++i) r(i, j) = products[gone + i];
  }
  return r;
}

QuasiNewtonState QuasiNewton::state() const {
  QuasiNewtonState state;
  for (const Pair& pair : pairs_) {
    state.steps.push_back(pair.step), state.changes.push_back(pair.change);
    state.products.push_back(pair.products);
  }
  state.inverse_metric_size = inverse_metric_size_;
  return state;
}

void QuasiNewton::restore(const QuasiNewtonState& state) {
  pairs_.clear();
  const std::size_t count = std::min({state.steps.size(), state.changes.size(), state.products.size()});
  for (std::size_t k = 0; k < count; ++k) pairs_.push_back({state.steps[k], state.changes[k], state.products[k]});
  inverse_metric_size_ = state.inverse_metric_size;
}

void QuasiNewton::push(const Parameters& w_from, const Parameters& w_to, const Parameters& gradient_from,
                       const Parameters& gradient_to, const Preconditioner& preconditioner) {
  combine(spare_.step, w_to, -1, w_from, threads_);
  combine(spare_.change, gradient_to, -1, gradient_from, threads_);
  const double curvature = dot(spare_.step, spare_.change, threads_);
  const double square = dot(spare_.step, spare_.step, threads_) * dot(spare_.change, spare_.change, threads_);
  if (!(curvature > 1e-14 * std::sqrt(square))) return;
  inverse_metric_size_ = curvature / dot(spare_.change, preconditioner.solve_float(spare_.change), threads_);
  Pair pair = std::exchange(spare_, {});
  if (pairs_.size() == kHistory) {
    spare_ = std::move(pairs_.front());
    pairs_.erase(pairs_.begin());
  }
  pair.products = dots(&Pair::step, pair.change);
  pair.products.push_back(curvature);
  pairs_.push_back(std::move(pair));
}

MatrixF QuasiNewton::product(const Preconditioner& preconditioner, const Parameters& gradient) const {
  MatrixF g;
  assign(g, 1, gradient, threads_);
  if (pairs_.empty()) return preconditioner.solve_float(g);
  const auto m = static_cast<Index>(pairs_.size());
  const Eigen::MatrixXd r = triangle();
  const auto upper = r.triangularView<Eigen::Upper>();
  const std::vector<double> along = dots(&Pair::step, g);
  const Eigen::VectorXd u = upper.solve(Eigen::Map<const Eigen::VectorXd>(along.data(), m));
  subtract(&Pair::change, u, g);
  MatrixF z = preconditioner.solve_float(g);
  // γ scales M⁻¹ to the curvature last seen; a preconditioner that has a size is only ever found too weak.
  const double factor = preconditioner.has_size() ? std::min(1.0, inverse_metric_size_) : inverse_metric_size_;
  assign(z, factor, z, threads_);
  const std::vector<double> change_along = dots(&Pair::change, z);
  const Eigen::VectorXd rest = r.diagonal().cwiseProduct(u) - Eigen::Map<const Eigen::VectorXd>(change_along.data(), m);
  subtract(&Pair::step, -upper.transpose().solve(rest), z);
  return z;
}

}  // namespace poise::inline convex
