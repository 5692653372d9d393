#include "convex/objective.h"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/parallel.h"
#include "convex/kernels.h"
#include "convex/vectors.h"
#include "poise/error.h"

namespace poise {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// The dual point q' = p(1 − u) keeps u ≤ this, well inside the simplex.
constexpr double kLargestRelativeChange = 0.95;
// Moments count as right, for λ = 0, below this share of Σ s|x|: what sums in float64 can reach, with room.
constexpr double kMomentTolerance = 256 * kEpsilon;

/// R = s_i t_i of every row of the block, class-major; padding rows become 0.
void weighted_targets(const Problem& problem, const ScoreBlock<double>& block) {
  std::vector<double> target(static_cast<std::size_t>(problem.classes));
  for (Index r = 0; r < block.ld; ++r) {
    if (r < block.rows) problem.target_of(block.first_row + r, target);
    const double s = r < block.rows ? problem.row_weight[block.first_row + r] : 0;
    for (Index c = 0; c < problem.classes; ++c) {
      block.scores[c * block.ld + r] = s * target[static_cast<std::size_t>(c)];
    }
  }
}

/// ⟨t, z⟩ of one row of class-major scores; leaves t in `target`.
template <typename Real>
double target_score(const Problem& problem, const ScoreBlock<Real>& block, Index r, std::vector<double>& target) {
  problem.target_of(block.first_row + r, target);
  double sum = 0;
  for (Index c = 0; c < problem.classes; ++c) {
    sum += target[static_cast<std::size_t>(c)] * static_cast<double>(block.scores[c * block.ld + r]);
  }
  return sum;
}

/// ⟨t_i, z_i⟩ of every row of the block.
template <typename Real>
std::vector<double> target_scores(const Problem& problem, const ScoreBlock<Real>& block) {
  std::vector<double> sums(static_cast<std::size_t>(block.rows)), target(static_cast<std::size_t>(problem.classes));
  for (Index r = 0; r < block.rows; ++r) {
    double& sum = sums[static_cast<std::size_t>(r)];
    if (problem.labels.empty() || problem.smoothing > 0) {
      sum = target_score(problem, block, r, target);
    } else {
      sum = static_cast<double>(
          block.scores[problem.labels[static_cast<std::size_t>(block.first_row + r)] * block.ld + r]);
    }
  }
  return sums;
}

/// R = s (p − t) in place of the scores; padding rows become 0. Labels need no target rows: what is the same for all
/// classes goes over whole vectors, and one entry a row is set right.
template <typename Real>
void residual_block(const Problem& problem, const ScoreBlock<Real>& block, const Real* p) {
  std::vector<Real> s(static_cast<std::size_t>(block.ld), Real{0});
  for (Index r = 0; r < block.rows; ++r)
    s[static_cast<std::size_t>(r)] = static_cast<Real>(problem.row_weight[block.first_row + r]);
  const bool hard = !problem.labels.empty();
  const Real share = hard ? static_cast<Real>(problem.smoothing / static_cast<double>(problem.classes)) : Real{0};
  for (Index c = 0; c < problem.classes; ++c) {
    Real* out = block.scores + c * block.ld;
    const Real* in = p + c * block.ld;
    for (Index r = 0; r < block.ld; ++r) out[r] = s[static_cast<std::size_t>(r)] * (in[r] - share);
  }
  std::vector<double> target(static_cast<std::size_t>(problem.classes));
  for (Index r = 0; r < block.rows; ++r) {
    const Real weight = s[static_cast<std::size_t>(r)];
    if (hard) {
      const Index at = problem.labels[static_cast<std::size_t>(block.first_row + r)] * block.ld + r;
      block.scores[at] = weight * (p[at] - share - static_cast<Real>(1 - problem.smoothing));
      continue;
    }
    problem.target_of(block.first_row + r, target);
    for (Index c = 0; c < problem.classes; ++c) {
      block.scores[c * block.ld + r] -= weight * static_cast<Real>(target[static_cast<std::size_t>(c)]);
    }
  }
}

/// p_c (1 − p_c) of one row of class-major float32 probabilities. Above ½ the second factor is the sum of the other
/// classes: 1 − p_c would be off by 6e-8, all there is where a row is as good as certain.
double variance_of(const float* p, Index classes, Index ld, Index c) {
  const double own = static_cast<double>(p[c * ld]);
  if (own <= 0.5) return own * (1 - own);
  double others = 0;
  for (Index k = 0; k < classes; ++k) others += k == c ? 0 : static_cast<double>(p[k * ld]);
  return own * others;
}

struct Sums {
  double cross_entropy = 0, entropy = 0, largest = 0, smallest = 1;
};

Sums total(const std::vector<Sums>& chunks) {
  Sums all;
  for (const Sums& chunk : chunks) {  // chunk order is fixed, so are the bits
    all.cross_entropy += chunk.cross_entropy;
    all.entropy += chunk.entropy;
    all.largest = std::max(all.largest, chunk.largest);
    all.smallest = std::min(all.smallest, chunk.smallest);
  }
  return all;
}

}  // namespace

