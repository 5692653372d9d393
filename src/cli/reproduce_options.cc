#include "cli/reproduce_options.h"

#include "cli/checks.h"
#include "run/experiments/experiment.h"

namespace poise::cli {

void add_reproduce(CLI::App& verb, Arguments& a) {
  std::vector<std::string> names;
  for (const Experiment& experiment : experiments()) names.emplace_back(experiment.name);
  verb.add_option("NAME", a.experiment, "which paper's experiment")->required()->check(one_of(names));
  verb.add_option("--epochs", a.epochs,
                  "of every training (default: 10 for f-adjoint, 3 for double-bayesian, 20 for thermodynamics)")
      ->check(whole_number_from(1));
  verb.add_option("--seeds", a.seeds, "repetitions (default 5; fewer than 3 decide nothing)")
      ->check(whole_number_from(1));
  verb.add_option("--data", a.sets, "digits, mnist, fashion-mnist: one, or several with commas between")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(one_of({"digits", "mnist", "fashion-mnist"}));
  verb.add_option("--time-limit", a.solve.time_limit,
                  "limit in seconds on the whole experiment (softmax and thermodynamics: 600)")
      ->check(positive());
  verb.add_option("--data-dir", a.read.data_dir, "where the named sets mnist and fashion-mnist are");
  verb.add_option("--out", a.out, "run directory (default: runs/reproduce-<name>-<n>)");
}

}  // namespace poise::cli
