#include "cli/thermo_options.h"

#include "cli/field_options.h"
#include "thermo/fields.h"

namespace poise::cli {
namespace {

void add_measurement(CLI::App& verb, Arguments& a) {
  std::vector<CLI::Option*> options = add_fields(verb, a.thermo, {{"threads", nullptr}});  // of every verb
  constexpr Group field{};
  options.push_back(
      add_field(verb,
                field("time_limit", "limit on measuring; where it ends `detail` full, what light has is given")
                    .within(above(0))
                    .measured_in("seconds")
                    .if_unset("none"),
                a.solve.time_limit));
  options.push_back(add_field(
      verb,
      field("scale", "units of the inputs that curvature is measured in: standard or none").if_unset("as trained"),
      a.objective.scale));
  for (CLI::Option* option : options) {
    const std::string name = option->get_name();
    const bool of_both = name == "--rows" || name == "--learning-rate" || name == "--momentum" || name == "--batch";
    if (!of_both) option->excludes("--compare");
  }
}

void add_compare(CLI::App& verb, Arguments& a) {
  fields(a.efficiency, [&](const Field& field, const auto& value) {
    CLI::Option* shared = verb.get_option_no_throw(option_name(field.name));
    if (!shared || *field.unset != 0) return;
    std::string help = shared->get_description();  // "… (default 2048)"
    shared->description(help.insert(help.size() - 1, "; with --compare of all networks " + typed(value)));
  });
  std::vector<CLI::Option*> options = add_only(verb, a.efficiency, {"activation", "gain", "seeds", "epochs"});
  CLI::Option* neurons = verb.add_option("--neurons", a.neurons, "budget of hidden neurons");
  CLI::Option* weights = verb.add_option("--weights", a.weights, "budget of weights, biases included");
  for (CLI::Option* budget : {neurons, weights}) options.push_back(budget->check(whole_number_from(1)));
  weights->excludes(neurons);
  options.push_back(
      verb.add_option("--test", a.training.test.path, "test data (default: the test part of a named set)"));
  for (CLI::Option* option : options) option->needs("--compare")->group("Comparing networks");
}

}  // namespace

void add_thermo(CLI::App& verb, Arguments& a) {
  verb.add_option("RUN", a.run, "a run directory or a model.onnx");
  verb.add_option("DATA", a.data, "a file, or digits, mnist, fashion-mnist (mnist:test is the test part)");
  verb.add_option("--compare", a.compare,
                  "instead of measuring a model: rank networks of one budget by predicted efficiency, train them, "
                  "correlate");
  add_measurement(verb, a);
  add_compare(verb, a);
}

}  // namespace poise::cli
