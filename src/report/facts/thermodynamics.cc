#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "report/facts/sections.h"
#include "report/words.h"

namespace poise::report {
namespace {

std::string penalty_caption(const RunRecord& run) {
  return run.chosen_by.empty() ? "Cross-entropy at the optimum of every penalty."
                               : "Cross-entropy of rows not trained on, at the optimum of every penalty; chosen by " +
                                     run.chosen_by + ".";
}

Chart thermodynamic_chart(const std::string& title, const std::string& unit, const std::vector<double>& x,
                          const std::vector<std::string>& names, const std::vector<std::vector<double>>& columns,
                          bool log, bool by_penalty) {
  return {.title = title,
          .caption = "",
          .x = {.name = by_penalty ? "penalty λ" : "epoch", .log = by_penalty},
          .y = {.name = unit, .log = log},
          .series = curves(x, names, columns),
          .guides = {}};
}

Table last_figures(const TelemetryMeasurement& last) {
  const Thermodynamics& t = last.figures;
  const ClassThermodynamics* of = t.classes ? &*t.classes : nullptr;
  Table table{
      .caption = fmt::format("The last measurement, on {} rows; ±: 95 % intervals over rows as draws from their source",
                             count(static_cast<double>(t.rows))),
      .columns = {{"quantity", false}, {"value"}, {"unit", false}},
      .rows = {}};
  const std::tuple<const char*, const Estimate*, const char*> all[] = {
      {of ? "mean loss U = CE" : "mean loss U", &t.mean_loss, "nats"},
      {"output entropy H", of ? &of->output_entropy : nullptr, "nats"},
      {"imbalance CE − H", of ? &of->equilibrium_gap : nullptr, "nats"},
      {"divergence KL(t‖q)", t.divergence ? &*t.divergence : nullptr, "nats"},
      {"mutual information H(mean q) − H", of ? &of->mutual_information : nullptr, "nats"},
      {"variance of the scores", of ? &of->score_variance : nullptr, "nats²"},
      {"Laplacian of the loss", &t.laplacian, "nats"},
      {"its Gauss–Newton part", &t.gauss_newton, "nats"},
      {"gradient noise per weight", &t.gradient_noise, "nats²"},
      {"gradient norm", &t.gradient_norm, "nats"},
      {"complexity C", &t.complexity, "nats"}};
  for (const auto& [name, estimate, unit] : all) {
    if (estimate && !std::isnan(estimate->value))
      table.rows.push_back({name, with_interval(estimate->value, estimate->row_error), unit});
  }
  if (!std::isnan(t.largest_curvature.value))
    table.rows.push_back({"largest curvature", number(t.largest_curvature.value), "nats"});
  return table;
}

}  // namespace

Section penalty_section(const RunRecord& run) {
  Section section{"penalty", "The penalty", {}};
  if (run.candidates.empty()) return section;
  Series held_out{.name = run.chosen_by == "validation rows" || run.chosen_by.empty() ? "validation rows"
                                                                                      : "rows by " + run.chosen_by,
                  .points = {},
                  .mark = Mark::kLine,
                  .style = 0};
  Series train{.name = "training rows", .points = {}, .mark = Mark::kLine, .style = 1},
      given_up{.name = "given up: a lower bound", .points = {}, .mark = Mark::kDots, .style = 3};
  Table table{
      .caption = "The penalties that were tried",
      .columns = {{"λ"}, {"cross-entropy held out"}, {"standard error"}, {"on the rows trained on"}, {"", false}},
      .rows = {},
      .can_sort = true};
  for (const RunRecord::Candidate& one : run.candidates) {
    Point point{.x = one.l2, .y = one.held_out};
    if (!std::isnan(one.error)) point.low = one.held_out - one.error, point.high = one.held_out + one.error;
    (one.hopeless ? given_up : held_out).points.push_back(point);
    train.points.push_back({.x = one.l2, .y = one.train});
    const bool is_chosen = one.l2 == run.l2;
    table.rows.push_back({{number(one.l2), one.l2},
                          {(one.hopeless ? "≥ " : "") + number(one.held_out), one.held_out},
                          {number(one.error, 2), one.error},
                          {number(one.train), one.train},
                          is_chosen      ? "chosen"
                          : one.hopeless ? "given up"
                                         : ""});
  }
  Chart chart{.title = "Cross-entropy by penalty",
              .caption = penalty_caption(run) + " Bars: one standard error.",
              .x = {.name = "penalty λ", .log = true},
              .y = {.name = "cross-entropy, nats"},
              .series = {},
              .guides = {{.at = run.l2, .vertical = true, .name = fmt::format("λ = {}", brief(run.l2))}}};
  for (Series* series : {&held_out, &train, &given_up}) {
    const bool any =
        std::any_of(series->points.begin(), series->points.end(), [](const Point& p) { return std::isfinite(p.y); });
    if (any) chart.series.push_back(std::move(*series));
  }
  section.blocks.emplace_back(Charts{{std::move(chart)}});
  section.blocks.emplace_back(std::move(table));
  return section;
}

Section thermodynamics_section(const RunRecord& run) {
  Section section{"thermodynamics", "Thermodynamics", {}};
  if (run.telemetry.empty()) return section;
  const bool by_penalty = run.telemetry.front().l2.has_value();
  std::vector<double> x, loss, entropy, information, laplacian, gauss_newton, noise, complexity, temperature;
  for (const TelemetryMeasurement& one : run.telemetry) {
    const Thermodynamics& t = one.figures;
    x.push_back(by_penalty ? one.l2.value_or(kNoValue) : one.epoch.value_or(0));
    loss.push_back(t.mean_loss.value);
    entropy.push_back(t.classes ? t.classes->output_entropy.value : kNoValue);
    information.push_back(t.classes ? t.classes->mutual_information.value : kNoValue);
    laplacian.push_back(t.laplacian.value), gauss_newton.push_back(t.gauss_newton.value),
        noise.push_back(t.gradient_noise.value);
    complexity.push_back(t.complexity.value);
    const bool has_temperature = t.classes && !t.classes->temperature.at_limit;
    temperature.push_back(has_temperature ? t.classes->temperature.temperature : kNoValue);
  }
  if (x.size() > 1) {
    Charts charts{
        {thermodynamic_chart("Energy and entropy of the outputs", "nats", x,
                             {"mean loss U", "output entropy H", "mutual information"}, {loss, entropy, information},
                             false, by_penalty),
         thermodynamic_chart("Curvature", "nats", x, {"Laplacian of the loss", "its Gauss–Newton part"},
                             {laplacian, gauss_newton}, true, by_penalty),
         thermodynamic_chart("Gradient noise", "nats² a weight", x, {"gradient noise"}, {noise}, true, by_penalty),
         thermodynamic_chart("Complexity", "nats", x, {"complexity C"}, {complexity}, false, by_penalty),
         thermodynamic_chart("Temperature that would calibrate", "T", x, {"temperature"}, {temperature}, false,
                             by_penalty)}};
    std::erase_if(charts.all, [](const Chart& chart) { return !has_points(chart); });
    section.blocks.emplace_back(std::move(charts));
  }
  section.blocks.emplace_back(last_figures(run.telemetry.back()));
  return section;
}

}  // namespace poise::report
