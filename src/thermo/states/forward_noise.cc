#include "thermo/states/forward_noise.h"

#include <algorithm>
#include <cmath>

#include "base/decompositions.h"
#include "base/index.h"
#include "base/random.h"
#include "thermo/row_mean.h"

namespace poise::thermo {
namespace {

constexpr std::uint64_t kNoiseStream = 0x7e40'0003, kPartStream = 0x7e40'0004;
constexpr double kPlainShare = 0.125;  // ε
constexpr double kSettled = 1e-2;      // share of T: what an unsettled state adds to the variance of ln w

Estimate mean_with_bias(const Vector& weight, const Vector& value, const Vector& variance, const Vector& bias,
                        Index draws) {
  Estimate mean = mean_of_rows(weight, value, {variance, static_cast<double>(draws - 1)});
  mean.error = std::hypot(mean.error, weight.dot(bias));
  return mean;
}

}  // namespace

Estimate ensemble_mean(const Vector& weight, const RowEnsemble& rows, Index quantity) {
  return mean_with_bias(weight, rows.value.col(quantity), rows.variance.col(quantity), rows.bias.col(quantity),
                        rows.energy.cols());
}

/// Of pseudo-values, Tukey's variance is that of their mean.
Estimate ensemble_mean_energy(const Vector& weight, const RowEnsemble& rows) {
  const auto draws = static_cast<double>(rows.energy.cols());
  const Vector value = rows.value.col(kMeanLoss) + rows.value.col(kBulkLoss);
  const Vector variance = (rows.energy.colwise() - value).rowwise().squaredNorm() / (draws * (draws - 1));
  return mean_with_bias(weight, value, variance, rows.bias.col(kMeanLoss) + rows.bias.col(kBulkLoss),
                        rows.energy.cols());
}

Estimate ensemble_laplacian(const Vector& weight, const RowEnsemble& rows) {
  return mean_with_bias(weight, rows.laplacian.col(0), rows.laplacian.col(1), rows.laplacian.col(2),
                        rows.energy.cols());
}

ForwardNoise::ForwardNoise(const std::vector<Layer>& layers, std::vector<double> temperatures, int draws,
                           std::uint64_t seed, ScoreLoss loss)
    : layers_(layers), temperatures_(std::move(temperatures)), draws_(draws), seed_(seed), loss_(loss) {}

/// Turns the plain noise of one row, in its draws of the first part, to (I + VVᵀ)^−½ times it. With VᵀV = Q Λ Qᵀ
///   (I + VVᵀ)^−½ = I − V Q diag(1/(√(1+λ) (√(1+λ) + 1))) Qᵀ Vᵀ
void ForwardNoise::shape(const RelaxedStates& relaxed, Index row, Index rank, Index number, Noise& noise) const {
  const Eigen::MatrixXd gram = gram_of_row(relaxed.jacobian, row, rank);
  const Eigenpairs eigen = eigenpairs(gram);
  const Eigen::ArrayXd root = (1 + eigen.values.array().max(0)).sqrt();
  const Eigen::MatrixXd shrink =
      eigen.vectors * (root * (root + 1)).inverse().matrix().asDiagonal() * eigen.vectors.transpose();
  Eigen::MatrixXd image = Eigen::MatrixXd::Zero(draws_, rank);  // Vᵀξ
  const auto jacobian = [&](std::size_t l) { return relaxed.jacobian[l].middleRows(row * rank, rank); };
  for (std::size_t l = 1; l < layers_.size(); ++l)
    image += noise.y[l].middleRows(row * draws_, draws_) * jacobian(l).transpose();
  Eigen::MatrixXd change = image * shrink;
  const std::uint64_t stream = random_bits(seed_, kPartStream);
  for (Index r = 0; r < draws_; ++r) {
    if (random_uniform(stream, static_cast<std::uint64_t>(number * draws_ + r)) < kPlainShare) change.row(r).setZero();
  }
  for (std::size_t l = 1; l < layers_.size(); ++l) noise.y[l].middleRows(row * draws_, draws_) -= change * jacobian(l);
  image -= change * gram;  // Vᵀy
  const double at_center = std::log(1 - kPlainShare) + root.log().sum(), plain = std::log(kPlainShare);
  for (Index r = 0; r < draws_; ++r) {
    const double shaped = at_center - 0.5 * image.row(r).squaredNorm();
    noise.log_density[row * draws_ + r] = std::max(shaped, plain) + std::log1p(std::exp(-std::abs(shaped - plain)));
  }
}

ForwardNoise::Noise ForwardNoise::draw(const RelaxedStates& relaxed, std::span<const Index> numbers) const {
  const std::uint64_t stream = random_bits(seed_, kNoiseStream);
  Index neurons = 0, offset = 0;
  for (std::size_t l = 1; l < layers_.size(); ++l) neurons += layers_[l - 1].bias.size();
  const Index rows = std::ssize(numbers), rank = rank_of(relaxed.jacobian, rows);
  Noise noise;
  noise.y.resize(layers_.size() + 1);
  noise.center = noise.balance = noise.y;
  noise.log_density.resize(rows * draws_);
  const std::vector<Matrix> balance = apply_inverse(relaxed.jacobian, rank, relaxed.displacement);
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    const Index width = layers_[l - 1].bias.size();
    noise.y[l].resize(rows * draws_, width);
    for (Index k = 0; k < rows * draws_; ++k) {
      const Index draw = numbers[k / draws_] * draws_ + k % draws_;
      for (Index j = 0; j < width; ++j)
        noise.y[l](k, j) = random_normal(stream, static_cast<std::uint64_t>(draw * neurons + offset + j));
    }
    offset += width;
    noise.center[l] = repeat_rows(relaxed.displacement[l], draws_);
    noise.balance[l] = repeat_rows(balance[l], draws_);
  }
  for (Index i = 0; i < rows; ++i) shape(relaxed, i, rank, numbers[i], noise);
  return noise;
}