SoftmaxObjective::SoftmaxObjective(Problem problem, int threads)
    : problem_(std::move(problem)), engine_(problem_.features, problem_.classes, threads) {}

const SoftmaxObjective::Moments& SoftmaxObjective::moments() const {
  if (!moments_) {
    moments_ = std::make_unique<Moments>();
    // In float64: both enter the bound times ε (see bound_from), and biases far from 0 multiply what they are wrong by.
    engine_.run<double>(
        nullptr, nullptr, [&](const ScoreBlock<double>& block) { weighted_targets(problem_, block); },
        &moments_->target_moment);
    moments_->mean_features = moments_->target_moment.topRows(features()).rowwise().sum();
    moments_->mean_absolute_features = mean_absolute(problem_.features, problem_.row_weight, threads());
    passes_ += 0.5;
  }
  return *moments_;
}

template <typename Real>
Evaluation SoftmaxObjective::evaluate_as(const Parameters& w, Parameters* gradient) {
  const Index block_rows = engine_.block_rows(), k = classes();
  const Index blocks = (rows() + block_rows - 1) / block_rows;
  if (probabilities_.rows() != blocks) probabilities_.resize(blocks, k * block_rows);
  std::vector<Sums> sums(static_cast<std::size_t>(engine_.chunk_count()));
  auto kernel = [&](const ScoreBlock<Real>& block) {
    std::vector<Real> p(static_cast<std::size_t>(k * block.ld)), lse(static_cast<std::size_t>(block.ld)),
        expected(lse.size());
    softmax_block(block.scores, k, block.ld, p.data(), lse.data(), expected.data());
    const std::vector<double> target = target_scores(problem_, block);
    Sums& sum = sums[static_cast<std::size_t>(block.chunk)];
    for (std::size_t r = 0; r < static_cast<std::size_t>(block.rows); ++r) {
      const double s = problem_.row_weight[block.first_row + static_cast<Index>(r)], l = static_cast<double>(lse[r]);
      sum.cross_entropy += s * (l - target[r]);
      sum.entropy += s * (l - static_cast<double>(expected[r]));
    }
    if (gradient) residual_block(problem_, block, p.data());
    std::transform(p.begin(), p.end(), probabilities_.row(block.first_row / block_rows).data(),
                   [](Real value) { return static_cast<float>(value); });
  };
  engine_.run<Real>(&w, nullptr, kernel, gradient);
  passes_ += gradient ? 1 : 0.5;

  const Sums all = total(sums);
  Evaluation value;
  value.cross_entropy = all.cross_entropy;
  value.entropy = all.entropy;
  value.penalty = 0.5 * add_penalty(w, gradient);
  value.objective = value.cross_entropy + value.penalty;
  return value;
}

/// to += ΛV, if there is a `to`; returns ⟨V, ΛV⟩.
double SoftmaxObjective::add_penalty(const Parameters& v, Parameters* to) const {
  const Index k = classes();
  auto add = [&](Index begin, Index end) {
    double sum = 0;
    for (Index j = begin; j < end; ++j) {
      const double penalty = problem_.penalty[j], *row = v.data() + j * k;
      sum += penalty * inner_product(row, row, k);
      for (Index c = 0; to && c < k; ++c) to->data()[j * k + c] += penalty * row[c];
    }
    return sum;
  };
  return sum_of_pieces(features(), threads(), add, k);
}

