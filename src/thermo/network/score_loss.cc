#include "thermo/network/score_loss.h"

#include <fmt/core.h>

#include <cmath>

#include "learning/reference/reference.h"
#include "network/activation.h"
#include "poise/error.h"
#include "poise/information.h"
#include "thermo/network/propagation.h"

namespace poise::thermo {

Matrix ScoreLoss::outputs(Matrix scores) const {
  if (of_classes()) {
    for (Index i = 0; i < scores.rows(); ++i) softmax_in_place(scores.row(i).transpose());
  } else if (loss == Loss::kBinaryCrossEntropy) {
    scores = scores.unaryExpr([](double z) { return sigmoid(z); });
  }
  return scores;
}

Vector ScoreLoss::losses(const Matrix& scores, const Matrix& targets) const {
  return learning::reference::losses(loss, scores, targets);
}

Matrix ScoreLoss::curvature_diagonal(const Matrix& q) const {
  if (loss == Loss::kSquaredError) return Matrix::Ones(q.rows(), q.cols());
  return q.array() * (1 - q.array());
}

/// Of the softmax 1 − ‖q‖² = Σ_c q_c (1 − q_c), the Gini impurity.
Vector ScoreLoss::curvature_trace(const Matrix& q) const {
  if (loss == Loss::kSquaredError) return Vector::Constant(q.rows(), static_cast<double>(q.cols()));
  return (q.array() * (1 - q.array())).rowwise().sum();
}

Matrix ScoreLoss::times_curvature(const Matrix& q, const Matrix& v) const {
  if (!of_classes()) return curvature_diagonal(q).cwiseProduct(v);
  Matrix out = q.cwiseProduct(v);
  const Vector mean = out.rowwise().sum();
  out -= (q.array().colwise() * mean.array()).matrix();
  return out;
}

/// Of the softmax Var_q(column i of W).
Matrix ScoreLoss::diagonal_behind(const Matrix& q, const Matrix& w) const {
  if (!of_classes()) return times(curvature_diagonal(q), w.cwiseAbs2());
  const Matrix mean = times(q, w);
  return times(q, w.cwiseAbs2()) - mean.cwiseAbs2();
}

Matrix ScoreLoss::curvature_factors(const Matrix& q) const {
  const Index outputs = q.cols();
  Matrix factors = Matrix::Zero(q.rows() * outputs, outputs);
  const Matrix diagonal = of_classes() ? Matrix() : curvature_diagonal(q);
  for (Index i = 0; i < q.rows(); ++i) {
    for (Index c = 0; c < outputs; ++c) {
      auto factor = factors.row(i * outputs + c);
      if (of_classes()) {
        factor = -q.row(i);
        factor[c] += 1;
        factor *= std::sqrt(q(i, c));
      } else {
        factor[c] = std::sqrt(diagonal(i, c));
      }
    }
  }
  return factors;
}

ScoreLoss score_loss_of(Head head) {
  switch (head) {
    case Head::kSoftmax:
      return {Loss::kCrossEntropy};
    case Head::kLinear:
      return {Loss::kSquaredError};
    case Head::kLogistic:
      return {Loss::kBinaryCrossEntropy};
    case Head::kSigmoid:
      break;
  }
  throw Error(ErrorKind::kData, fmt::format("a network with the {} head", to_string(head)),
              "one with the softmax head, or one that reconstructs features",
              "cross-entropy is the free energy of a softmax; train with that loss");
}

}  // namespace poise::thermo
