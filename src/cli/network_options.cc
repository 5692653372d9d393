#include "cli/network_options.h"

#include <algorithm>
#include <vector>

#include "cli/field_options.h"
#include "learning/fields.h"

namespace poise::cli {
namespace {

void take_published_rule(NetworkOptions& o) {
  o.reference_2024 = true;
  o.rule = Rule::kEquilibrium;
  o.order = Order::kGaussSeidel;
  o.loss = Loss::kSquared;
  o.activation = Activation::kSigmoid;
}

CLI::Option* add_compat(CLI::App& verb, const Field& field, NetworkOptions& o) {
  return verb
      .add_option_function<std::string>(
          "--compat", [&o](const std::string&) { take_published_rule(o); },
          std::string("reference-2024: ") + field.help)
      ->check(one_of({"reference-2024"}));
}

/// Options of networks where none is trained.
void refuse_without_network(const std::vector<CLI::Option*>& options, const NetworkOptions& o) {
  if (!o.hidden.empty() || !o.layers.empty() || o.target == Target::kFeatures) return;
  for (const CLI::Option* option : options) {
    if (option->count() > 0 && option->get_name() == "--layers")
      throw CLI::ValidationError("--layers", "no layer is named; expected some, as in conv:16x3,pool:2,dense:128");
    if (option->count() > 0 && option->get_name() != "--target")
      throw CLI::RequiresError(option->get_name(), "--hidden, --layers or --target features");
  }
}

/// Options that are about classes, where the features are the target.
void refuse_with_features(const CLI::App& verb, const NetworkOptions& o) {
  if (o.target != Target::kFeatures) return;
  for (const char* of_classes : {"--l2-path", "--solver", "--tolerance", "--max-iterations", "--start",
                                 "--require-certificate", "--labels", "--calibrate"}) {
    if (verb.get_option(of_classes)->count() > 0) throw CLI::ExcludesError(of_classes, "--target features");
  }
}

}  // namespace

void refuse_without_effect(const CLI::App& verb, const NetworkOptions& o, const std::vector<Rule>& rules) {
  const auto refuse = [&](const char* name, bool has_effect, const std::string& expected) {
    if (has_effect || verb.get_option(name)->count() == 0) return;
    throw CLI::ValidationError(name, "has no effect with these options; expected " + expected);
  };
  const auto any = [&](Rule rule) { return std::ranges::find(rules, rule) != rules.end(); };
  const bool equilibrium = any(Rule::kEquilibrium);
  const bool canonical = any(Rule::kCanonical);
  const bool local = equilibrium || canonical || any(Rule::kPredictiveCoding);
  refuse("--order", equilibrium, "--rule equilibrium");
  refuse("--relaxation", equilibrium, "--rule equilibrium");
  refuse("--relaxation-rate", local, "--rule equilibrium, predictive-coding or canonical");
  refuse("--relaxation-steps", local, "--rule equilibrium, predictive-coding or canonical");
  refuse("--temperature", canonical, "--rule canonical");
  refuse("--mean-energy", canonical, "--rule canonical");
  refuse("--momentum", o.step != Step::kAdam, "--step golden or sgd");
}

void add_network(CLI::App& verb, NetworkOptions& o) {
  const Special special{{"reference_2024", [&](const Field& field) { return add_compat(verb, field, o); }},
                        {"seed", nullptr},  // of the whole training, as are these
                        {"time_limit", nullptr},
                        {"threads", nullptr}};
  const std::vector<CLI::Option*> options = add_fields(verb, o, special);
  for (const char* decided : {"--loss", "--activation", "--rule", "--order", "--relaxation"}) {
    verb.get_option("--compat")->excludes(verb.get_option(decided));
  }
  verb.final_callback([&verb, &o, options] {
    refuse_without_network(options, o);
    refuse_with_features(verb, o);
    refuse_without_effect(verb, o, {o.rule});
  });
}

}  // namespace poise::cli
