#include "run/measurements.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace poise::inline run {
namespace {

using nlohmann::json;

struct ShownColumn {
  std::string name;
  int width;  ///< below 0: to the left; 0: as wide as it is, the last one
};

/// Lines of cells. Columns of errors, "± …", are left out where they are empty; below those that are left, what they
/// are.
class Table {
 public:
  explicit Table(std::vector<ShownColumn> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> cells) { lines_.push_back(std::move(cells)); }
  std::string text() const;

 private:
  static bool of_errors(const ShownColumn& column) { return column.name.starts_with("±"); }
  bool is_shown(std::size_t column) const;
  std::string line(const std::vector<std::string>& cells) const;

  std::vector<ShownColumn> columns_;
  std::vector<std::vector<std::string>> lines_;
};

bool Table::is_shown(std::size_t column) const {
  if (!of_errors(columns_[column])) return true;
  return std::any_of(lines_.begin(), lines_.end(), [=](const auto& cells) { return !cells[column].empty(); });
}

std::string Table::line(const std::vector<std::string>& cells) const {
  std::string text;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (!is_shown(c)) continue;
    const int width = columns_[c].width;
    if (width == 0) text += "  " + cells[c];
    if (width > 0) text += fmt::format(" {:>{}}", cells[c], width);
    if (width < 0) text += fmt::format("{:<{}}", cells[c], -width);
  }
  return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
}

std::string Table::text() const {
  std::vector<std::string> names;
  bool has_errors = false, has_rough = false;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    names.push_back(columns_[c].name);
    has_errors = has_errors || (of_errors(columns_[c]) && is_shown(c));
  }
  std::string out = line(names);
  for (const auto& cells : lines_) {
    out += line(cells);
    has_rough =
        has_rough || std::any_of(cells.begin(), cells.end(), [](const auto& cell) { return cell.starts_with('~'); });
  }
  if (!has_errors) return out;
  return out + fmt::format("±: 95 % intervals (JSON: standard errors){}\n",
                           has_rough ? "; ~: too short, as a few rows decide the mean" : "");
}

std::string of_draws(const Estimate& estimate) { return plus_minus(confidence_interval(estimate)); }

/// "~0.045" where it is rough.
std::string of_rows(const Estimate& estimate) {
  const std::string text = plus_minus(confidence_interval({estimate.value, estimate.row_error, 0, 0}));
  return std::isfinite(estimate.row_error) && !text.empty() && is_rough(estimate) ? "~" + text : text;
}

std::vector<ShownColumn> columns_of_quantities(const char* name) {
  return {{name, -42}, {"value", 12}, {"± draws", 10}, {"± rows", 10}, {"unit", 0}};
}

void add_line(Table& table, const char* name, const Estimate& estimate, const std::string& unit) {
  const bool known = !std::isnan(estimate.value);
  table.add({name, known ? fmt::format("{:.5g}", estimate.value) : "–", known ? of_draws(estimate) : "",
             of_rows(estimate), unit});
}

Estimate mutual_information(const ClassThermodynamics& of) {
  return not_negative(of.mutual_information, of.marginal_entropy.value);
}

void add_step(Table& table, const StepThermodynamics& step) {
  add_line(table, "entropy destroyed by a step", step.entropy_destruction, "nats a step");
  if (step.momentum_contraction != 0) {
    add_line(table, "entropy change by momentum, P ln(momentum)", {step.momentum_contraction, 0, 0, 0},
             "nats a step, of weights and their motion");
  }
  if (step.optimizer_temperature.value > 0)
    add_line(table, "optimizer temperature", step.optimizer_temperature, "nats");
  if (step.edge > 0) add_line(table, "edge of stability (1: at it)", {step.edge, 0, 0, 0}, "");
}

