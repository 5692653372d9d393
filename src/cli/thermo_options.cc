#include "cli/thermo_options.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include "cli/checks.h"
#include "cli/lists.h"
#include "cli/option_names.h"

namespace poise::cli {
namespace {

/// Every option here is of the measurement of a model, not of --compare.
CLI::Option* of_model(CLI::Option* option) { return option->excludes("--compare"); }

/// An option of ensembles, which are not always measured: its name is kept where it is given.
void of_ensembles(CLI::Option* option, Arguments& a, const char* name) {
  of_model(option)->each([&a, name](const std::string&) { a.ensemble_option = name; });
}

void add_measurement(CLI::App& verb, Arguments& a) {
  ThermodynamicsOptions& o = a.thermo;
  static const std::map<std::string, Detail> details{{"light", Detail::kLight}, {"full", Detail::kFull}};
  of_model(verb.add_option("--detail", o.detail,
                           "full (default), or light: without ensembles, complexity and largest curvature"))
      ->transform(choice(details));
  const auto set_rows = [&](Index rows) { o.rows = a.efficiency.rows = rows; };
  verb.add_option_function<Index>(
          "--rows", set_rows,
          fmt::format("measure on so many rows, drawn by --seed (default {}, with --compare {}; 0: all)", o.rows,
                      a.efficiency.rows))
      ->check(whole_number_from(0));
  CLI::Option* temperatures = verb.add_option(
      "--temperature", o.temperatures,
      fmt::format("of the ensembles of hidden states, in nats, with commas between (default {}; --detail full)",
                  fmt::join(o.temperatures, ",")));
  of_ensembles(as_list(temperatures->check(positive())), a, "--temperature");
  CLI::Option* draws = verb.add_option(
      "--draws", o.draws, fmt::format("noise draws a row and temperature (default {}; --detail full)", o.draws));
  of_ensembles(draws->check(whole_number_from(2)), a, "--draws");
  of_model(verb.add_option("--label-draws", o.label_draws,
                           fmt::format("sampled labels or probes a row where a layer's curvature is not exact "
                                       "(default {})",
                                       o.label_draws)))
      ->check(whole_number_from(2))
      ->each([&a](const std::string&) { a.label_draws_given = true; });
  of_model(verb.add_option("--time-limit", a.solve.time_limit,
                           "limit in seconds on measuring; where it ends --detail full, what light has is given"))
      ->check(positive());
  of_model(verb.add_option("--seed", o.seed, fmt::format("of rows, noise and sampled labels (default {})", o.seed)))
      ->check(whole_number_from(0));
  of_model(verb.add_option("--scale", a.objective.scale,
                           "units of the inputs that curvature is measured in: standard or none (default: as trained)"))
      ->transform(choice(kScales));
}

void add_step_rule(CLI::App& verb, Arguments& a) {
  const EfficiencyOptions& compared = a.efficiency;
  verb.add_option("--learning-rate", a.thermo.learning_rate,
                  fmt::format("of the step judged (default: that of training, at the epoch kept); with --compare of "
                              "all ({:g})",
                              compared.learning_rate))
      ->check(positive());
  verb.add_option("--momentum", a.training.network.momentum,
                  fmt::format("of the step judged (default: that of training); with --compare of all ({:g})",
                              compared.momentum))
      ->check(number_in(0, true, 0.999999, "a number in [0, 1)"));
  verb.add_option("--batch", a.thermo.batch,
                  fmt::format("rows a batch of the step judged (default: those of training); with --compare of all "
                              "({})",
                              compared.batch))
      ->check(whole_number_from(1));
}

/// Every option here makes sense with --compare only.
CLI::Option* of_compare(CLI::Option* option) { return option->needs("--compare"); }

void add_compare(CLI::App& verb, Arguments& a) {
  EfficiencyOptions& o = a.efficiency;
  CLI::Option* neurons = of_compare(verb.add_option("--neurons", a.neurons, "budget of hidden neurons"));
  neurons->check(whole_number_from(1));
  of_compare(verb.add_option("--weights", a.weights, "budget of weights, biases included"))
      ->check(whole_number_from(1))
      ->excludes(neurons);
  of_compare(verb.add_option("--activation", o.activation,
                             "of the networks compared: tanh (default), relu, sigmoid, identity"))
      ->transform(choice(kActivations));
  of_compare(verb.add_option(
                 "--gain", o.gain,
                 fmt::format("factor on their initial weights (default {:g}; 1: signals keep their size)", o.gain)))
      ->check(positive());
  of_compare(verb.add_option("--seeds", a.seeds, fmt::format("trainings of each (default {})", o.seeds)))
      ->check(whole_number_from(1));
  of_compare(verb.add_option("--epochs", a.epochs, fmt::format("of each training (default {})", o.epochs)))
      ->check(whole_number_from(1));
  of_compare(verb.add_option("--test", a.training.test.path, "test data (default: the test part of a named set)"));
}

}  // namespace

void add_thermo(CLI::App& verb, Arguments& a) {
  verb.add_option("RUN", a.run, "a run directory or a model.onnx");
  verb.add_option("DATA", a.data, "a file, or digits, mnist, fashion-mnist (mnist:test is the test part)");
  verb.add_option("--compare", a.compare,
                  "instead of measuring a model: rank networks of one budget by predicted efficiency, train them, "
                  "correlate");
  add_measurement(verb, a);
  add_step_rule(verb, a);
  add_compare(verb, a);
}

}  // namespace poise::cli
