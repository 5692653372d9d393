#include "cli/network_options.h"

#include <fmt/core.h>

#include "cli/checks.h"
#include "cli/lists.h"
#include "cli/option_names.h"
#include "learning/options.h"

namespace poise::cli {
namespace {

/// Every option here makes sense with hidden layers only.
CLI::Option* of_networks(CLI::Option* option) { return option->needs("--hidden"); }

void add_architecture(CLI::App& verb, NetworkOptions& o) {
  as_list(
      verb.add_option("--hidden", o.hidden, "train a network with hidden layers of these widths, with commas between")
          ->check(whole_number_from(1)));
  of_networks(verb.add_option("--activation", o.activation, "of hidden units: relu (default), tanh, sigmoid, identity"))
      ->transform(choice(kActivations));
  static const std::map<std::string, Loss> losses{{"cross-entropy", Loss::kCrossEntropy},
                                                  {"binary-cross-entropy", Loss::kBinaryCrossEntropy},
                                                  {"squared", Loss::kSquared}};
  of_networks(verb.add_option("--loss", o.loss,
                              "cross-entropy of a softmax head (default); of sigmoids, one a class: "
                              "binary-cross-entropy or squared"))
      ->transform(choice(losses));
  static const std::map<std::string, Initialization> initializations{{"xavier", Initialization::kXavier},
                                                                     {"kaiming", Initialization::kKaiming},
                                                                     {"orthogonal", Initialization::kOrthogonal}};
  of_networks(verb.add_option("--initialization", o.initialization,
                              "kaiming (default for relu), xavier (for the others) or orthogonal"))
      ->transform(choice(initializations));
  of_networks(
      verb.add_option("--dropout", o.dropout,
                      fmt::format("share of hidden units silenced in a training pass (default {:g})", o.dropout)))
      ->check(number_in(0, true, 0.999999, "a number in [0, 1)"));
}

void add_rule(CLI::App& verb, NetworkOptions& o) {
  static const std::map<std::string, Rule> rules{
      {"adjoint", Rule::kAdjoint}, {"equilibrium", Rule::kEquilibrium}, {"predictive-coding", Rule::kPredictiveCoding}};
  of_networks(verb.add_option("--rule", o.rule,
                              "adjoint (backpropagation, default), equilibrium (local), predictive-coding (loss in the "
                              "bulk)"))
      ->transform(choice(rules));
  static const std::map<std::string, Order> orders{{"jacobi", Order::kJacobi}, {"gauss-seidel", Order::kGaussSeidel}};
  of_networks(verb.add_option("--order", o.order,
                              "equilibrium rule: layers see the weights above before (jacobi, default) or after "
                              "(gauss-seidel) their update"))
      ->transform(choice(orders));
  static const std::map<std::string, Relaxation> relaxations{{"layer-by-layer", Relaxation::kLayerByLayer},
                                                             {"simultaneous", Relaxation::kSimultaneous}};
  of_networks(verb.add_option("--relaxation", o.relaxation,
                              "equilibrium rule: layer-by-layer (default, in closed form) or simultaneous"))
      ->transform(choice(relaxations));
  of_networks(verb.add_option("--relaxation-rate", o.relaxation_rate,
                              fmt::format("of local rules (default {:g})", o.relaxation_rate)))
      ->check(number_in(0, false, 1.999999, "a number in (0, 2)"));
  of_networks(verb.add_option("--relaxation-steps", o.relaxation_steps,
                              fmt::format("of local rules (default {})", o.relaxation_steps)))
      ->check(whole_number_from(1));
  CLI::Option* compat = of_networks(verb.add_option_function<std::string>(
                                        "--compat",
                                        [&o](const std::string&) {
                                          o.reference_2024 = true;
                                          o.rule = Rule::kEquilibrium;
                                          o.order = Order::kGaussSeidel;
                                          o.loss = Loss::kSquared;
                                          o.activation = Activation::kSigmoid;
                                        },
                                        "reference-2024: the local rule exactly as its published code runs it"))
                            ->check(one_of({"reference-2024"}));
  for (const char* decided : {"--loss", "--activation", "--rule", "--order", "--relaxation"}) {
    compat->excludes(verb.get_option(decided));
  }
}

/// What training takes where the user says nothing.
NetworkOptions defaults_of(Step step) {
  NetworkOptions options;
  options.step = step;
  return learning::resolve(options, 1);
}

void add_step(CLI::App& verb, NetworkOptions& o) {
  const NetworkOptions golden = defaults_of(Step::kGolden), sgd = defaults_of(Step::kSgd),
                       adam = defaults_of(Step::kAdam);
  static const std::map<std::string, Step> steps{{"golden", Step::kGolden}, {"sgd", Step::kSgd}, {"adam", Step::kAdam}};
  of_networks(verb.add_option("--step", o.step, "golden (from theory, default), sgd or adam"))
      ->transform(choice(steps));
  of_networks(verb.add_option(
                  "--learning-rate", o.learning_rate,
                  fmt::format("default: golden from theory ({:.3g}, in units of curvature), sgd {:g}, adam {:g}; of "
                              "golden a smaller one slows, a larger is capped",
                              golden.learning_rate, sgd.learning_rate, adam.learning_rate)))
      ->check(positive());
  of_networks(verb.add_option("--momentum", o.momentum,
                              fmt::format("default: golden {:.3g}, sgd {:g}", *golden.momentum, *sgd.momentum)))
      ->check(number_in(0, true, 0.999999, "a number in [0, 1)"));
  of_networks(verb.add_option("--momentum-phase", o.momentum_phase,
                              fmt::format("complex momentum: its angle in radians (default {:g})", o.momentum_phase)));
  static const std::map<std::string, Reduction> reductions{{"mean", Reduction::kMean}, {"sum", Reduction::kSum}};
  of_networks(verb.add_option("--reduction", o.reduction, "of a batch's gradient: mean (default) or sum"))
      ->transform(choice(reductions));
  of_networks(add_switch(
      verb, "--cooling,!--no-cooling", [&o](bool on) { o.cooling = on; },
      "let the learning rate fall to 0 by the last epoch (default: for golden)"));
}

void add_loop(CLI::App& verb, NetworkOptions& o) {
  of_networks(verb.add_option("--epochs", o.epochs, "default: by the number of rows, 20 to 200"))
      ->check(whole_number_from(1));
  of_networks(verb.add_option("--batch", o.batch, "rows a batch (default: by the number of rows, 32 to 128)"))
      ->check(whole_number_from(1));
  of_networks(verb.add_option(
                  "--patience", o.patience,
                  "stop after so many epochs in which the smoothed validation accuracy gained less than half a row"))
      ->check(whole_number_from(1));
  of_networks(
      verb.add_flag("--stop-at-rest", o.stop_at_rest,
                    "stop when the loss trained on equals output entropy (within 2 %) and stands still (1 %), after "
                    "15 % of the epochs"));
  of_networks(verb.add_option("--solve-head-every", o.solve_head_every,
                              "solve the last layer exactly every so many epochs, kept if validation (without it: the "
                              "training loss) gets no worse"))
      ->check(whole_number_from(1));
  static const std::map<std::string, Precision> precisions{{"float32", Precision::kFloat32},
                                                           {"bf16", Precision::kBfloat16}};
  of_networks(verb.add_option("--precision", o.precision, "of products: float32 (default) or bf16"))
      ->transform(choice(precisions));
}

/// Options that the chosen rule or step would not look at.
void refuse_without_effect(const CLI::App& verb, const NetworkOptions& o) {
  const auto refuse = [&](const char* name, bool has_effect, const std::string& expected) {
    if (has_effect || verb.get_option(name)->count() == 0) return;
    throw CLI::ValidationError(name, "has no effect with these options; expected " + expected);
  };
  const bool equilibrium = o.rule == Rule::kEquilibrium;
  const bool local = equilibrium || o.rule == Rule::kPredictiveCoding;
  refuse("--order", equilibrium, "--rule equilibrium");
  refuse("--relaxation", equilibrium, "--rule equilibrium");
  refuse("--relaxation-rate", local, "--rule equilibrium or predictive-coding");
  refuse("--relaxation-steps", local, "--rule equilibrium or predictive-coding");
  refuse("--momentum", o.step != Step::kAdam, "--step golden or sgd");
}

}  // namespace

void add_network(CLI::App& verb, NetworkOptions& options) {
  add_architecture(verb, options);
  add_rule(verb, options);
  add_step(verb, options);
  add_loop(verb, options);
  verb.final_callback([&verb, &options] { refuse_without_effect(verb, options); });
}

}  // namespace poise::cli