Evaluation SoftmaxObjective::evaluate(const Parameters& w, Parameters* gradient, Precision precision) {
  return precision == Precision::kFloat ? evaluate_as<float>(w, gradient) : evaluate_as<double>(w, gradient);
}

void SoftmaxObjective::hessian_product(const Parameters& v, Parameters& product, bool in_double) const {
  const Index block_rows = engine_.block_rows(), k = classes();
  auto apply = [&]<typename Real>(const ScoreBlock<Real>& block) {
    std::vector<Real> s(static_cast<std::size_t>(block.ld), Real{0});
    for (Index r = 0; r < block.rows; ++r)
      s[static_cast<std::size_t>(r)] = static_cast<Real>(problem_.row_weight[block.first_row + r]);
    const float* p = probabilities_.row(block.first_row / block_rows).data();
    if constexpr (std::is_same_v<Real, float>) {
      hessian_block(p, s.data(), k, block.ld, block.scores);
    } else {
      std::vector<double> exact(p, p + k * block.ld);
      hessian_block(exact.data(), s.data(), k, block.ld, block.scores);
    }
  };
  if (in_double) {
    engine_.run<double>(
        &v, nullptr, [&](const ScoreBlock<double>& block) { apply(block); }, &product);
  } else {
    engine_.run<float>(
        &v, nullptr, [&](const ScoreBlock<float>& block) { apply(block); }, &product);
  }
  add_penalty(v, &product);
  passes_ += 1;
}

Vector SoftmaxObjective::solve_bias(const Vector& g) const {
  const Index k = classes(), block_rows = engine_.block_rows();
  Matrix system = Matrix::Zero(k, k);  // −Σ s p pᵀ
  for (Index block = 0; block < probabilities_.rows(); ++block) {
    const Index begin = block * block_rows, count = std::min(block_rows, rows() - begin);
    const Eigen::Map<const MatrixF> p(probabilities_.row(block).data(), k, block_rows);
    const MatrixF weighted = p.leftCols(count) * problem_.row_weight.segment(begin, count).cast<float>().asDiagonal();
    system -= (weighted * p.leftCols(count).transpose()).cast<double>();
  }
  system.diagonal().setZero();
  system.diagonal() = -system.rowwise().sum().eval();  // Σ s p_c(1 − p_c), without cancellation
  // The gauge: the class with most curvature stays at 0 and its equation, which the others imply, is left out. So rows
  // of a class that hardly occurs are not mixed with rows many orders of magnitude larger.
  Index still = 0;
  system.diagonal().maxCoeff(&still);
  system.row(still).setZero();
  system.col(still).setZero();
  Vector right = g;
  right[still] = 0;
  Vector v = system.ldlt().solve(right);  // 0 where there is no curvature at all
  v.array() -= v.mean();
  return v;
}

std::vector<double> SoftmaxObjective::curvatures(Index class_id) const {
  const Index block_rows = engine_.block_rows();
  std::vector<double> result;
  result.reserve(static_cast<std::size_t>(rows()));
  for (Index i = 0; i < rows(); ++i) {
    const float* p = probabilities_.row(i / block_rows).data() + i % block_rows;
    result.push_back(problem_.row_weight[i] * variance_of(p, classes(), block_rows, class_id));
  }
  return result;
}

Parameters SoftmaxObjective::hessian_diagonal() const {
  const Index block_rows = engine_.block_rows(), k = classes();
  Parameters diagonal;
  engine_.run_squared(
      [&](const ScoreBlock<float>& block) {
        const float* p = probabilities_.row(block.first_row / block_rows).data();
        for (Index c = 0; c < k; ++c) {
          for (Index r = 0; r < block.rows; ++r) {
            block.scores[c * block.ld + r] =
                static_cast<float>(problem_.row_weight[block.first_row + r] * variance_of(p + r, k, block.ld, c));
          }
        }
      },
      &diagonal);
  diagonal.topRows(features()).colwise() += problem_.penalty;
  passes_ += 0.5;
  return diagonal;
}

