#include "theory/sampling.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/index.h"
#include "base/random.h"
#include "base/watched_work.h"
#include "poise/error.h"
#include "poise/information.h"
#include "theory/expansion.h"
#include "thermo/network/neuron.h"

namespace poise::theory {
namespace {

/// Shape of the tail of the weights by Hill's estimator over the largest min(R/5, 3√R) of them: the mean of
/// ln(w/threshold) among those above the threshold.
double tail_index_of(Vector log_weights) {
  const double count = static_cast<double>(log_weights.size());
  const auto tail = static_cast<Index>(std::min(count / 5, 3 * std::sqrt(count)));
  if (tail < 1) return 0;
  double* first = log_weights.data();
  std::nth_element(first, first + tail, first + log_weights.size(), std::greater<>());
  std::sort(first, first + tail, std::greater<>());  // one order of sums whatever nth_element leaves
  return (log_weights.head(tail).array() - log_weights[tail]).mean();
}

/// f(Σ_j w_ij x_j + b_i) of one neuron
double prediction(const Septuple& septuple, Index i, const Vector& x) {
  double y = septuple.weights.row(i).dot(x) + septuple.bias[i];
  poise::activate(septuple.activation[i], &y, 1);
  return y;
}

/// √(mean of squares / R): the standard error of a mean whose terms, about it, are these.
double error_of_mean(const Vector& deviations) {
  const double count = static_cast<double>(deviations.size());
  return std::sqrt(deviations.squaredNorm() / (count * std::max(1.0, count - 1)));
}

}  // namespace

void for_samples(const SamplingOptions& options, Index neurons, Matrix& states, Keep keep,
                 const std::function<void(Index, Vector&)>& sample) {
  constexpr Index kBlock = 256;  // samples a task
  if (keep == Keep::kStates) states.resize(options.samples, neurons);
  const Index blocks = (options.samples + kBlock - 1) / kBlock;
  const bool done = parallel_for_watched(options.watcher, "drawing states", blocks, options.threads, [&](Index block) {
    Vector x(neurons);
    for (Index r = block * kBlock; r < std::min(options.samples, (block + 1) * kBlock); ++r) {
      sample(r, x);
      if (keep == Keep::kStates) states.row(r) = x.transpose();
    }
  });
  if (!done) throw MeasurementStopped();
}

Matrix weighted_product(const Matrix& left, const Vector& weights, const Matrix& right, Watcher* watcher) {
  constexpr Index kBlock = 4096;
  Matrix out = Matrix::Zero(left.cols(), right.cols());
  for (Index first = 0; first < left.rows(); first += kBlock) {
    ask(watcher);
    const Index count = std::min(kBlock, left.rows() - first);
    out.noalias() += left.middleRows(first, count).transpose() *
                     (weights.segment(first, count).asDiagonal() * right.middleRows(first, count));
  }
  return out;
}

Vector Draws::weights() const {
  const double log_mean = log_sum_exp(log_weights) - std::log(static_cast<double>(log_weights.size()));
  return (log_weights.array() - log_mean).unaryExpr([](double v) { return std::exp(v); });
}

void check(const SamplingOptions& options) {
  if (options.samples < 2) throw Error(ErrorKind::kUsage, fmt::format("{} samples", options.samples), "at least 2");
  if (options.starts < 0) throw Error(ErrorKind::kUsage, fmt::format("{} starts", options.starts), "0 or more");
}

Draws draw_noisy_forward(const Septuple& septuple, double temperature, const SamplingOptions& options, Keep keep) {
  check(options);
  const auto order = septuple.topological_order();
  if (!order || septuple.place != LossPlace::kBulk)
    throw Error(ErrorKind::kUsage, "the noisy forward pass was asked of a septuple that it does not sample",
                "feed-forward weights and the loss in the bulk", "canonical_ensemble chooses a method that applies");
  const Index n = static_cast<Index>(order->size());
  const double deviation = std::sqrt(temperature);
  Draws out{.method = EnsembleMethod::kNoisyForward,
            .log_weights = Vector(options.samples),
            .losses = Vector(options.samples),
            .states = {}};
  const Vector start = septuple.held(Vector::Zero(septuple.neurons()));
  for_samples(options, septuple.neurons(), out.states, keep, [&](Index r, Vector& x) {
    x = start;
    double free_loss = 0;
    for (Index k = 0; k < n; ++k) {
      const Index i = (*order)[k];
      const double noise = random_normal(options.seed, static_cast<std::uint64_t>(r * n + k));
      x[i] = prediction(septuple, i, x) + deviation * noise;
      free_loss += 0.5 * temperature * noise * noise;
    }
    double rest = septuple.potential(x);  // v: what is left of the loss
    for (const Index i : septuple.clamped) {
      const double error = x[i] - prediction(septuple, i, x);
      rest += 0.5 * error * error;
    }
    out.losses[r] = free_loss + rest;
    out.log_weights[r] = -rest / temperature;
  });
  return out;
}

Draws draw(const Septuple& septuple, double temperature, const SamplingOptions& options, Keep keep) {
  if (septuple.place != LossPlace::kBulk || !septuple.is_feed_forward())
    return draw_about_modes(septuple, temperature, options, keep);
  Draws forward = draw_noisy_forward(septuple, temperature, options, keep);
  const Ensemble first = summarize(forward, septuple, temperature);
  if (first.reliable()) return forward;
  Draws about_modes = draw_about_modes(septuple, temperature, options, keep);
  const Ensemble second = summarize(about_modes, septuple, temperature);
  return second.reliable() || second.effective_samples > first.effective_samples ? about_modes : forward;
}

// With w the weights of mean 1: ln B = ln mean e^{log w}, U = mean wℋ, S_x = U/T + ln Z. Their errors are those of the
// means of (w − 1), w(ℋ − U) and w(ℋ − U)/T + (w − 1).
Ensemble summarize(const Draws& draws, const Septuple& septuple, double temperature) {
  const double count = static_cast<double>(draws.losses.size());
  const Vector w = draws.weights();
  const double mean_loss = w.dot(draws.losses) / count;
  const Vector of_partition = w.array() - 1;
  const Vector of_loss = w.array() * (draws.losses.array() - mean_loss);
  Ensemble out{.method = draws.method, .samples = draws.losses.size()};
  out.log_partition_error = error_of_mean(of_partition);
  out.mean_loss_error = error_of_mean(of_loss);
  out.entropy_error = error_of_mean(of_loss / temperature + of_partition);
  const double log_b =
      log_sum_exp(draws.log_weights) - std::log(count) + 0.5 * out.log_partition_error * out.log_partition_error;
  const Index n = septuple.neurons() - static_cast<Index>(septuple.clamped.size());
  out.state = ensemble_state(temperature, n, log_b, mean_loss);
  out.effective_samples = w.sum() * w.sum() / w.squaredNorm();
  out.tail_index = tail_index_of(draws.log_weights);
  return out;
}

}  // namespace poise::theory
