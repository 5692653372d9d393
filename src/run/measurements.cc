#include "run/measurements.h"

#include <fmt/core.h>

#include <cmath>

namespace poise {
namespace {

using nlohmann::json;

/// Half the width of the 95 % interval; empty for what is exact, up to rounding; a dash where nothing is known.
std::string plus_minus(const Bounds& interval) {
  if (std::isinf(interval.high)) return "–";
  const double half = (interval.high - interval.low) / 2, rounding = 1e-12 * std::abs(interval.high + interval.low);
  return half > rounding ? fmt::format("{:.2g}", half) : std::string();
}

std::string of_draws(const Estimate& estimate) { return plus_minus(confidence_interval(estimate)); }

std::string of_rows(const Estimate& estimate) {
  return plus_minus(confidence_interval({estimate.value, estimate.row_error, 0, 0}));
}

std::string line(const std::string& name, const Estimate& estimate, const char* unit) {
  return fmt::format("{:<42} {:>12.5g} {:>10} {:>10}  {}\n", name, estimate.value, of_draws(estimate),
                     of_rows(estimate), unit);
}

std::string table_of_quantities(const Thermodynamics& t) {
  std::string text = fmt::format("{:<42} {:>12} {:>10} {:>10}  {}\n", "quantity", "value", "± draws", "± rows", "unit");
  text += line("mean loss U = CE", t.mean_loss, "nats");
  text += line("output entropy H", t.output_entropy, "nats");
  text += line("equilibrium gap CE - H", t.equilibrium_gap, "nats");
  text += line("divergence KL(t|q)", t.divergence, "nats");
  text += line("marginal entropy H(mean q)", t.marginal_entropy, "nats");
  text += line("mutual information H(mean q) - H", t.mutual_information, "nats");
  text += line("variance of the scores Var_q(z)", t.score_variance, "nats");
  text += line("Laplacian of the loss", t.laplacian, "nats");
  text += line("  its Gauss-Newton part", t.gauss_newton, "nats");
  text += line("gradient noise tr Cov/P", t.gradient_noise, "nats²");
  text += fmt::format("{:<42} {:>12.5g} {:>21}  nats\n", "gradient norm", t.gradient_norm, "");
  if (t.detail == Detail::kLight) return text;
  text += line("complexity C", t.complexity, "nats");
  text += fmt::format("{:<42} {:>12.5g} {:>21}  nats; an eigenvalue is within {:.2g}\n", "largest curvature",
                      t.largest_curvature.value, "", t.largest_curvature.residual);
  return text;
}

std::string table_of_step(const StepThermodynamics& step) {
  std::string text = line("entropy destroyed by a step", step.entropy_destruction, "nats");
  if (step.momentum_contraction != 0)
    text += line("  by momentum, P ln α", {step.momentum_contraction, 0, 0, 0}, "nats");
  if (step.optimizer_temperature.value > 0) text += line("optimizer temperature", step.optimizer_temperature, "nats");
  if (step.edge > 0) text += line("edge of stability (1: at it)", {step.edge, 0, 0, 0}, "");
  return text;
}

std::string table_of_layers(const Thermodynamics& t) {
  std::string text = fmt::format("\n{:<6} {:>10} {:>12} {:>10} {:>12}  {}\n", "layer", "weights", "Laplacian",
                                 "± draws", "per weight", "how");
  for (std::size_t l = 0; l < t.layers.size(); ++l) {
    const LayerCurvature& layer = t.layers[l];
    text +=
        fmt::format("{:<6} {:>10} {:>12.5g} {:>10} {:>12.3g}  {}\n", l + 1, layer.weights, layer.laplacian.value,
                    of_draws(layer.laplacian), layer.laplacian.value / static_cast<double>(layer.weights), layer.how);
  }
  return text;
}

std::string table_of_ensembles(const Thermodynamics& t) {
  std::string text = fmt::format("\n{:<12}", "temperature");
  for (const char* name : {"free energy", "mean loss", "bulk loss", "entropy"})
    text += fmt::format(" {:>11} {:>8}", name, "± draws");
  text += fmt::format(" {:>16}\n", "effective draws");
  for (const NoisyEnsemble& e : t.ensembles) {
    text += fmt::format("{:<12g}", e.temperature);
    for (const Estimate* figure : {&e.free_energy, &e.mean_loss, &e.bulk_loss, &e.entropy})
      text += fmt::format(" {:>11.4g} {:>8}", figure->value, of_draws(*figure));
    text += fmt::format(" {:>16.1f}\n", e.effective_draws);
  }
  return text;
}

json to_json(const LayerCurvature& layer) {
  return {{"weights", layer.weights},
          {"laplacian", to_json(layer.laplacian)},
          {"gauss_newton", to_json(layer.gauss_newton)},
          {"how", layer.how}};
}

json to_json(const NoisyEnsemble& ensemble) {
  return {{"temperature", ensemble.temperature},        {"free_energy", to_json(ensemble.free_energy)},
          {"mean_loss", to_json(ensemble.mean_loss)},   {"bulk_loss", to_json(ensemble.bulk_loss)},
          {"entropy", to_json(ensemble.entropy)},       {"divergence", to_json(ensemble.divergence)},
          {"effective_draws", ensemble.effective_draws}};
}

json to_json(const StepThermodynamics& step) {
  json out = {{"entropy_destruction", to_json(step.entropy_destruction)},
              {"momentum_contraction", step.momentum_contraction}};
  if (step.optimizer_temperature.value > 0) out["optimizer_temperature"] = to_json(step.optimizer_temperature);
  if (step.edge > 0) out["edge"] = step.edge;
  return out;
}

}  // namespace

json to_json(const Estimate& estimate) {
  json out = {{"value", estimate.value}, {"error", estimate.error}, {"row_error", estimate.row_error}};
  if (estimate.error > 0) out["degrees"] = estimate.degrees;
  return out;
}

json to_json(const Thermodynamics& t) {
  json out = {{"rows", t.rows},
              {"parameters", t.parameters},
              {"mean_loss", to_json(t.mean_loss)},
              {"output_entropy", to_json(t.output_entropy)},
              {"divergence", to_json(t.divergence)},
              {"equilibrium_gap", to_json(t.equilibrium_gap)},
              {"score_variance", to_json(t.score_variance)},
              {"marginal_entropy", to_json(t.marginal_entropy)},
              {"mutual_information", to_json(t.mutual_information)},
              {"temperature",
               {{"temperature", t.temperature.temperature},
                {"cross_entropy", t.temperature.cross_entropy},
                {"at_limit", t.temperature.at_limit}}},
              {"laplacian", to_json(t.laplacian)},
              {"gauss_newton", to_json(t.gauss_newton)},
              {"gradient_noise", to_json(t.gradient_noise)},
              {"gradient_norm", t.gradient_norm},
              {"layers", json::array()}};
  for (const LayerCurvature& layer : t.layers) out["layers"].push_back(to_json(layer));
  if (t.step) out["step"] = to_json(*t.step);
  if (t.detail == Detail::kLight) return out;
  out["ensembles"] = json::array();
  for (const NoisyEnsemble& ensemble : t.ensembles) out["ensembles"].push_back(to_json(ensemble));
  out["complexity"] = to_json(t.complexity);
  out["largest_curvature"] = {{"value", t.largest_curvature.value}, {"residual", t.largest_curvature.residual}};
  return out;
}

json to_json(const FirstLaw& law) {
  return {{"temperature", law.temperature},
          {"loss_change", to_json(law.loss_change)},
          {"heat", to_json(law.heat)},
          {"complexity_heat", to_json(law.complexity_heat)},
          {"residual", to_json(law.residual)}};
}

std::string table_of(const Thermodynamics& t) {
  std::string text = table_of_quantities(t);
  if (t.step) text += table_of_step(*t.step);
  text += table_of_layers(t);
  if (!t.ensembles.empty()) text += table_of_ensembles(t);
  return text;
}

}  // namespace poise