namespace {

/// Entropy of q' = p∘(1 − s u) and q' itself in place of the scores, one row; returns {H(q'), largest u before
/// scaling, smallest q'_c}. Where u would leave the simplex it is scaled back (s < 1): any q' gives a valid bound.
/// Classes without a target in any row get q' = 0, as at the infimum, where their bias is −∞.
struct DualRow {
  double entropy, largest, smallest;
};
DualRow dual_row(const ScoreBlock<double>& block, const double* p, double lse, const Vector& balance, Index r) {
  const Index classes = balance.size();
  double mean = 0, largest = 0;
  for (Index c = 0; c < classes; ++c) mean += p[c * block.ld + r] * block.second[c * block.ld + r];
  for (Index c = 0; c < classes; ++c) largest = std::max(largest, block.second[c * block.ld + r] - mean);
  const double scale = largest > kLargestRelativeChange ? kLargestRelativeChange / largest : 1;
  double entropy = 0, sum = 0, smallest = 1;
  for (Index c = 0; c < classes; ++c) {
    const double u = scale * (block.second[c * block.ld + r] - mean);
    const double q = balance[c] > 0 ? p[c * block.ld + r] * (1 - u) : 0;
    if (q > 0) entropy += q * (lse - block.scores[c * block.ld + r] - std::log1p(-u));
    sum += q;
    block.scores[c * block.ld + r] = q;
  }
  if (!(sum > 0)) {  // only absent classes have probability: any distribution will do
    for (Index c = 0; c < classes; ++c) block.scores[c * block.ld + r] = balance[c];
    return {0, largest, 0};
  }
  for (Index c = 0; c < classes; ++c) {  // rounding in the mean of a large V: exactly a distribution only after this
    block.scores[c * block.ld + r] /= sum;
    smallest = std::min(smallest, block.scores[c * block.ld + r]);
  }
  return {entropy / sum + std::log(sum), largest, smallest};
}

}  // namespace

Certificate SoftmaxObjective::dual_bound(const Parameters& w, const Parameters& v, DualPoint* point) const {
  const Index k = classes(), d = features();
  const Vector balance = moments().target_moment.row(d).transpose();
  std::vector<Sums> sums(static_cast<std::size_t>(engine_.chunk_count()));
  Parameters moment;  // Σ s (q' − t) x̃ᵀ
  engine_.run<double>(
      &w, &v,
      [&](const ScoreBlock<double>& block) {
        std::vector<double> p(static_cast<std::size_t>(k * block.ld)), lse(static_cast<std::size_t>(block.ld)),
            expected(lse.size()), target(static_cast<std::size_t>(k));
        softmax_block(block.scores, k, block.ld, p.data(), lse.data(), expected.data());
        Sums& sum = sums[static_cast<std::size_t>(block.chunk)];
        for (Index r = 0; r < block.rows; ++r) {
          const double s = problem_.row_weight[block.first_row + r], l = lse[static_cast<std::size_t>(r)];
          sum.cross_entropy += s * (l - target_score(problem_, block, r, target));
          const DualRow row = dual_row(block, p.data(), l, balance, r);
          sum.entropy += s * row.entropy;
          if (s > 0) {
            sum.largest = std::max(sum.largest, row.largest);
            sum.smallest = std::min(sum.smallest, row.smallest);
          }
          for (Index c = 0; c < k; ++c) {
            double& q = block.scores[c * block.ld + r];
            q = s * (q - target[static_cast<std::size_t>(c)]);
          }
        }
      },
      &moment);
  passes_ += 1.5;

  const Sums all = total(sums);
  const double penalty = 0.5 * problem_.penalty.dot(w.topRows(d).rowwise().squaredNorm());
  Certificate result = bound_from(w, &v, all.cross_entropy + penalty, all.entropy, moment);
  const bool clipped = all.largest >= kLargestRelativeChange, interior = !clipped && all.smallest > 0;
  // Where every weight is penalized only the biases can run away, and the class balance is exact.
  result.proves_existence = interior && (problem_.penalty.array() > 0).all();
  if (point) *point = {std::move(moment), clipped, interior};
  return result;
}

Certificate SoftmaxObjective::gradient_bound(const Parameters& w, const Evaluation& value,
                                             const Parameters& gradient) const {
  Parameters moment = gradient;
  moment.topRows(features()) -= problem_.penalty.asDiagonal() * w.topRows(features());
  return bound_from(w, nullptr, value.objective, value.entropy, moment);
}

