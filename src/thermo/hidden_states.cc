#include "thermo/hidden_states.h"

#include <Eigen/Cholesky>
#include <cmath>

#include "base/parallel.h"
#include "base/random.h"
#include "learning/reference.h"
#include "poise/error.h"
#include "poise/information.h"
#include "thermo/row_mean.h"

namespace poise::thermo {
namespace {

using Square = Eigen::MatrixXd;

/// ℋ of one row as a function of its states.
class RowLoss {
 public:
  RowLoss(const Layer& head, Vector rest, Vector target)
      : weights_(head.weights), bias_(head.bias), rest_(std::move(rest)), target_(std::move(target)) {}

  double value(const Vector& s) const {
    return 0.5 * (s - rest_).squaredNorm() + cross_entropy_of_scores(target_, weights_ * s + bias_);
  }
  Vector gradient(const Vector& s) const {
    return s - rest_ + weights_.transpose() * (softmax(weights_ * s + bias_) - target_);
  }
  Square hessian(const Vector& s) const {
    const Vector q = softmax(weights_ * s + bias_);
    const Square spread = Square(q.asDiagonal()) - q * q.transpose();
    return Square::Identity(s.size(), s.size()) + weights_.transpose() * spread * weights_;
  }
  const Vector& rest() const { return rest_; }

 private:
  const Matrix& weights_;
  const Vector& bias_;
  Vector rest_, target_;
};

/// Newton's method with halved steps; ℋ is strictly convex, with curvatures of 1 and more.
Vector minimize(const RowLoss& loss) {
  Vector s = loss.rest();
  double value = loss.value(s);
  for (int k = 0; k < 100; ++k) {
    const Vector gradient = loss.gradient(s);
    const double decrement = gradient.squaredNorm();
    if (decrement <= 1e-24 * (1 + s.squaredNorm())) return s;
    const Vector step = -loss.hessian(s).llt().solve(gradient);
    double share = 1;
    while (share > 1e-9 && loss.value(s + share * step) > value + 1e-4 * share * gradient.dot(step) + 1e-15) share /= 2;
    s += share * step;
    value = loss.value(s);
  }
  return s;
}

/// Of one repetition: Σ of weights and of weights times ℋ, each times e^{ℋ(s*)/T}.
struct Sums {
  double weight = 0, loss = 0;
};

struct RowStates {
  double ground_loss = 0, complexity = 0;
  std::vector<Sums> repetitions;
};

/// Weights e^{−(ℋ(s) − ℋ(s*))/T + ½ξ²}; s = s* ± √T L⁻ᵀξ, M = L Lᵀ.
RowStates sample_row(const RowLoss& loss, double temperature, int draws, std::uint64_t stream) {
  const Vector minimum = minimize(loss);
  const Eigen::LLT<Square> cholesky(loss.hessian(minimum));
  RowStates row;
  row.ground_loss = loss.value(minimum);
  row.complexity = Square(cholesky.matrixL()).diagonal().array().log().sum();
  row.repetitions.resize(kRepetitions);
  std::uint64_t counter = 0;
  for (Sums& sums : row.repetitions) {
    for (int d = 0; d < draws; ++d) {
      const Vector xi = Vector::NullaryExpr(minimum.size(), [&] { return random_normal(stream, counter++); });
      const Vector away = std::sqrt(temperature) * cholesky.matrixU().solve(xi);
      for (const double sign : {1.0, -1.0}) {
        const double value = loss.value(minimum + sign * away);
        const double weight = std::exp(-(value - row.ground_loss) / temperature + 0.5 * xi.squaredNorm());
        sums.weight += weight;
        sums.loss += weight * value;
      }
    }
  }
  return row;
}

HiddenStates mean_over_rows(const std::vector<RowStates>& rows, double temperature, int draws, Index neurons) {
  HiddenStates states;
  states.temperature = temperature;
  const auto count = static_cast<double>(rows.size());
  std::vector<double> free_energy(kRepetitions), mean_loss(kRepetitions), entropy(kRepetitions);
  for (const RowStates& row : rows) {
    states.ground_loss += row.ground_loss / count;
    states.complexity += row.complexity / count;
    for (std::size_t k = 0; k < row.repetitions.size(); ++k) {
      const Sums& sums = row.repetitions[k];
      const double log_ratio = -row.complexity + std::log(sums.weight / (2 * draws));
      free_energy[k] += (row.ground_loss - temperature * log_ratio) / count;
      mean_loss[k] += (sums.loss / sums.weight - static_cast<double>(neurons) * temperature / 2) / count;
    }
  }
  for (std::size_t k = 0; k < entropy.size(); ++k) entropy[k] = (mean_loss[k] - free_energy[k]) / temperature;
  states.free_energy = mean_of_repetitions(free_energy);
  states.mean_loss = mean_of_repetitions(mean_loss);
  states.entropy = mean_of_repetitions(entropy);
  return states;
}

}  // namespace

HiddenStates hidden_states(const std::vector<Layer>& layers, const Matrix& inputs, const Matrix& targets,
                           double temperature, int draws, std::uint64_t seed, int threads) {
  if (layers.size() != 2 || !(temperature > 0) || draws < 1 || inputs.rows() < 1) {
    throw Error(ErrorKind::kUsage, "hidden states of another network than one of one hidden layer, or without draws",
                "two layers, rows, a positive temperature and draws");
  }
  const Matrix rest = reference::propagate(layers, inputs).activation[1];
  std::vector<RowStates> rows(static_cast<std::size_t>(inputs.rows()));
  parallel_for(inputs.rows(), threads, [&](Index n) {
    const RowLoss loss(layers[1], rest.row(n).transpose(), targets.row(n).transpose());
    rows[static_cast<std::size_t>(n)] =
        sample_row(loss, temperature, draws, random_bits(seed, static_cast<std::uint64_t>(n)));
  });
  return mean_over_rows(rows, temperature, draws, rest.cols());
}

}  // namespace poise::thermo
