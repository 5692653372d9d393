#include "thermo/outputs.h"

#include "poise/information.h"
#include "thermo/row_mean.h"

namespace poise::thermo {
namespace {

/// Var_q(z), q = softmax(z)
double score_variance(const Vector& q, const Vector& z) { return q.dot((z.array() - q.dot(z)).square().matrix()); }

}  // namespace

void measure_outputs(const Matrix& scores, const Matrix& targets, const Vector& weight, Thermodynamics& out) {
  const Index n = scores.rows();
  Vector loss(n), spread(n), excess(n), variance(n), surprise(n);
  Matrix q(n, scores.cols());
  for (Index i = 0; i < n; ++i) {
    const Vector z = scores.row(i).transpose(), t = targets.row(i).transpose();
    loss[i] = cross_entropy_of_scores(t, z);
    spread[i] = entropy_of_scores(z);
    excess[i] = loss[i] - entropy(t);
    q.row(i) = softmax(z).transpose();
    variance[i] = score_variance(q.row(i).transpose(), z);
  }
  // CE(q_n, q̄) has the mean H(q̄) and is, row by row, the influence of a row on it.
  const Vector marginal = q.transpose() * weight;
  for (Index i = 0; i < n; ++i) surprise[i] = cross_entropy(q.row(i).transpose(), marginal);
  out.mean_loss = mean_of_rows(weight, loss);
  out.output_entropy = mean_of_rows(weight, spread);
  out.divergence = mean_of_rows(weight, excess);
  out.equilibrium_gap = mean_of_rows(weight, loss - spread);
  out.score_variance = mean_of_rows(weight, variance);
  out.marginal_entropy = mean_of_rows(weight, surprise);
  out.mutual_information = mean_of_rows(weight, surprise - spread);
  out.temperature = fit_temperature(scores, targets, weight);
}

}  // namespace poise::thermo
