#include "cli/reproduce_options.h"

#include <fmt/core.h>

#include <filesystem>

#include "cli/checks.h"
#include "cli/field_options.h"
#include "cli/lists.h"
#include "experiments/experiment.h"
#include "learning/fields.h"

namespace poise::cli {
namespace {

using namespace experiments;

/// "3 for double-bayesian, 10 for f-adjoint": of the experiments that have one.
std::string defaults(double (*of)(const Experiment&)) {
  std::string text;
  for (const Experiment& experiment : all_experiments()) {
    if (of(experiment) > 0)
      text += fmt::format("{}{:g} for {}", text.empty() ? "" : ", ", of(experiment), experiment.name);
  }
  return text;
}

/// A known set, or a file that is there.
CLI::Validator set_or_file() {
  const CLI::Validator known = one_of({"digits", "mnist", "fashion-mnist"});
  return {[=](std::string& text) {
            std::error_code error;
            return std::filesystem::is_regular_file(text, error) ? std::string() : known(text);
          },
          "digits|mnist|fashion-mnist"};
}

/// The paper's network, rate and loss, or others.
void add_f_adjoint(CLI::App& verb, NetworkOptions& o) {
  constexpr Group field{"Of f-adjoint"};
  add_field(verb,
            field("learning_rate", "of the step on the sum of a batch's gradients").within(above(0)).if_unset("0.001"),
            o.learning_rate);
  add_field(verb,
            field("hidden", "widths of the hidden layers, with commas between").within(at_least(1)).if_unset("128"),
            o.hidden);
  add_field(verb,
            field("loss", "of the last layer; the published program, which has squared only, is left out of others")
                .if_unset("squared"),
            o.loss);
}

void add_double_bayesian(CLI::App& verb, Arguments& a) {
  constexpr Group field{"Of double-bayesian"};
  add_field(verb, field("train_share", "of the training rows, of every class").within({0, 1, true, false}),
            a.train_share);
  add_field(verb, field("centered_inputs", "inputs in [-1, 1] in place of [0, 1]"), a.centered_inputs);
  verb.add_option("--network", a.network,
                  fmt::format("{}: 784-128-10; {}: the paper's two convolutions, dropout and 128 units, 206,922 "
                              "parameters, with inputs in [-1, 1] (default {})",
                              kDenseNetwork, kCompanionNetwork, a.network))
      ->group("Of double-bayesian")
      ->check(one_of({kDenseNetwork, kCompanionNetwork}));
}

}  // namespace

void add_reproduce(CLI::App& verb, Arguments& a) {
  std::vector<std::string> names;
  for (const Experiment& experiment : all_experiments()) names.emplace_back(experiment.name);
  const std::string epochs = defaults([](const Experiment& e) { return static_cast<double>(e.epochs); }),
                    seeds = defaults([](const Experiment& e) { return static_cast<double>(e.seeds); }),
                    limits = defaults([](const Experiment& e) { return e.time_limit; });
  verb.add_option("NAME", a.experiment, "which paper's experiment")->required()->check(one_of(names));
  verb.add_option("--epochs", a.epochs, fmt::format("of every training (default: {})", epochs))
      ->check(whole_number_from(1));
  verb.add_option("--seeds", a.seeds,
                  fmt::format("repetitions (default: {}; fewer than {} decide nothing)", seeds, kFewestSeeds))
      ->check(whole_number_from(1));
  as_list(verb.add_option("--data", a.sets,
                          "digits, mnist, fashion-mnist: one, or several with commas between; of softmax files, too")
              ->check(set_or_file()));
  verb.add_option(
          "--time-limit", a.solve.time_limit,
          fmt::format("limit in seconds on the whole experiment, which ends with the batch or measurement it is at "
                      "then (default: {}; none for the others)",
                      limits))
      ->check(positive());
  add_f_adjoint(verb, a.training.network);
  add_double_bayesian(verb, a);
  as_list(verb.add_option("--parts", a.parts, "some of it alone, with commas between (default: all)")
              ->group("Of thermodynamics")
              ->check(one_of(parts_of_thermodynamics())));
  verb.add_option("--data-dir", a.read.data_dir, "where the named sets mnist and fashion-mnist are");
  verb.add_option("--out", a.out, "run directory (default: runs/reproduce-<name>-<n>)")->check(not_empty());
  verb.add_flag("--resume", a.resume,
                "go on with the run in --out that was stopped: trainings that had ended are not run again (f-adjoint, "
                "double-bayesian)");
}

}  // namespace poise::cli
