#include <fmt/core.h>

#include <cmath>

#include "report/facts/sections.h"
#include "report/words.h"

namespace poise::report {
namespace {

/// The columns of a solve: what is proven of each point now, that the best bound is known.
struct Solve {
  std::vector<double> passes, seconds, above_bound, gap, gradient;
};

Solve solve_of(const RunRecord& run) {
  Solve solve;
  for (const Progress& p : run.iterations_of_solve) {
    solve.passes.push_back(p.passes);
    solve.seconds.push_back(p.seconds);
    solve.above_bound.push_back(run.certificate ? p.objective - run.certificate->dual_value + run.certificate->rounding
                                                : kNoValue);
    solve.gap.push_back(p.gap.value_or(kNoValue));
    solve.gradient.push_back(p.gradient_norm);
  }
  return solve;
}

Chart solve_chart(const Solve& solve, const std::vector<double>& x, const Axis& axis) {
  return {.title = "Approach to the optimum, by " + axis.name,
          .caption = "",
          .x = axis,
          .y = {.name = "nats", .log = true},
          .series =
              curves(x, {"objective above the lower bound proven at the end", "gap proven on the way", "gradient norm"},
                     {solve.above_bound, solve.gap, solve.gradient}),
          .guides = {}};
}

void add_solve(const RunRecord& run, Section& section) {
  const Solve solve = solve_of(run);
  if (solve.passes.empty()) return;
  section.blocks.emplace_back(Charts{{solve_chart(solve, solve.passes, {.name = "passes over all rows"}),
                                      solve_chart(solve, solve.seconds, {.name = "seconds"})}});
  section.blocks.emplace_back(
      Paragraph{run.certificate ? "The lower bound on the optimum is a dual value: however the solver got there, no "
                                  "weights have an objective below it."
                                : "No lower bound was proven, so only the gradient tells how near the optimum is."});
}

struct Epochs {
  std::vector<double> number, seconds, train_loss, loss, train_accuracy, accuracy, smoothed, train_gap, gap, at_rest,
      learning_rate, bulk, temperature;
};

Epochs epochs_of(const RunRecord& run) {
  Epochs all;
  for (const Epoch& epoch : run.history) {
    const auto validated = [&](double Measured::*member) {
      return epoch.validation ? (*epoch.validation).*member : kNoValue;
    };
    all.number.push_back(epoch.number);
    all.seconds.push_back(epoch.seconds);
    all.train_loss.push_back(epoch.train.loss);
    all.loss.push_back(validated(&Measured::loss));
    all.train_accuracy.push_back(epoch.train.accuracy);
    all.accuracy.push_back(validated(&Measured::accuracy));
    all.smoothed.push_back(epoch.validation ? epoch.validation->smoothed_accuracy : kNoValue);
    all.train_gap.push_back(epoch.train.equilibrium_gap);
    all.gap.push_back(validated(&Measured::equilibrium_gap));
    all.at_rest.push_back(epoch.imbalance_at_rest);
    all.learning_rate.push_back(epoch.learning_rate);
    all.bulk.push_back(epoch.bulk_energy > 0 ? epoch.bulk_energy : kNoValue);
    all.temperature.push_back(epoch.temperature > 0 ? epoch.temperature : kNoValue);
  }
  return all;
}

/// Whether a loss falls so far that its end would be a line on the floor.
bool falls_far(const std::vector<double>& loss) {
  double low = INFINITY, high = 0;
  for (const double value : loss) {
    if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  }
  return low > 0 && high > 20 * low;
}

std::vector<Guide> kept_epoch(const RunRecord& run) {
  if (run.best_epoch <= 0 || run.best_epoch == run.epochs) return {};
  return {{.at = static_cast<double>(run.best_epoch),
           .vertical = true,
           .name = fmt::format("epoch {} kept", run.best_epoch)}};
}

void add_epochs(const RunRecord& run, Section& section) {
  const Epochs epochs = epochs_of(run);
  if (epochs.number.empty()) return;
  const bool log = falls_far(epochs.train_loss);
  const Axis by_epoch{.name = "epoch"}, by_second{.name = "seconds"};
  const auto loss = [&](const std::vector<double>& x, const Axis& axis, std::vector<Guide> guides) {
    return Chart{.title = "Loss by " + axis.name,
                 .caption = "",
                 .x = axis,
                 .y = {.name = run.reconstructs ? "loss" : "loss, nats", .log = log},
                 .series = curves(x, {"training rows, during the epoch", "validation rows, after it"},
                                  {epochs.train_loss, epochs.loss}),
                 .guides = std::move(guides)};
  };
  const Chart accuracy{
      .title = run.reconstructs ? "Variance explained by epoch" : "Accuracy by epoch",
      .caption = "",
      .x = by_epoch,
      .y = {.name = run.reconstructs ? "share of variance" : "accuracy"},
      .series =
          curves(epochs.number, {"training rows, during the epoch", "validation rows, after it", "the same, smoothed"},
                 {epochs.train_accuracy, epochs.accuracy, epochs.smoothed}),
      .guides = kept_epoch(run)};
  const Chart rate{.title = "Learning rate by epoch",
                   .caption = "",
                   .x = by_epoch,
                   .y = {.name = "η"},
                   .series = curves(epochs.number, {"learning rate"}, {epochs.learning_rate}),
                   .guides = {}};
  Charts charts{{loss(epochs.number, by_epoch, kept_epoch(run)), loss(epochs.seconds, by_second, {}), accuracy, rate}};
  Chart bulk{.title = "Energy in the bulk by epoch",
             .caption = "Mean ½Σ‖X − σ(Y)‖² of the states that the rule moved.",
             .x = by_epoch,
             .y = {.name = "energy", .log = falls_far(epochs.bulk)},
             .series = curves(epochs.number, {"bulk energy"}, {epochs.bulk}),
             .guides = {}};
  if (has_points(bulk)) charts.all.push_back(std::move(bulk));
  section.blocks.emplace_back(std::move(charts));
}

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
  Table table{
      .caption = fmt::format("The last measurement, on {} rows; ±: 95 % intervals over rows as draws from their source",
                             count(static_cast<double>(t.rows))),
      .columns = {{"quantity", false}, {"value"}, {"unit", false}},
      .rows = {}};
  const std::tuple<const char*, const Estimate*, const char*> all[] = {
      {"mean loss U = CE", &t.mean_loss, "nats"},
      {"output entropy H", &t.output_entropy, "nats"},
      {"equilibrium gap CE − H", &t.equilibrium_gap, "nats"},
      {"divergence KL(t‖q)", &t.divergence, "nats"},
      {"mutual information H(mean q) − H", &t.mutual_information, "nats"},
      {"variance of the scores", &t.score_variance, "nats²"},
      {"Laplacian of the loss", &t.laplacian, "nats"},
      {"its Gauss–Newton part", &t.gauss_newton, "nats"},
      {"gradient noise per weight", &t.gradient_noise, "nats²"},
      {"gradient norm", &t.gradient_norm, "nats"},
      {"complexity C", &t.complexity, "nats"}};
  for (const auto& [name, estimate, unit] : all) {
    if (!std::isnan(estimate->value))
      table.rows.push_back({name, with_interval(estimate->value, estimate->row_error), unit});
  }
  if (!std::isnan(t.largest_curvature.value))
    table.rows.push_back({"largest curvature", number(t.largest_curvature.value), "nats"});
  return table;
}

}  // namespace