ForwardNoise::Drawn ForwardNoise::draw_states(const Noise& noise, const Matrix& start, const Matrix& targets,
                                              double temperature) const {
  Drawn drawn{noise.center, {}, {}, {}};
  for (std::size_t l = 1; l < layers_.size(); ++l) drawn.displacement[l] += std::sqrt(temperature) * noise.y[l];
  drawn.pass = propagate_displaced(layers_, start, drawn.displacement);
  drawn.outputs = loss_.outputs(drawn.pass.preactivation.back());
  drawn.star = adjoint(layers_, drawn.pass.slope, drawn.outputs - targets);
  return drawn;
}

WeightedDraws ForwardNoise::weigh(const Noise& noise, const Drawn& drawn, const Matrix& targets,
                                  double temperature) const {
  const double width = std::sqrt(temperature);
  Vector push = Vector::Zero(targets.rows()), along = push, across = push, balance = push;
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    const Matrix& pull = drawn.star.activation_adjoint[l];
    push += 0.5 * noise.center[l].rowwise().squaredNorm();                                   // ½‖η*‖²
    along += noise.center[l].cwiseProduct(noise.y[l]).rowwise().sum();                       // ⟨η*, y⟩
    across += pull.cwiseProduct(noise.y[l]).rowwise().sum();                                 // ⟨X*, y⟩
    balance += noise.balance[l].cwiseProduct(drawn.displacement[l] + pull).rowwise().sum();  // a·∇ℋ
  }
  const Vector loss = loss_.losses(drawn.pass.preactivation.back(), targets);
  return {-(loss + push) / temperature - along / width - noise.log_density, loss + balance,
          push + 0.5 * width * (along - across) - balance};
}

