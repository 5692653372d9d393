#include "thermo/forward_noise.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "thermo/free_energy.h"

namespace poise::thermo {
namespace {

constexpr std::uint64_t kNoiseStream = 0x7e40'0003, kPartStream = 0x7e40'0004;
constexpr double kPlainShare = 0.125;  // ε
constexpr double kSettled = 1e-2;      // share of T: what an unsettled state adds to the variance of ln w

}  // namespace

ForwardNoise::ForwardNoise(const std::vector<Layer>& layers, std::vector<double> temperatures, int draws,
                           std::uint64_t seed)
    : layers_(layers), temperatures_(std::move(temperatures)), draws_(draws), seed_(seed) {}

/// Turns the plain noise of one row, in its draws of the first part, to (I + VVᵀ)^−½ times it. With VᵀV = Q Λ Qᵀ
///   (I + VVᵀ)^−½ = I − V Q diag(1/(√(1+λ) (√(1+λ) + 1))) Qᵀ Vᵀ
void ForwardNoise::shape(const RelaxedStates& relaxed, Index row, Index classes, Index number, Noise& noise) const {
  const Eigen::MatrixXd gram = gram_of_row(relaxed.jacobian, row, classes);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(gram);
  const Eigen::ArrayXd root = (1 + eigen.eigenvalues().array().max(0)).sqrt();
  const Eigen::MatrixXd shrink =
      eigen.eigenvectors() * (root * (root + 1)).inverse().matrix().asDiagonal() * eigen.eigenvectors().transpose();
  Eigen::MatrixXd image = Eigen::MatrixXd::Zero(draws_, classes);  // Vᵀξ
  const auto jacobian = [&](std::size_t l) { return relaxed.jacobian[l].middleRows(row * classes, classes); };
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

ForwardNoise::Noise ForwardNoise::draw(const RelaxedStates& relaxed, Index classes,
                                       std::span<const Index> numbers) const {
  const std::uint64_t stream = random_bits(seed_, kNoiseStream);
  Index neurons = 0, offset = 0;
  for (std::size_t l = 1; l < layers_.size(); ++l) neurons += layers_[l - 1].bias.size();
  const Index rows = std::ssize(numbers);
  Noise noise{std::vector<Matrix>(layers_.size() + 1), Vector::Zero(rows * draws_), Vector::Zero(rows * draws_)};
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    const Index width = layers_[l - 1].bias.size();
    noise.y[l].resize(rows * draws_, width);
    for (Index k = 0; k < rows * draws_; ++k) {
      const Index draw = numbers[static_cast<std::size_t>(k / draws_)] * draws_ + k % draws_;
      for (Index j = 0; j < width; ++j)
        noise.y[l](k, j) = random_normal(stream, static_cast<std::uint64_t>(draw * neurons + offset + j));
    }
    offset += width;
  }
  for (Index i = 0; i < rows; ++i) shape(relaxed, i, classes, numbers[static_cast<std::size_t>(i)], noise);
  for (std::size_t l = 1; l < layers_.size(); ++l)
    noise.along += noise.y[l].cwiseProduct(repeat_rows(relaxed.displacement[l], draws_)).rowwise().sum();
  return noise;
}

void ForwardNoise::measure(const Matrix& first_preactivation, const RowBlock& block, std::span<const Index> numbers,
                           std::vector<RowEnsemble>& out) const {
  const double coldest = *std::ranges::min_element(temperatures_);
  const RelaxedStates relaxed = relax(layers_, first_preactivation, block.targets, kSettled * coldest);
  const Noise noise = draw(relaxed, block.targets.cols(), numbers);
  const Matrix start = repeat_rows(first_preactivation, draws_), targets = repeat_rows(block.targets, draws_);
  std::vector<Matrix> center(relaxed.displacement.size());
  Vector push = Vector::Zero(start.rows());  // ½‖η*‖²
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    center[l] = repeat_rows(relaxed.displacement[l], draws_);
    push += 0.5 * center[l].rowwise().squaredNorm();
  }
  for (std::size_t k = 0; k < temperatures_.size(); ++k) {
    const double temperature = temperatures_[k], width = std::sqrt(temperature);
    std::vector<Matrix> states = center;
    for (std::size_t l = 1; l < layers_.size(); ++l) states[l] += width * noise.y[l];
    const Matrix scores = propagate_displaced(layers_, start, states).preactivation.back();
    const Vector loss = reference::losses(Loss::kCrossEntropy, scores, targets);
    const Vector log_weight = -(loss + push) / temperature - noise.along / width - noise.log_density;
    for (Index i = 0; i < block.size(); ++i) {
      const FreeEnergyOfRow row =
          free_energy(log_weight.segment(i * draws_, draws_), loss.segment(i * draws_, draws_), temperature);
      out[k].value.row(block.first + i) = row.value.transpose();
      out[k].variance.row(block.first + i) = row.variance.transpose();
      out[k].bias.row(block.first + i) = row.bias.transpose();
      out[k].effective_draws[block.first + i] = row.effective_draws;
    }
  }
}

}  // namespace poise::thermo
