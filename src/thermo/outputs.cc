#include "thermo/outputs.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "base/index.h"
#include "base/watched_work.h"
#include "poise/information.h"
#include "thermo/row_mean.h"

namespace poise::thermo {
namespace {

/// Var_q(z), q = softmax(z)
double score_variance(const Vector& q, const Vector& z) { return q.dot((z.array() - q.dot(z)).square().matrix()); }

/// What one row adds to RareRows, but for its weight.
struct Surprise {
  bool wrong = false;
  double squared = 0, cubed = 0;  // moments of −ln p − H(q) under q
};

Surprise surprise_of(const Vector& q, const Vector& target) {
  Index said = 0, right = 0;
  q.maxCoeff(&said), target.maxCoeff(&right);
  Surprise row{said != right, 0, 0};
  const double spread = entropy(q);
  for (const double p : q) {
    if (!(p > 0)) continue;
    const double off = -std::log(p) - spread;
    row.squared += p * off * off;
    row.cubed += p * off * off * off;
  }
  return row;
}

/// What the rows cannot show if those that matter are not among them: the skewness of the mean loss were the labels
/// drawn from q (third moment over the spread that q expects or that the rows have shown, whichever is larger), and
/// that of the number of rows classified wrongly (1/√ of it, rows of one weight).
class RareRows {
 public:
  void add(double weight, const Surprise& row) {
    const double squared = weight * weight;
    if (row.wrong) wrong_squared_ += squared, wrong_cubed_ += squared * weight;
    squared_ += squared * row.squared;
    cubed_ += squared * weight * row.cubed;
  }
  /// `error` is that of the mean loss over rows.
  double skewness(double error) const {
    if (!(wrong_squared_ > 0)) return std::numeric_limits<double>::infinity();
    const double of_errors = wrong_cubed_ / std::pow(wrong_squared_, 1.5);
    const double spread = std::max(squared_, error * error);
    return spread > 0 ? std::max(of_errors, std::abs(cubed_) / std::pow(spread, 1.5)) : of_errors;
  }

 private:
  double squared_ = 0, cubed_ = 0, wrong_squared_ = 0, wrong_cubed_ = 0;
};

/// Calls f(row) for all rows, in parallel.
void for_each_row(Index rows, const MeasureOptions& options, const std::function<void(Index)>& f) {
  constexpr Index kRows = 256;
  const bool done =
      parallel_for_watched(options.watcher, "measuring", (rows + kRows - 1) / kRows, options.threads, [&](Index block) {
        for (Index i = block * kRows; i < std::min(rows, (block + 1) * kRows); ++i) f(i);
      });
  if (!done) throw MeasurementStopped();
}

/// Of features, KL(t‖q) is that of independent Bernoulli variables: ℓ − Σ_j H(t_j).
void measure_features(const Matrix& scores, const Matrix& targets, const Vector& weight, const MeasureOptions& options,
                      ScoreLoss of, Thermodynamics& out) {
  Vector loss(scores.rows()), spread = Vector::Zero(scores.rows());
  for_each_row(scores.rows(), options, [&](Index i) {
    loss[i] = of.losses(scores.row(i), targets.row(i))[0];
    if (of.loss == Loss::kBinaryCrossEntropy) {
      for (const double t : targets.row(i)) spread[i] += entropy(Vector{{t, 1 - t}});
    }
  });
  out.mean_loss = mean_of_rows(weight, loss);
  if (of.loss == Loss::kBinaryCrossEntropy) out.divergence = mean_of_rows(weight, loss - spread);
}

void measure_classes(const Matrix& scores, const Matrix& targets, const Vector& weight, const MeasureOptions& options,
                     Thermodynamics& out) {
  const Index n = scores.rows();
  Vector loss(n), spread(n), excess(n), variance(n), surprise(n);
  Matrix q(n, scores.cols());
  std::vector<Surprise> surprises(n);
  for_each_row(n, options, [&](Index i) {
    const Vector z = scores.row(i).transpose(), t = targets.row(i).transpose(), p = softmax(z);
    loss[i] = cross_entropy_of_scores(t, z);
    spread[i] = entropy_of_scores(z);
    excess[i] = loss[i] - entropy(t);
    q.row(i) = p.transpose();
    variance[i] = score_variance(p, z);
    surprises[i] = surprise_of(p, t);
  });
  RareRows rare;
  for (Index i = 0; i < n; ++i) rare.add(weight[i], surprises[i]);
  // CE(q_n, q̄) has the mean H(q̄) and is, row by row, the influence of a row on it.
  const Vector marginal = q.transpose() * weight;
  for_each_row(n, options, [&](Index i) { surprise[i] = cross_entropy(q.row(i).transpose(), marginal); });
  ClassThermodynamics& classes = out.classes.emplace();
  Estimate& divergence = out.divergence.emplace(mean_of_rows(weight, excess));
  out.mean_loss = mean_of_rows(weight, loss);
  classes.output_entropy = mean_of_rows(weight, spread);
  classes.equilibrium_gap = mean_of_rows(weight, loss - spread);
  const double skewness = rare.skewness(out.mean_loss.row_error);
  for (Estimate* of_labels : {&out.mean_loss, &divergence, &classes.equilibrium_gap})
    raise_skewness(*of_labels, skewness);
  classes.score_variance = mean_of_rows(weight, variance);
  classes.marginal_entropy = mean_of_rows(weight, surprise);
  classes.mutual_information = mean_of_rows(weight, surprise - spread);
  classes.temperature = fit_temperature(scores, targets, weight, options);
}

}  // namespace

void measure_outputs(const Matrix& scores, const Matrix& targets, const Vector& weight, const MeasureOptions& options,
                     ScoreLoss loss, Thermodynamics& out) {
  if (loss.of_classes()) return measure_classes(scores, targets, weight, options, out);
  measure_features(scores, targets, weight, options, loss, out);
}

}  // namespace poise::thermo