/// At fixed states ∂ℋ/∂(W_l, b_l) = d_l ⊗ (X_{l−1}, 1) with d_l = −e_l ∘ σ'(Y_l) in hidden layers and q − t in the
/// last; the trace of ∂²ℋ/∂(W_l, b_l)² is (‖X_{l−1}‖² + 1) Σ_j [σ'² − e σ''], in the last layer (‖X_{L−1}‖² + 1) tr R.
GradientDraws ForwardNoise::gradients(const Drawn& drawn, const std::vector<Matrix>& bend, Index row,
                                      double inputs) const {
  const auto of_row = [&](const Matrix& all) { return all.middleRows(row * draws_, draws_); };
  GradientDraws found{Vector::Zero(draws_), Eigen::MatrixXd::Zero(draws_, draws_)};
  Eigen::MatrixXd below = Eigen::MatrixXd::Constant(draws_, draws_, inputs + 1);  // X_{l−1} X_{l−1}ᵀ + 1
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    const Matrix e = of_row(drawn.displacement[l]), slope = of_row(drawn.pass.slope[l]);
    const Matrix d = e.cwiseProduct(slope);
    const Vector curvature = (slope.cwiseAbs2() - e.cwiseProduct(of_row(bend[l]))).rowwise().sum();
    found.trace += curvature.cwiseProduct(below.diagonal());
    found.gram += (d * d.transpose()).cwiseProduct(below);
    const Matrix x = of_row(drawn.pass.activation[l]);
    below = ((x * x.transpose()).array() + 1).matrix();
  }
  const Matrix d = of_row(drawn.star.preactivation_adjoint[layers_.size()]);
  const Matrix q = of_row(drawn.outputs);
  const Vector curvature =
      loss_.of_classes() ? Vector(1 - q.rowwise().squaredNorm().array()) : loss_.curvature_trace(q);
  found.trace += curvature.cwiseProduct(below.diagonal());
  found.gram += (d * d.transpose()).cwiseProduct(below);
  return found;
}

void ForwardNoise::measure(const Matrix& first_preactivation, const RowBlock& block, std::span<const Index> numbers,
                           std::vector<RowEnsemble>& out) const {
  const double coldest = *std::ranges::min_element(temperatures_);
  const RelaxedStates relaxed = relax(layers_, first_preactivation, block.targets, kSettled * coldest, loss_);
  const Noise noise = draw(relaxed, numbers);
  const Matrix start = repeat_rows(first_preactivation, draws_), targets = repeat_rows(block.targets, draws_);
  for (std::size_t k = 0; k < temperatures_.size(); ++k) {
    const Drawn drawn = draw_states(noise, start, targets, temperatures_[k]);
    const WeightedDraws draws = weigh(noise, drawn, targets, temperatures_[k]);
    const std::vector<Matrix> bend = bends(layers_, drawn.pass, drawn.displacement);
    for (Index i = 0; i < block.size(); ++i) {
      const auto of_row = [&](const Vector& all) -> Vector { return all.segment(i * draws_, draws_); };
      const FreeEnergyOfRow row =
          free_energy({of_row(draws.log_weight), of_row(draws.loss), of_row(draws.bulk)}, temperatures_[k]);
      out[k].value.row(block.first + i) = row.value.transpose();
      out[k].variance.row(block.first + i) = row.variance.transpose();
      out[k].bias.row(block.first + i) = row.bias.transpose();
      out[k].effective_draws[block.first + i] = row.effective_draws;
      out[k].free_energy.row(block.first + i) = row.pseudo_values.row(kFreeEnergy);
      const LaplacianOfRow laplacian = free_energy_laplacian(
          of_row(draws.log_weight), gradients(drawn, bend, i, block.inputs.row(i).squaredNorm()), temperatures_[k]);
      out[k].laplacian.row(block.first + i) << laplacian.value, laplacian.variance, laplacian.bias;
      out[k].energy.row(block.first + i) = row.pseudo_values.row(kMeanLoss) + row.pseudo_values.row(kBulkLoss);
    }
  }
}

}  // namespace poise::thermo
