#include "thermo/outputs.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "poise/information.h"
#include "thermo/row_mean.h"

namespace poise::thermo {
namespace {

/// Var_q(z), q = softmax(z)
double score_variance(const Vector& q, const Vector& z) { return q.dot((z.array() - q.dot(z)).square().matrix()); }

/// What the rows cannot show if those that matter are not among them: the skewness of the mean loss were the labels
/// drawn from q (third moment over the spread that q expects or that the rows have shown, whichever is larger), and
/// that of the number of rows classified wrongly (1/√ of it, rows of one weight).
class RareRows {
 public:
  void add(double weight, const Vector& q, const Vector& target) {
    Index said = 0, right = 0;
    q.maxCoeff(&said), target.maxCoeff(&right);
    const double squared = weight * weight, spread = entropy(q);
    if (said != right) wrong_squared_ += squared, wrong_cubed_ += squared * weight;
    for (const double p : q) {
      if (!(p > 0)) continue;
      const double off = -std::log(p) - spread;
      squared_ += squared * p * off * off;
      cubed_ += squared * weight * p * off * off * off;
    }
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

}  // namespace

void measure_outputs(const Matrix& scores, const Matrix& targets, const Vector& weight, Thermodynamics& out) {
  const Index n = scores.rows();
  Vector loss(n), spread(n), excess(n), variance(n), surprise(n);
  Matrix q(n, scores.cols());
  RareRows rare;
  for (Index i = 0; i < n; ++i) {
    const Vector z = scores.row(i).transpose(), t = targets.row(i).transpose();
    loss[i] = cross_entropy_of_scores(t, z);
    spread[i] = entropy_of_scores(z);
    excess[i] = loss[i] - entropy(t);
    q.row(i) = softmax(z).transpose();
    variance[i] = score_variance(q.row(i).transpose(), z);
    rare.add(weight[i], q.row(i).transpose(), t);
  }
  // CE(q_n, q̄) has the mean H(q̄) and is, row by row, the influence of a row on it.
  const Vector marginal = q.transpose() * weight;
  for (Index i = 0; i < n; ++i) surprise[i] = cross_entropy(q.row(i).transpose(), marginal);
  out.mean_loss = mean_of_rows(weight, loss);
  out.output_entropy = mean_of_rows(weight, spread);
  out.divergence = mean_of_rows(weight, excess);
  out.equilibrium_gap = mean_of_rows(weight, loss - spread);
  const double skewness = rare.skewness(out.mean_loss.row_error);
  for (Estimate* of_labels : {&out.mean_loss, &out.divergence, &out.equilibrium_gap})
    raise_skewness(*of_labels, skewness);
  out.score_variance = mean_of_rows(weight, variance);
  out.marginal_entropy = mean_of_rows(weight, surprise);
  out.mutual_information = mean_of_rows(weight, surprise - spread);
  out.temperature = fit_temperature(scores, targets, weight);
}

}  // namespace poise::thermo
