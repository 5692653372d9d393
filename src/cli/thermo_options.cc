#include "cli/thermo_options.h"

#include "cli/field_options.h"
#include "thermo/fields.h"

namespace poise::cli {
namespace {

void add_measurement(CLI::App& verb, Arguments& a) {
  add_fields(verb, a.thermo, {{"threads", nullptr}});  // of every verb
  constexpr Group field{};
  add_field(verb,
            field("time_limit", "limit on measuring; where it ends `detail` full, what light has is given")
                .within(above(0))
                .measured_in("seconds")
                .if_unset("none"),
            a.solve.time_limit);
  add_field(
      verb,
      field("scale", "units of the inputs that curvature is measured in: standard or none").if_unset("as trained"),
      a.objective.scale);
}

/// Says where an option has gone that is a verb now; it is in no help.
void add_moved(CLI::App& verb) {
  verb.add_option_function<std::string>("--compare",
                                        [](const std::string& data) {
                                          throw CLI::ValidationError("thermo --compare",
                                                                     "is a verb of its own now; hint: poise compare " +
                                                                         data + " --neurons 64, or --weights");
                                        })
      ->group("");
}

}  // namespace

void add_thermo(CLI::App& verb, Arguments& a) {
  add_measurement(verb, a);
  add_moved(verb);
}

}  // namespace poise::cli
