#include "poise/theory/learner_cloud.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/decompositions.h"
#include "base/index.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/require.h"
#include "poise/error.h"
#include "theory/cloud.h"

namespace poise {
namespace {

using Square = Eigen::MatrixXd;

enum Stream : std::uint64_t { kWeightStream = 0x1ea4, kVelocityStream, kBatchStream };

void check(const LearningTask& task, const LearnerOptions& o) {
  const Index p = task.parameters(), dimension = o.momentum > 0 ? 2 * p : p;
  require(o.learners > 2 * dimension, fmt::format("{} learners with states of {} numbers", o.learners, dimension),
          fmt::format("at least {}", 2 * dimension + 1), "the covariance of few is not that of the ensemble");
  require(o.steps >= 1, fmt::format("{} steps", o.steps), "at least 1");
  require(o.learning_rate > 0 && std::isfinite(o.learning_rate), fmt::format("learning rate {}", o.learning_rate),
          "a positive number");
  require(o.momentum >= 0 && o.momentum < 1, fmt::format("momentum {}", o.momentum), "a number in [0, 1)");
  require(o.spread > 0 && std::isfinite(o.spread), fmt::format("spread {}", o.spread), "a positive number");
  require(o.momentum == 0 || o.velocity_spread > 0, "momentum, and no spread of velocities", "velocity_spread above 0",
          "else velocities are a function of the weights, and the entropy of both is −∞");
  require(o.batches == Batches::kAll || o.batch >= 1, fmt::format("batches of {} rows", o.batch), "at least 1");
  require(o.center.size() == 0 || o.center.size() == p,
          fmt::format("a center of {} numbers for {} parameters", o.center.size(), p), "one a parameter");
}

/// ln|det(I − ηH)|
double log_contraction(const Matrix& hessian, double learning_rate) {
  return log_abs_determinant(Square::Identity(hessian.rows(), hessian.cols()) - learning_rate * hessian);
}

/// B with B Bᵀ = `covariance`, positive semidefinite up to rounding.
Matrix root_of(const Square& covariance) {
  const Eigenpairs eigen = eigenpairs(covariance);
  return eigen.vectors * eigen.values.cwiseMax(0).cwiseSqrt().asDiagonal();
}

Estimate jackknifed(double value, const Vector& without_one) {
  return {value, theory::jackknife_error(without_one), static_cast<double>(without_one.size() - 1), 0};
}

/// Means of all values but one each.
Vector means_without_one(const Vector& values) {
  const auto count = static_cast<double>(values.size());
  return (values.sum() - values.array()) / (count - 1);
}

/// What one learner did in one step.
struct Move {
  double loss = 0, log_volume = 0, laplacian = 0;
  Square noise;  ///< covariance of its batch gradient, P×P; empty without noise
};

class LearnerEnsemble {
 public:
  LearnerEnsemble(const LearningTask& task, const LearnerOptions& options)
      : task_(task),
        options_(options),
        all_rows_(task.rows()),
        states_(initial_states()),
        moves_(options.learners),
        drift_without_one_(Vector::Zero(options.learners)),
        volume_(Vector::Zero(options.learners)) {
    std::iota(all_rows_.begin(), all_rows_.end(), Index{0});
  }

  LearnerReport run();

 private:
  Index parameters() const { return task_.parameters(); }
  bool has_momentum() const { return options_.momentum > 0; }
  bool is_noisy() const { return options_.batches == Batches::kIndependent; }
  Matrix initial_states() const;
  std::vector<Index> batch_of(int step, Index learner) const;
  void move(int step, Index learner);
  void write_state(Matrix& to, Index learner, const Vector& gradient) const;
  Estimate noise_of(const theory::Cloud& drifted) const;
  LearnerStep take_step(int number);
  void add_moves(LearnerStep& step);
  void measure(LearnerStep& step);
  void sum_up(LearnerReport& report) const;

