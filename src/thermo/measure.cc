#include <fmt/core.h>

#include <cmath>
#include <limits>

#include "base/index.h"
#include "base/random.h"
#include "network/metadata.h"
#include "poise/error.h"
#include "poise/thermodynamics.h"
#include "thermo/fields.h"
#include "thermo/network/hessian.h"
#include "thermo/outputs.h"
#include "thermo/row_figures.h"
#include "thermo/row_mean.h"
#include "thermo/states/ensemble_record.h"

namespace poise {
namespace {

using thermo::mean_of_rows;
using thermo::scaled;

constexpr std::uint64_t kLanczosStream = 0x7e40'0005;

void go_on(const ThermodynamicsOptions& o) {
  if (o.watcher && o.watcher->on_event({}) == Answer::kStop) throw MeasurementStopped();
}

/// tr Cov(g_n)/P over rows of equal chance, g_n = n s_n ∇ℓ_n with the mean ∇ mean ℓ:
///   n/(n − 1) [mean ‖g_n‖² − ‖mean g‖²]/P
Estimate gradient_noise(const thermo::RowFigures& figures) {
  const Index n = figures.noise.size();
  if (n < 2) return {std::numeric_limits<double>::quiet_NaN(), 0, 0, std::numeric_limits<double>::infinity()};
  const auto count = static_cast<double>(n);
  const double bessel = count / (count - 1), parameters = static_cast<double>(figures.gradient.size());
  Estimate noise = mean_of_rows(Vector::Constant(n, 1 / count), figures.noise);
  noise.value = bessel * (figures.squared_gradient.mean() - figures.gradient.squaredNorm());
  return scaled(noise, 1 / parameters);
}

/// The distance between the gradients of the rows and of their source has the mean square tr Cov(g_n)/n, and that
/// between their norms is not larger.
Estimate gradient_norm(const thermo::RowFigures& figures, const Estimate& noise) {
  const double trace = noise.value * static_cast<double>(figures.gradient.size());
  const auto n = static_cast<double>(figures.noise.size());
  const double error = std::isnan(trace) ? noise.row_error : std::sqrt(std::max(0.0, trace) / n);
  return {figures.gradient.norm(), 0, 0, error, noise.row_skewness};
}

/// The mean over rows of column `column`, of a layer or of their sum.
Estimate mean_of_column(const Vector& weight, const Vector& figures, const Matrix& variance, Index column, int draws) {
  if (variance.col(column).isZero(0)) return mean_of_rows(weight, figures);
  return mean_of_rows(weight, figures, {variance.col(column), static_cast<double>(draws - 1)});
}

void summarize_curvature(const std::vector<Layer>& layers, const thermo::CurvatureMeter& meter,
                         const thermo::RowCurvature& rows, const Vector& weight, Thermodynamics& out) {
  const auto depth = std::ssize(layers);
  for (Index l = 0; l < depth; ++l) {
    const Layer& layer = layers[l];
    out.layers.push_back(
        {layer.weights.size() + layer.bias.size(),
         mean_of_column(weight, rows.laplacian.col(l), rows.laplacian_variance, l, meter.draws()),
         mean_of_column(weight, rows.gauss_newton.col(l), rows.gauss_newton_variance, l, meter.draws()),
         meter.how(l + 1)});
  }
  out.laplacian = mean_of_column(weight, rows.laplacian.rowwise().sum(), rows.laplacian_variance, depth, meter.draws());
  out.gauss_newton =
      mean_of_column(weight, rows.gauss_newton.rowwise().sum(), rows.gauss_newton_variance, depth, meter.draws());
}

NoisyEnsemble summarize(double temperature, const thermo::RowEnsemble& rows, const Vector& weight) {
  const auto mean = [&](Index quantity) { return thermo::ensemble_mean(weight, rows, quantity); };
  return {temperature,
          mean(thermo::kFreeEnergy),
          mean(thermo::kMeanLoss),
          mean(thermo::kBulkLoss),
          mean(thermo::kEntropy),
          mean(thermo::kDivergence),
          thermo::ensemble_laplacian(weight, rows),
          weight.dot(rows.effective_draws)};
}

StepThermodynamics measure_step(const Thermodynamics& at, const ThermodynamicsOptions& o) {
  StepThermodynamics step;
  const double friction = 1 - o.momentum;
  step.entropy_destruction = scaled(at.laplacian, o.learning_rate);
  if (o.momentum > 0) step.momentum_contraction = static_cast<double>(at.parameters) * std::log(o.momentum);
  if (o.batch > 0)
    step.optimizer_temperature =
        scaled(at.gradient_noise, o.learning_rate / (2 * friction * static_cast<double>(o.batch)));
  step.edge = o.learning_rate * at.largest_curvature.value / (2 * (1 + o.momentum));
  return step;
}

/// The states of networks without hidden neurons: the loss in every draw of every row, complexity 0.
thermo::RowStates still_states(const thermo::RowFigures& figures, thermo::ScoreLoss loss,
                               const ThermodynamicsOptions& options) {
  const Vector losses = loss.losses(figures.scores, figures.targets);
  thermo::RowEnsemble still(losses.size(), options.draws);
  still.bias.setZero();
  still.free_energy = still.energy = losses.replicate(1, options.draws);
  return {Vector::Zero(losses.size()), std::vector<thermo::RowEnsemble>(options.temperatures.size(), still)};
}

void keep(thermo::RowStates&& states, const thermo::MeasuredRows& rows, const ThermodynamicsOptions& options,
          EnsembleRecord::Rows& record) {
  record = {rows.numbers(), rows.weight(), std::move(states.complexity), options.temperatures,
            std::move(states.ensembles)};
}

void measure_fully(const std::vector<Layer>& layers, const thermo::MeasuredRows& rows,
                   const thermo::CurvatureMeter& meter, const ThermodynamicsOptions& options,
                   thermo::RowFigures& figures, EnsembleRecord::Rows* record, Thermodynamics& out) {
  if (layers.size() == 1) {  // nothing fluctuates: no ensembles, and C = 0
    if (record) keep(still_states(figures, rows.loss(), options), rows, options, *record);
  } else {
    thermo::RowStates states = thermo::measure_states(layers, rows, meter, options, figures.curvature);
    out.complexity = mean_of_rows(rows.weight(), states.complexity);
    for (std::size_t k = 0; k < states.ensembles.size(); ++k)
      out.ensembles.push_back(summarize(options.temperatures[k], states.ensembles[k], rows.weight()));
    if (record) keep(std::move(states), rows, options, *record);
  }
  const auto product = [&](const Vector& v) {
    go_on(options);
    return thermo::hessian_product(layers, rows, v, options.threads);
  };
  thermo::LanczosOptions lanczos;
  lanczos.seed = random_bits(options.seed, kLanczosStream);
  out.largest_curvature = thermo::largest_eigenvalue(out.parameters, product, lanczos);
}

}  // namespace

struct Thermometer::Rows {
  thermo::MeasuredRows measured;
};

Thermometer::Thermometer(const Dataset& data, const ThermodynamicsOptions& options) : options_(options) {
  check_fields(options);
  rows_ = std::make_unique<const Rows>(Rows{thermo::MeasuredRows(data, options)});
}

Thermometer::~Thermometer() = default;
Thermometer::Thermometer(Thermometer&&) noexcept = default;
Thermometer& Thermometer::operator=(Thermometer&&) noexcept = default;

void Thermometer::set_step(double learning_rate, double momentum, Index batch) {
  ThermodynamicsOptions changed = options_;
  changed.learning_rate = learning_rate;
  changed.momentum = momentum;
  changed.batch = batch;
  check_fields(changed);
  options_ = std::move(changed);
}

Thermodynamics Thermometer::measure(const Network& network, EnsembleRecord* record) const {
  if (record) record->rows_.reset();
  go_on(options_);
  const thermo::MeasuredRows& rows = rows_->measured;
  const std::vector<Layer> layers = rows.layers_of(network);
  const thermo::CurvatureMeter meter(layers, options_.detail, options_.label_draws, options_.seed, rows.loss());
  thermo::RowFigures figures = thermo::measure_rows(layers, rows, meter, options_);
  Thermodynamics out;
  out.detail = options_.detail;
  out.rows = rows.size();
  out.parameters = network.parameter_count();
  thermo::measure_outputs(figures.scores, figures.targets, rows.weight(),
                          {.threads = options_.threads, .watcher = options_.watcher}, rows.loss(), out);
  if (options_.detail == Detail::kFull) {
    go_on(options_);
    if (record) record->rows_ = std::make_unique<EnsembleRecord::Rows>();
    measure_fully(layers, rows, meter, options_, figures, record ? record->rows_.get() : nullptr, out);
  }
  summarize_curvature(layers, meter, figures.curvature, rows.weight(), out);
  out.gradient_noise = gradient_noise(figures);
  thermo::raise_skewness(out.gradient_noise, out.mean_loss.row_skewness);
  out.gradient_norm = gradient_norm(figures, out.gradient_noise);
  if (options_.learning_rate > 0) out.step = measure_step(out, options_);
  return out;
}

ThermodynamicsOptions options_for(const Network& network, ThermodynamicsOptions options) {
  options.head = network.head;
  if (!network.reconstructs()) return options;
  const Index d = network.feature_count();
  if (network.head == Head::kLogistic) {
    options.target_units = Vector::Constant(d, network.output_unit);
  } else {
    const Vector units = recorded_units(network.metadata, d).value_or(Vector::Ones(d));
    options.target_units = (units.array() == 0).select(1.0, units);
  }
  return options;
}

Thermodynamics measure_thermodynamics(const Network& network, const Dataset& data,
                                      const ThermodynamicsOptions& options) {
  return Thermometer(data, options_for(network, options)).measure(network);
}

}  // namespace poise
