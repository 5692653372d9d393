#include "cli/compare_options.h"

#include <set>

#include "cli/field_options.h"
#include "cli/network_options.h"
#include "run/comparing/fields.h"
#include "thermo/fields.h"

namespace poise::cli {
namespace {

const std::set<std::string> kOfBudgets = {"--learning-rate", "--momentum", "--activation", "--gain",
                                          "--epochs",        "--batch",    "--seeds"};

/// Of every training, in place of the field's own words, which are about `train`.
CLI::Option* add_momentum(CLI::App& verb, const Field& field, NetworkOptions& o) {
  Field here = field;
  here.unset = "golden 0.874, sgd 0";
  return add_field(verb, here, o.momentum);
}

std::vector<CLI::Option*> add_settings(CLI::App& verb, Arguments& a) {
  NetworkOptions& network = a.grid.network;
  const Special special{{"momentum", [&](const Field& field) { return add_momentum(verb, field, network); }},
                        // lists of the grid
                        {"hidden", nullptr},
                        {"rule", nullptr},
                        {"order", nullptr},
                        {"learning_rate", nullptr},
                        // the rows that test must not decide
                        {"patience", nullptr},
                        {"solve_head_every", nullptr},
                        // a rule of one experiment
                        {"reference_2024", nullptr},
                        // of the whole comparison
                        {"seed", nullptr},
                        {"time_limit", nullptr},
                        {"threads", nullptr}};
  std::vector<CLI::Option*> all = add_fields(verb, a.grid);
  for (const auto& more :
       {add_only(verb, network.objective, {"l2", "scale", "label_smoothing"}), add_fields(verb, network, special)}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  for (const char* one : {"--depth", "--width"}) {
    for (const char* all_of_them : {"--hidden", "--layers"})
      verb.get_option(all_of_them)->excludes(verb.get_option(one));
  }
  verb.get_option("--layers")->excludes("--hidden");
  return all;
}

std::vector<CLI::Option*> add_budget(CLI::App& verb, Arguments& a) {
  const std::string group = "Networks of one budget, instead of settings";
  CLI::Option* neurons = verb.add_option(
      "--neurons", a.neurons,
      "budget of hidden neurons: rank networks of all depths by predicted efficiency, train them, correlate");
  CLI::Option* weights = verb.add_option("--weights", a.weights, "the same with a budget of weights, biases included");
  for (CLI::Option* budget : {neurons, weights}) budget->check(whole_number_from(1))->group(group);
  weights->excludes(neurons);
  for (CLI::Option* rows : add_only(verb, a.efficiency, {"rows"})) rows->group(group);
  fields(a.efficiency, [&](const Field& field, const auto& value) {
    CLI::Option* shared = verb.get_option_no_throw(option_name(field.name));
    if (!shared || (field.name != std::string("activation") && field.name != std::string("epochs") &&
                    field.name != std::string("batch")))
      return;
    std::string help = shared->get_description();  // "… (default relu)"
    shared->description(help.insert(help.size() - 1, "; with a budget " + typed(value)));
  });
  return {neurons, weights};
}

bool given(const CLI::App& verb, const char* name) { return verb.get_option(name)->count() > 0; }

/// Options of settings where there is a budget, and the other way round.
void refuse_of_the_other_kind(const CLI::App& verb, const std::vector<CLI::Option*>& of_settings, const Arguments& a) {
  const bool budget = a.neurons > 0 || a.weights > 0;
  const std::string by = a.neurons > 0 ? "--neurons" : "--weights";
  if (!budget && given(verb, "--rows")) throw CLI::RequiresError("--rows", "--neurons or --weights");
  if (!budget) return;
  for (const CLI::Option* option : of_settings) {
    if (option->count() > 0 && !kOfBudgets.contains(option->get_name()))
      throw CLI::ExcludesError(option->get_name(), by);
  }
  if (a.grid.learning_rates.size() > 1)
    throw CLI::ValidationError("--learning-rate", "several with " + by + "; expected one of all networks");
}

}  // namespace

void add_compare(CLI::App& verb, Arguments& a) {
  std::vector<CLI::Option*> of_settings = add_settings(verb, a);
  add_budget(verb, a);
  for (CLI::Option* option : add_fields(verb, a.comparison, {{"threads", nullptr}})) of_settings.push_back(option);
  verb.add_option("--test", a.training.test.path, "test data (default: the test part of a named set)")
      ->group("Repeating and testing")
      ->excludes("--held-out");
  of_settings.push_back(
      verb.add_option("--out", a.out, "run directory (default: runs/compare-<data>-<n>)")->check(not_empty()));
  of_settings.back()->group(kRunning);
  verb.final_callback([&verb, &a, of_settings] {
    refuse_of_the_other_kind(verb, of_settings, a);
    refuse_without_effect(verb, a.grid.network, a.grid.rules);
  });
}

}  // namespace poise::cli
