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
          .series = curves(x, {"objective above the best lower bound", "gap proven on the way", "gradient norm"},
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

Chart loss_chart(const RunRecord& run, const Epochs& epochs, const std::vector<double>& x, const char* by) {
  Chart chart;
  chart.title = fmt::format("Loss by {}", by);
  chart.x.name = by;
  chart.y.name = run.reconstructs ? "loss" : "loss, nats";
  chart.y.log = falls_far(epochs.train_loss);
  chart.series =
      curves(x, {"training rows, during the epoch", "validation rows, after it"}, {epochs.train_loss, epochs.loss});
  return chart;
}

/// Without what can be given in a line.
Chart epoch_chart(const char* title, const char* y, std::vector<Series> series) {
  Chart chart;
  chart.title = title;
  chart.x.name = "epoch";
  chart.y.name = y;
  chart.series = std::move(series);
  return chart;
}

void add_epochs(const RunRecord& run, Section& section) {
  const Epochs epochs = epochs_of(run);
  if (epochs.number.empty()) return;
  Charts charts;
  charts.all.push_back(loss_chart(run, epochs, epochs.number, "epoch"));
  charts.all.back().guides = kept_epoch(run);
  charts.all.push_back(loss_chart(run, epochs, epochs.seconds, "seconds"));
  charts.all.push_back(epoch_chart(
      run.reconstructs ? "Variance explained by epoch" : "Accuracy by epoch",
      run.reconstructs ? "share of variance" : "accuracy",
      curves(epochs.number, {"training rows, during the epoch", "validation rows, after it", "the same, smoothed"},
             {epochs.train_accuracy, epochs.accuracy, epochs.smoothed})));
  charts.all.back().guides = kept_epoch(run);
  charts.all.push_back(
      epoch_chart("Learning rate by epoch", "η", curves(epochs.number, {"learning rate"}, {epochs.learning_rate})));
  Chart bulk =
      epoch_chart("Energy in the bulk by epoch", "energy", curves(epochs.number, {"bulk energy"}, {epochs.bulk}));
  bulk.caption = "Mean ½Σ‖X − σ(Y)‖² of the states that the rule moved.";
  bulk.y.log = falls_far(epochs.bulk);
  if (has_points(bulk)) charts.all.push_back(std::move(bulk));
  section.blocks.emplace_back(std::move(charts));
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

}  // namespace poise::report