  const LearningTask& task_;
  const LearnerOptions& options_;
  std::vector<Index> all_rows_;
  Matrix states_, next_, drifted_;  ///< R×P or R×2P: now, after the step, after a step without noise
  std::vector<Move> moves_;
  double entropy_ = 0;
  Vector without_one_, first_without_one_;  ///< S without one learner less S: now, and of the initial cloud
  Vector drift_without_one_;                ///< Σ over steps of what drift changed of it
  Vector volume_;                           ///< of every learner: Σ ln|det| of its steps
};

Matrix LearnerEnsemble::initial_states() const {
  const Index p = parameters();
  const auto normals = [&](Stream stream) {
    const std::uint64_t key = random_bits(options_.seed, stream);
    std::uint64_t counter = 0;
    return Matrix(Matrix::NullaryExpr(options_.learners, p, [&] { return random_normal(key, counter++); }));
  };
  Matrix weights = options_.spread * normals(kWeightStream);
  if (options_.center.size() > 0) weights.rowwise() += options_.center.transpose();
  if (!has_momentum()) return weights;
  Matrix states(options_.learners, 2 * p);
  states << weights, options_.spread * options_.velocity_spread * normals(kVelocityStream);
  return states;
}

/// Rows with replacement; kShared: of every learner the same.
std::vector<Index> LearnerEnsemble::batch_of(int step, Index learner) const {
  if (options_.batches == Batches::kAll) return all_rows_;
  const std::uint64_t key = random_bits(random_bits(options_.seed, kBatchStream), static_cast<std::uint64_t>(step));
  const Index first = is_noisy() ? learner * options_.batch : 0;
  std::vector<Index> rows(options_.batch);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const double uniform = random_uniform(key, static_cast<std::uint64_t>(first) + k);
    rows[k] = static_cast<Index>(uniform * static_cast<double>(task_.rows()));
  }
  return rows;
}

/// Δ ← αΔ − η gradient, w ← w + Δ
void LearnerEnsemble::write_state(Matrix& to, Index learner, const Vector& gradient) const {
  const Index p = parameters();
  const auto now = states_.row(learner);
  auto next = to.row(learner);
  if (!has_momentum()) {
    next = now - options_.learning_rate * gradient.transpose();
    return;
  }
  next.tail(p) = options_.momentum * now.tail(p) - options_.learning_rate * gradient.transpose();
  next.head(p) = now.head(p) + next.tail(p);
}

void LearnerEnsemble::move(int step, Index learner) {
  const Vector w = states_.row(learner).head(parameters()).transpose();
  const std::vector<Index> batch = batch_of(step, learner);
  const std::vector<Index>& seen = is_noisy() ? all_rows_ : batch;
  const Matrix gradients = task_.row_gradients(w, seen);
  const Vector mean = gradients.colwise().mean().transpose();
  const Matrix hessian = task_.hessian(w, seen);
  Move& move = moves_[learner];
  move.loss = task_.loss(w, all_rows_);
  move.laplacian = hessian.trace();
  move.log_volume = has_momentum() ? static_cast<double>(parameters()) * std::log(options_.momentum)
                                   : log_contraction(hessian, options_.learning_rate);
  write_state(drifted_, learner, mean);
  if (!is_noisy()) return;
  const Matrix centered = gradients.rowwise() - mean.transpose();
  move.noise = centered.transpose() * centered / static_cast<double>(gradients.rows() * options_.batch);
  Vector noisy = Vector::Zero(mean.size());
  for (Index row : batch) noisy += gradients.row(row).transpose();
  write_state(next_, learner, noisy / static_cast<double>(options_.batch));
}

/// ½ ln det(I + Σ⁻¹η²⟨C⟩/B); with momentum the noise moves Δ and w alike. Of normal states (R − D − 2)/(R − 1) times
/// the inverse of their covariance is Σ⁻¹ without bias.
Estimate LearnerEnsemble::noise_of(const theory::Cloud& drifted) const {
  const Index p = parameters();
  Square mean = Square::Zero(p, p);
  for (const Move& move : moves_) mean += move.noise;
  const auto count = static_cast<double>(moves_.size()), dimension = static_cast<double>(drifted.dimension());
  const double unbiased = (count - dimension - 2) / (count - 1);
  const Matrix root = options_.learning_rate * std::sqrt(unbiased) * root_of(mean / count);
  Matrix of_state(states_.cols(), p);
  for (Index part = 0; part < states_.cols() / p; ++part) of_state.middleRows(part * p, p) = root;
  return drifted.entropy_from_noise(of_state);
}

SecondLaw judge(const LearnerStep& step) {
  const Bounds change = confidence_interval(step.change);
  if (change.high <= 0) return SecondLaw::kHolds;
  if (change.low <= 0) return SecondLaw::kCannotTell;
  if (step.volume_change + step.noise_change.value <= 0) return SecondLaw::kShape;
  if (step.volume_change <= 0) return SecondLaw::kNoise;
  return step.laplacian < 0 ? SecondLaw::kNegativeLaplacian : SecondLaw::kStepTooLarge;
}

LearnerStep LearnerEnsemble::take_step(int number) {
  next_.resize(states_.rows(), states_.cols());
  drifted_.resize(states_.rows(), states_.cols());
  parallel_for(options_.learners, options_.threads, [&](Index learner) { move(number, learner); });
  LearnerStep step;
  step.number = number;
  add_moves(step);
  measure(step);
  step.second_law = judge(step);
  states_.swap(is_noisy() ? next_ : drifted_);
  return step;
}

/// Means over learners.
void LearnerEnsemble::add_moves(LearnerStep& step) {
  const auto count = static_cast<double>(moves_.size());
  for (std::size_t r = 0; r < moves_.size(); ++r) {
    step.loss += moves_[r].loss / count;
    step.laplacian += moves_[r].laplacian / count;
    step.volume_change += moves_[r].log_volume / count;
    volume_[static_cast<Index>(r)] += moves_[r].log_volume;
  }
}

/// Entropies after the step, and what they changed by.
void LearnerEnsemble::measure(LearnerStep& step) {
  const theory::Cloud drifted(drifted_), cloud = is_noisy() ? theory::Cloud(next_) : drifted;
  const Vector without_one = cloud.entropy_without_one();
  step.entropy = cloud.entropy();
  step.position_entropy = step.entropy;
  if (has_momentum()) {
    step.position_entropy = theory::Cloud((is_noisy() ? next_ : drifted_).leftCols(parameters())).entropy();
  }
  step.change = jackknifed(step.entropy - entropy_, without_one - without_one_);
  step.drift_change = drifted.entropy() - entropy_;
  if (is_noisy()) step.noise_change = noise_of(drifted);
  drift_without_one_ += drifted.entropy_without_one() - without_one_;
  entropy_ = step.entropy;
  without_one_ = without_one;
}

void LearnerEnsemble::sum_up(LearnerReport& report) const {
  double drift = 0, noise = 0, noise_variance = 0;
  for (const LearnerStep& step : report.steps) {
    report.laplacian_change -= options_.learning_rate * step.laplacian;
    drift += step.drift_change;
    noise += step.noise_change.value;
    noise_variance += step.noise_change.error * step.noise_change.error;
  }
  const Vector volume_without_one = means_without_one(volume_);
  report.change = jackknifed(entropy_ - report.initial_entropy, without_one_ - first_without_one_);
  report.volume_change = jackknifed(volume_.mean(), volume_without_one);
  report.drift_change = jackknifed(drift, drift_without_one_);
  report.shape_change = jackknifed(drift - volume_.mean(), drift_without_one_ - volume_without_one);
  report.noise_change = {noise, std::sqrt(noise_variance), 0, 0};
}

LearnerReport LearnerEnsemble::run() {
  const theory::Cloud cloud(states_);
  entropy_ = cloud.entropy();
  without_one_ = first_without_one_ = cloud.entropy_without_one();
  LearnerReport report;
  report.learners = options_.learners;
  report.parameters = parameters();
  report.dimension = states_.cols();
  report.initial_entropy = entropy_;
  for (int number = 1; number <= options_.steps; ++number) report.steps.push_back(take_step(number));
  sum_up(report);
  return report;
}

}  // namespace

const char* to_string(SecondLaw law) {
  switch (law) {
    case SecondLaw::kHolds:
      return "holds";
    case SecondLaw::kCannotTell:
      return "cannot tell";
    case SecondLaw::kNegativeLaplacian:
      return "negative Laplacian";
    case SecondLaw::kNoise:
      return "noise";
    case SecondLaw::kStepTooLarge:
      return "step too large";
    case SecondLaw::kShape:
      return "shape of the cloud";
  }
  return "";
}

Index LearnerReport::count(SecondLaw law) const {
  return std::count_if(steps.begin(), steps.end(), [law](const LearnerStep& step) { return step.second_law == law; });
}

LearnerReport run_learners(const LearningTask& task, const LearnerOptions& options) {
  check(task, options);
  return LearnerEnsemble(task, options).run();
}

}  // namespace poise