Section course_section(const RunRecord& run) {
  Section section{"course", "How it got there", {}};
  add_solve(run, section);
  add_epochs(run, section);
  if (!run.messages.empty()) section.blocks.emplace_back(List{run.messages});
  return section;
}

Section balance_section(const RunRecord& run) {
  Section section{"balance", "The balance of entropy and divergence", {}};
  if (run.reconstructs || run.history.empty() || run.option("loss") != "cross-entropy") return section;
  const Epochs epochs = epochs_of(run);
  Chart chart{.title = "CE − H by epoch",
              .caption =
                  "Cross-entropy less output entropy. At 0 the outputs are as sure as they are right; training comes "
                  "to rest where the curve of the training rows meets what the penalty allows.",
              .x = {.name = "epoch"},
              .y = {.name = "CE − H, nats"},
              .series = curves(epochs.number, {"training rows", "validation rows", "at rest with the penalty, −λ‖W‖²"},
                               {epochs.train_gap, epochs.gap, epochs.at_rest}),
              .guides = {{.at = 0, .vertical = false, .name = "at rest"}}};
  std::vector<double> train_entropy, entropy;
  for (std::size_t k = 0; k < epochs.number.size(); ++k) {
    train_entropy.push_back(epochs.train_loss[k] - epochs.train_gap[k]);
    entropy.push_back(epochs.loss[k] - epochs.gap[k]);
  }
  Chart parts{
      .title = "Cross-entropy and output entropy",
      .caption = "The two meet at rest: the loss is then all entropy of the outputs, and the divergence is spent.",
      .x = {.name = "epoch"},
      .y = {.name = "nats", .log = falls_far(train_entropy)},
      .series =
          curves(epochs.number, {"CE, training rows", "H, training rows", "CE, validation rows", "H, validation rows"},
                 {epochs.train_loss, train_entropy, epochs.loss, entropy}),
      .guides = {}};
  section.blocks.emplace_back(Charts{{chart, parts}});
  return section;
}

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
    loss.push_back(t.mean_loss.value), entropy.push_back(t.output_entropy.value),
        information.push_back(t.mutual_information.value);
    laplacian.push_back(t.laplacian.value), gauss_newton.push_back(t.gauss_newton.value),
        noise.push_back(t.gradient_noise.value);
    complexity.push_back(t.complexity.value),
        temperature.push_back(t.temperature.at_limit ? kNoValue : t.temperature.temperature);
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
