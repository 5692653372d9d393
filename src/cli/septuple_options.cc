#include "cli/septuple_options.h"

#include <fmt/core.h>

#include "cli/checks.h"
#include "cli/field_options.h"

namespace poise::cli {

void add_septuple(CLI::App& verb, Arguments& a) {
  verb.add_option("FILE", a.data, "a septuple as JSON (docs/septuple.md)")->required();
  verb.add_option("--temperature", a.temperature, "T of the canonical ensemble, in units of the loss")
      ->required()
      ->check(in_range<double>(between(1e-30, 1e30)));
  verb.add_option("--samples", a.samples, fmt::format("draws where there is no closed form (default {})", a.samples))
      ->check(whole_number_from(2));
  verb.add_option("--starts", a.starts, fmt::format("states from which fixed points are sought (default {})", a.starts))
      ->check(whole_number_from(1));
  add_field(verb,
            Group{}("time_limit", "limit on measuring, which ends with the step it is at then; what is done is given")
                .within(above(0))
                .measured_in("seconds")
                .if_unset("none"),
            a.solve.time_limit);
  verb.add_option("--seed", a.training.seed, fmt::format("of draws and starts (default {})", a.training.seed))
      ->check(whole_number_from(0));
}

}  // namespace poise::cli