Certificate SoftmaxObjective::bound_from(const Parameters& w, const Parameters* v, double objective, double entropy,
                                         Parameters& moment) const {
  const Index k = classes(), d = features();
  const Moments& known = moments();
  // Class balance: q'' = (1 − ε) q' + ε v with one distribution v makes Σ s (q'' − t) = 0 exactly (THEORY C1). By
  // concavity H(q'') ≥ (1 − ε) H(q').
  const Vector excess = moment.row(d).transpose(), balance = known.target_moment.row(d).transpose();
  double epsilon = 0;
  for (Index c = 0; c < k; ++c) {
    if (excess[c] > 0) epsilon = std::max(epsilon, excess[c] / (balance[c] + excess[c]));
  }
  epsilon = std::min(1.0, epsilon * (1 + 1e-9) + 1e-15);
  const Vector v_mix = (balance - (1 - epsilon) * (balance + excess)).cwiseMax(0.0) / epsilon;
  moment.topRows(d) +=
      epsilon * (known.mean_features * v_mix.transpose() - moment.topRows(d) - known.target_moment.topRows(d));

  // Sizes of the weights that moments meet: those of W and of W − V, the point that the dual point belongs to.
  Vector reach = w.rowwise().norm();
  if (v) reach += v->rowwise().norm();
  const double sum_error = rounding_of_sums();

  Certificate result;
  result.objective = objective;
  result.dual_value = (1 - epsilon) * entropy;
  // f ≥ D(Q) + ⟨R, W⟩ for every W: rounding of the moments costs error · |W|. The class balance is exact but for that.
  double moment_cost = 2 * sum_error * reach[d];
  bool feasible = true;
  for (Index j = 0; j < d; ++j) {
    const double size = moment.row(j).norm(), error = 2 * sum_error * known.mean_absolute_features[j];
    if (problem_.penalty[j] > 0) {
      result.dual_value -= size * size / (2 * problem_.penalty[j]);
      moment_cost += error * (size + 0.5 * error) / problem_.penalty[j];
    } else if (known.mean_absolute_features[j] > 0) {
      // λ_j = 0 wants R_j = 0. What rounding leaves is charged at twice the weights it meets; more than that cannot be
      // charged, because nothing is known about the weights of the optimum.
      const double relative = moment.row(j).cwiseAbs().maxCoeff() / known.mean_absolute_features[j];
      result.moment_error = std::max(result.moment_error, relative);
      feasible = feasible && relative <= kMomentTolerance;
      moment_cost += 2 * (size + error) * reach[j];
    }
  }
  // |z error| ≤ γ_{d+1} Σ_j |W_j||x_j|, once in f and once in D for W and V each; sums over rows in f and D.
  Parameters size_of = w.cwiseAbs();
  if (v) size_of += v->cwiseAbs();
  const double size =
      known.mean_absolute_features.dot(size_of.topRows(d).rowwise().maxCoeff()) + size_of.row(d).maxCoeff() + 1;
  result.rounding = moment_cost + 4 * kEpsilon * static_cast<double>(longest_row() + 16) * size +
                    sum_error * (std::abs(objective) + entropy);
  if (!feasible) result.dual_value = -std::numeric_limits<double>::infinity();
  result.gap = std::max(0.0, result.objective - result.dual_value) + result.rounding;
  return result;
}

double SoftmaxObjective::rounding_of_sums() const {
  // One after the other: the rows of a chunk (sparse products: all rows), then the tree over at most 32 chunks.
  const Index in_a_row = problem_.features.sparse()
                             ? rows()
                             : (rows() + engine_.chunk_count() - 1) / engine_.chunk_count() + engine_.block_rows();
  return 0.5 * kEpsilon * static_cast<double>(in_a_row + 16);
}

Index SoftmaxObjective::longest_row() const {
  const CsrMatrix* sparse = problem_.features.sparse();
  if (!sparse) return features();
  Index longest = 0;
  for (std::size_t i = 0; i + 1 < sparse->row_start.size(); ++i) {
    longest = std::max(longest, sparse->row_start[i + 1] - sparse->row_start[i]);
  }
  return longest;
}

}  // namespace poise
