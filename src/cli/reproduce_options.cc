#include "cli/reproduce_options.h"

#include <fmt/core.h>

#include "cli/checks.h"
#include "cli/lists.h"
#include "experiments/experiment.h"

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
  as_list(verb.add_option("--data", a.sets, "digits, mnist, fashion-mnist: one, or several with commas between")
              ->check(one_of({"digits", "mnist", "fashion-mnist"})));
  verb.add_option(
          "--time-limit", a.solve.time_limit,
          fmt::format("limit in seconds on the whole experiment, which ends with the batch or measurement it is at "
                      "then (default: {}; none for the others)",
                      limits))
      ->check(positive());
  verb.add_option("--data-dir", a.read.data_dir, "where the named sets mnist and fashion-mnist are");
  verb.add_option("--out", a.out, "run directory (default: runs/reproduce-<name>-<n>)")->check(not_empty());
}

}  // namespace poise::cli