void add_outputs(Table& table, const Thermodynamics& t) {
  add_line(table, t.classes ? "mean loss U = CE" : "mean loss U", t.mean_loss, "nats");
  if (t.classes) {
    add_line(table, "output entropy H", t.classes->output_entropy, "nats");
    add_line(table, "imbalance CE - H", t.classes->equilibrium_gap, "nats");
  }
  if (t.divergence) add_line(table, "divergence KL(t|q)", not_negative(*t.divergence), "nats");
  if (!t.classes) return;
  const ClassThermodynamics& of = *t.classes;
  add_line(table, "marginal entropy H(mean q)", of.marginal_entropy, "nats");
  add_line(table, "mutual information H(mean q) - H", mutual_information(of), "nats");
  add_line(table, "variance of the scores Var_q(z)", of.score_variance, "nats");
}

std::string table_of_quantities(const Thermodynamics& t) {
  Table table(columns_of_quantities("quantity"));
  add_outputs(table, t);
  add_line(table, "Laplacian of the loss", t.laplacian, "nats");
  add_line(table, "  its Gauss-Newton part", t.gauss_newton, "nats");
  add_line(table, "gradient noise tr Cov/P", not_negative(t.gradient_noise), "nats²");
  add_line(table, "gradient norm", t.gradient_norm, "nats");
  if (t.detail == Detail::kFull) {
    if (t.layers.size() != 1) add_line(table, "complexity C", t.complexity, "nats");
    add_line(table, "largest curvature", {t.largest_curvature.value, 0, 0, 0},
             fmt::format("nats, on these rows; an eigenvalue is within {:.2g}", t.largest_curvature.residual));
  }
  if (t.step) add_step(table, *t.step);
  return table.text();
}

std::string table_of_layers(const Thermodynamics& t) {
  Table table({{"layer", -6},
               {"weights", 10},
               {"Laplacian", 12},
               {"± draws", 10},
               {"± rows", 10},
               {"per weight", 12},
               {"how", 0}});
  for (std::size_t l = 0; l < t.layers.size(); ++l) {
    const LayerCurvature& layer = t.layers[l];
    table.add({fmt::format("{}", l + 1), fmt::format("{}", layer.weights), fmt::format("{:.5g}", layer.laplacian.value),
               of_draws(layer.laplacian), of_rows(layer.laplacian),
               fmt::format("{:.3g}", layer.laplacian.value / static_cast<double>(layer.weights)), layer.how});
  }
  return table.text();
}

std::string table_of_ensembles(const Thermodynamics& t) {
  Table table(columns_of_quantities("hidden states with noise"));
  for (const NoisyEnsemble& e : t.ensembles) {
    table.add({fmt::format("temperature {:g}", e.temperature), "", "", "",
               fmt::format("{:.1f} effective draws a row", e.effective_draws)});
    add_line(table, "  free energy", e.free_energy, "nats");
    add_line(table,
             t.classes ? "  loss under noise, weighted by e^(-CE/T)" : "  loss under noise, weighted by e^(-loss/T)",
             e.mean_loss, "nats");
    add_line(table, "  energy it costs the states", e.bulk_loss, "nats");
    add_line(table, "  entropy less that of free noise", e.entropy, "nats");
    add_line(table, "  Laplacian of the free energy", e.laplacian, "nats");
  }
  return table.text();
}

json to_json(const LayerCurvature& layer) {
  return {{"weights", layer.weights},
          {"laplacian", to_json(layer.laplacian)},
          {"gauss_newton", to_json(layer.gauss_newton)},
          {"how", layer.how}};
}

json to_json(const NoisyEnsemble& ensemble) {
  return {{"temperature", ensemble.temperature},      {"free_energy", to_json(ensemble.free_energy)},
          {"mean_loss", to_json(ensemble.mean_loss)}, {"bulk_loss", to_json(ensemble.bulk_loss)},
          {"entropy", to_json(ensemble.entropy)},     {"divergence_from_noise", to_json(ensemble.divergence)},
          {"laplacian", to_json(ensemble.laplacian)}, {"effective_draws", ensemble.effective_draws}};
}

