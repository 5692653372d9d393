#include "thermo/network/curvature.h"

#include <cmath>

#include "base/index.h"
#include "base/random.h"

namespace poise::thermo {
namespace {

constexpr std::uint64_t kLabelStream = 0x7e40'0002, kProbeStream = 0x7e41'0000;  // + l
constexpr Index kMostUnitTangents = 64;  // of Detail::kFull: below this width all unit vectors are affordable

/// ‖x̃_{l−1}‖² of every row, (X_{l−1}, 1)
Vector squared_inputs(const State& state, std::size_t l) {
  return state.pass.activation[l - 1].rowwise().squaredNorm().array() + 1;
}

/// Σ_i σ'_i² (W_LᵀRW_L)_ii: tr GN of the last hidden layer.
Vector last_hidden_trace(const Layer& head, const State& state) {
  const Matrix behind = state.loss.diagonal_behind(state.q, head.weights);
  const Matrix& slope = state.pass.slope[state.pass.slope.size() - 2];
  return slope.cwiseAbs2().cwiseProduct(behind).rowwise().sum();
}

/// Mean and variance of the mean of the `copies` figures of every row, which follow each other.
struct Spread {
  Vector mean, variance;
};
Spread spread_of(const Vector& figures, Index copies) {
  const Eigen::Map<const Matrix> by_row(figures.data(), figures.size() / copies, copies);
  Spread spread;
  spread.mean = by_row.rowwise().mean();
  const auto count = static_cast<double>(copies);
  spread.variance = (by_row.colwise() - spread.mean).rowwise().squaredNorm() / (count * (count - 1));
  return spread;
}

}  // namespace

RowCurvature::RowCurvature(Index rows, Index layers)
    : laplacian(Matrix::Zero(rows, layers)),
      gauss_newton(Matrix::Zero(rows, layers)),
      laplacian_variance(Matrix::Zero(rows, layers + 1)),
      gauss_newton_variance(Matrix::Zero(rows, layers + 1)) {}

CurvatureMeter::CurvatureMeter(const std::vector<Layer>& layers, Detail detail, int draws, std::uint64_t seed,
                               ScoreLoss loss)
    : layers_(layers),
      detail_(detail),
      draws_(draws),
      seed_(seed),
      loss_(loss),
      tangents_(layers.size() + 1, Tangents::kNone) {
  bool bent_above = false;
  for (std::size_t l = depth(); l-- > 1;) {  // L − 1 … 1
    const Index affordable = detail == Detail::kFull ? kMostUnitTangents : draws;
    if (bent_above) tangents_[l] = layers[l - 1].bias.size() <= affordable ? Tangents::kUnit : Tangents::kRandom;
    bent_above = bent_above || is_bent(layers[l - 1].activation);
  }
}

std::string CurvatureMeter::how(std::size_t l) const {
  if (tangents_[l] == Tangents::kRandom) return "Hutchinson";
  if (!samples_labels() || l + 1 >= depth()) return "exact";
  return loss_.of_classes() ? "sampled labels" : "Hutchinson";
}

/// Starts with the mean square R and the length √tr R.
Matrix CurvatureMeter::sample_starts(const Matrix& q, std::span<const Index> numbers) const {
  if (loss_.of_classes()) return sample_classes(q, numbers);
  Matrix starts = random_signs(depth(), numbers);
  times_repeated(starts, loss_.curvature_diagonal(q).cwiseSqrt());
  return starts;
}

Matrix CurvatureMeter::sample_classes(const Matrix& q, std::span<const Index> numbers) const {
  const std::uint64_t stream = random_bits(seed_, kLabelStream);
  const Vector trace = loss_.curvature_trace(q);
  Matrix starts(q.rows() * draws_, q.cols());
  for (Index k = 0; k < starts.rows(); ++k) {
    const Index i = k / draws_;
    const auto p = q.row(i).array();
    const double square = p.square().sum();
    const Eigen::ArrayXd length = 1 - 2 * p.transpose() + square;  // ‖e_c − q‖²
    const Eigen::ArrayXd share = p.transpose() * length;
    const auto counter = static_cast<std::uint64_t>(numbers[i] * draws_ + k % draws_);
    double rest = random_uniform(stream, counter) * share.sum();
    Index c = 0;
    while (c + 1 < q.cols() && (rest -= share[c]) >= 0) ++c;
    starts.row(k) = -q.row(i);
    starts(k, c) += 1;
    starts.row(k) *= length[c] > 0 ? std::sqrt(std::max(0.0, trace[i]) / length[c]) : 0;
  }
  return starts;
}

Matrix CurvatureMeter::random_signs(std::size_t l, std::span<const Index> numbers) const {
  const Index width = layers_[l - 1].bias.size(), words = (width + 63) / 64;
  const std::uint64_t stream = random_bits(seed_, kProbeStream + l);
  Matrix signs(std::ssize(numbers) * draws_, width);
  for (Index k = 0; k < signs.rows(); ++k) {
    const Index draw = numbers[k / draws_] * draws_ + k % draws_;
    std::uint64_t bits = 0;
    for (Index j = 0; j < width; ++j, bits >>= 1) {
      if (j % 64 == 0) bits = random_bits(stream, static_cast<std::uint64_t>(draw * words + j / 64));
      signs(k, j) = (bits & 1) != 0 ? 1 : -1;
    }
  }
  return signs;
}

/// Σ_{l<m<L} Σ_i (X*_m ∘ σ''_m ∘ Ẏ_m²)_i of every tangent from Ẏ_l, several a row.
Vector CurvatureMeter::bend_above(const State& state, std::size_t l, Matrix tangents) const {
  Vector sum = Vector::Zero(tangents.rows());
  for (std::size_t m = l + 1; m < depth(); ++m) {
    times_repeated(tangents, state.pass.slope[m - 1]);
    tangents = times_transposed(tangents, layers_[m - 1].weights);
    if (!is_bent(layers_[m - 1].activation)) continue;
    Matrix terms = tangents.cwiseAbs2();
    times_repeated(terms, state.star.activation_adjoint[m].cwiseProduct(state.bend[m]));
    sum += terms.rowwise().sum();
  }
  return sum;
}

CurvatureMeter::Traces CurvatureMeter::traces(const State& state, std::size_t l, std::span<const Index> numbers,
                                              const Adjoint& sampled) const {
  const Index rows = state.q.rows();
  Traces of{Vector::Zero(rows), Vector::Zero(rows), Vector::Zero(rows * draws_), Vector::Zero(rows * draws_)};
  if (l == depth()) of.gauss_newton = loss_.curvature_trace(state.q);
  if (l + 1 == depth()) of.gauss_newton = last_hidden_trace(layers_.back(), state);
  if (l < depth()) of.bend = state.star.activation_adjoint[l].cwiseProduct(state.bend[l]).rowwise().sum();
  if (samples_labels() && l + 1 < depth()) of.label = sampled.preactivation_adjoint[l].rowwise().squaredNorm();
  if (tangents_[l] == Tangents::kRandom) of.tangent = bend_above(state, l, random_signs(l, numbers));
  if (tangents_[l] == Tangents::kUnit) {
    const Index width = layers_[l - 1].bias.size();
    const Vector terms = bend_above(state, l, Matrix::Identity(width, width).replicate(rows, 1));
    of.bend += Eigen::Map<const Matrix>(terms.data(), rows, width).rowwise().sum();
  }
  return of;
}

void CurvatureMeter::measure(const State& state, Index first, std::span<const Index> numbers, RowCurvature& out) const {
  const Index rows = state.q.rows();
  const Adjoint sampled =
      samples_labels() ? adjoint(layers_, state.pass.slope, sample_starts(state.q, numbers)) : Adjoint();
  Vector label_sum = Vector::Zero(rows * draws_), sum = label_sum;  // over layers, by draw
  for (std::size_t l = 1; l <= depth(); ++l) {
    const auto column = static_cast<Index>(l - 1);
    const Vector scale = squared_inputs(state, l);
    const Traces of = traces(state, l, numbers, sampled);
    const Vector by_draw = repeat_rows(scale, draws_), label = by_draw.cwiseProduct(of.label),
                 both = label + by_draw.cwiseProduct(of.tangent);
    const Spread of_labels = spread_of(label, draws_), of_both = spread_of(both, draws_);
    out.gauss_newton.col(column).segment(first, rows) = scale.cwiseProduct(of.gauss_newton) + of_labels.mean;
    out.laplacian.col(column).segment(first, rows) = scale.cwiseProduct(of.gauss_newton + of.bend) + of_both.mean;
    out.gauss_newton_variance.col(column).segment(first, rows) = of_labels.variance;
    out.laplacian_variance.col(column).segment(first, rows) = of_both.variance;
    label_sum += label;
    sum += both;
  }
  out.gauss_newton_variance.rightCols(1).middleRows(first, rows) = spread_of(label_sum, draws_).variance;
  out.laplacian_variance.rightCols(1).middleRows(first, rows) = spread_of(sum, draws_).variance;
}

void CurvatureMeter::add_output_adjoints(const State& state, const Adjoint& of_outputs, Index first,
                                         RowCurvature& out) const {
  const Index rows = state.q.rows(), outputs = state.q.cols();
  for (std::size_t l = 1; l + 1 < depth(); ++l) {
    const Vector squares = of_outputs.preactivation_adjoint[l].rowwise().squaredNorm();
    const Vector trace = Eigen::Map<const Matrix>(squares.data(), rows, outputs).rowwise().sum();
    const Vector term = squared_inputs(state, l).cwiseProduct(trace);
    out.gauss_newton.col(static_cast<Index>(l - 1)).segment(first, rows) += term;
    out.laplacian.col(static_cast<Index>(l - 1)).segment(first, rows) += term;
  }
}

}  // namespace poise::thermo
