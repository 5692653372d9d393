#include "cli/thermo_options.h"

#include "cli/checks.h"

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
          "--rows", set_rows, "measure on so many rows, drawn by --seed (default 2048, with --compare 1024; 0: all)")
      ->check(whole_number_from(0));
  CLI::Option* temperatures = verb.add_option(
      "--temperature", o.temperatures,
      "of the ensembles of hidden states, in nats, with commas between (default 0.01,0.1; --detail full)");
  of_ensembles(temperatures->delimiter(',')->allow_extra_args(false)->check(positive()), a, "--temperature");
  CLI::Option* draws =
      verb.add_option("--draws", o.draws, "noise draws a row and temperature (default 16; --detail full)");
  of_ensembles(draws->check(whole_number_from(2)), a, "--draws");
  of_model(verb.add_option("--label-draws", o.label_draws,
                           "sampled labels or probes a row where a layer's curvature is not exact (default 4)"))
      ->check(whole_number_from(2))
      ->each([&a](const std::string&) { a.label_draws_given = true; });
  of_model(verb.add_option("--seed", o.seed, "of rows, noise and sampled labels (default 1)"))
      ->check(whole_number_from(0));
  static const std::map<std::string, Scale> scales{{"none", Scale::kNone}, {"standard", Scale::kStandard}};
  of_model(verb.add_option("--scale", a.objective.scale,
                           "units of the inputs that curvature is measured in: standard or none (default: as trained)"))
      ->transform(choice(scales));
}

void add_step_rule(CLI::App& verb, Arguments& a) {
  verb.add_option("--learning-rate", a.thermo.learning_rate,
                  "of the step judged (default: that of training, at the epoch kept); with --compare of all (0.1)")
      ->check(positive());
  verb.add_option("--momentum", a.network.momentum,
                  "of the step judged (default: that of training); with --compare of all (0)")
      ->check(number_in(0, true, 0.999999, "a number in [0, 1)"));
  verb.add_option("--batch", a.thermo.batch,
                  "rows a batch of the step judged (default: those of training); with --compare of all (32)")
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
  static const std::map<std::string, Activation> activations{{"relu", Activation::kRelu},
                                                             {"tanh", Activation::kTanh},
                                                             {"sigmoid", Activation::kSigmoid},
                                                             {"identity", Activation::kIdentity}};
  of_compare(verb.add_option("--activation", o.activation,
                             "of the networks compared: tanh (default), relu, sigmoid, identity"))
      ->transform(choice(activations));
  of_compare(verb.add_option("--gain", o.gain, "factor on their initial weights (default 1: signals keep their size)"))
      ->check(positive());
  of_compare(verb.add_option("--seeds", a.seeds, "trainings of each (default 5)"))->check(whole_number_from(1));
  of_compare(verb.add_option("--epochs", a.epochs, "of each training (default 20)"))->check(whole_number_from(1));
  of_compare(verb.add_option("--test", a.test_data, "test data (default: the test part of a named set)"));
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