/// Null where there are none.
json json_of_classes(const std::optional<ClassThermodynamics>& classes) {
  json out;
  for (const char* name : {"output_entropy", "equilibrium_gap", "score_variance", "marginal_entropy",
                           "mutual_information", "temperature"}) {
    out[name] = nullptr;
  }
  if (!classes) return out;
  return {{"output_entropy", to_json(classes->output_entropy)},
          {"equilibrium_gap", to_json(classes->equilibrium_gap)},
          {"score_variance", to_json(classes->score_variance)},
          {"marginal_entropy", to_json(classes->marginal_entropy)},
          {"mutual_information", to_json(mutual_information(*classes))},
          {"temperature",
           {{"temperature", classes->temperature.temperature},
            {"cross_entropy", classes->temperature.cross_entropy},
            {"at_limit", classes->temperature.at_limit}}}};
}

json to_json(const StepThermodynamics& step) {
  json out = {{"entropy_destruction", to_json(step.entropy_destruction)},
              {"momentum_contraction", step.momentum_contraction}};
  if (step.optimizer_temperature.value > 0) out["optimizer_temperature"] = to_json(step.optimizer_temperature);
  if (step.edge > 0) out["edge"] = step.edge;
  return out;
}

}  // namespace

Estimate not_negative(Estimate estimate, double size) {
  constexpr double kRounding = 1e-12;
  if (estimate.value <= kRounding * size) estimate.value = 0;
  return estimate;
}

std::string two_digits(double size) {
  return size >= 9.95 && size < 1e6 ? fmt::format("{:.0f}", size) : fmt::format("{:#.2g}", size);
}

std::string value_and_error(double value, const Bounds& interval) {
  constexpr int kMostDecimals = 8;
  const std::string error = plus_minus(interval);
  if (error.empty()) return fmt::format("{:.4g} ± 0", value);
  const std::size_t point = error.find('.');
  if (error.find('e') != std::string::npos) return fmt::format("{:.4g} ± {}", value, error);
  if (error == "–" || std::isinf(interval.high)) return fmt::format("{:.4g} ± {}", value, error);
  const int decimals = point == std::string::npos ? 0 : static_cast<int>(error.size() - point) - 1;
  return fmt::format("{:.{}f} ± {}", value, std::min(decimals, kMostDecimals), error);
}

std::string plus_minus(const Bounds& interval) {
  if (!std::isfinite(interval.high)) return "–";
  const double half = (interval.high - interval.low) / 2, rounding = 1e-12 * std::abs(interval.high + interval.low);
  return half > rounding ? two_digits(half) : std::string();
}

json to_json(const Estimate& estimate) {
  json out = {{"value", estimate.value}, {"error", estimate.error}, {"row_error", estimate.row_error}};
  if (estimate.error > 0) out["degrees"] = estimate.degrees;
  if (is_rough(estimate)) out["rough"] = true;
  return out;
}

json to_json(const Thermodynamics& t) {
  json out = {{"rows", t.rows},
              {"parameters", t.parameters},
              {"mean_loss", to_json(t.mean_loss)},
              {"divergence", t.divergence ? to_json(not_negative(*t.divergence)) : json()},
              {"laplacian", to_json(t.laplacian)},
              {"gauss_newton", to_json(t.gauss_newton)},
              {"gradient_noise", to_json(not_negative(t.gradient_noise))},
              {"gradient_norm", to_json(t.gradient_norm)},
              {"layers", json::array()}};
  out.update(json_of_classes(t.classes));
  for (const LayerCurvature& layer : t.layers) out["layers"].push_back(to_json(layer));
  out["step"] = t.step ? to_json(*t.step) : json();
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
  const std::string text = table_of_quantities(t) + "\n" + table_of_layers(t);
  if (t.detail == Detail::kFull && t.layers.size() == 1)
    return text + "\nno hidden units: no ensembles, complexity 0\n";
  return t.ensembles.empty() ? text : text + "\n" + table_of_ensembles(t);
}

}  // namespace poise::inline run
