#include "cli/train_options.h"

#include <fmt/core.h>

#include "cli/checks.h"
#include "cli/help_groups.h"
#include "cli/lists.h"
#include "cli/network_options.h"
#include "cli/option_names.h"
#include "poise/error.h"
#include "run/training/read_parts.h"

namespace poise::cli {
namespace {

bool is_scheme(const std::string& text) { return text == "none" || text == "balanced"; }

CLI::Validator class_weights() {
  return {[](std::string& text) -> std::string {
            if (is_scheme(text)) return {};
            try {
              (void)parse_class_weights(text);
              return {};
            } catch (const Error& error) {
              return error.found() + "; expected 'none', 'balanced', or " + error.expected() +
                     (error.hint().empty() ? "" : "; hint: " + error.hint());
            }
          },
          "none|balanced"};
}

void set_class_weights(const std::string& text, ObjectiveOptions& o) {
  o.balanced_classes = text == "balanced";
  o.class_weights = is_scheme(text) ? std::vector<ClassWeight>() : parse_class_weights(text);
}

/// A share of the rows, or a file of others.
void set_validation(const std::string& text, TrainingRequest& asked) {
  double share = 0;
  const bool is_share = CLI::detail::lexical_cast(text, share);
  asked.validation_share = is_share ? std::optional(share) : std::nullopt;
  asked.validation.path = is_share ? "" : text;
}

/// What is a number has to be a share.
CLI::Validator share_or_file() {
  const CLI::Validator share = number_in(0, true, 0.999999, "a number in [0, 1), or a file");
  return {[share](std::string& text) -> std::string {
            double value = 0;
            if (text.empty()) return "an empty name; expected a number in [0, 1), or a file";
            return CLI::detail::lexical_cast(text, value) ? share(text) : std::string();
          },
          ""};
}

void set_penalty(Arguments& a, const std::string& text) {
  a.training.choose_l2 = text == "auto";
  if (double l2 = 0; CLI::detail::lexical_cast(text, l2)) a.objective.l2 = l2;
}

void add_objective(CLI::App& verb, Arguments& a) {
  verb.add_option_function<std::string>(
          "--l2", [&a](const std::string& text) { set_penalty(a, text); },
          "penalty (l2/2)|W|^2 on the mean loss, bias free; or auto: found by the rows of --validation or, without it, "
          "by cross-validation (default: 2/(rows * m) with m = classes - 1, at most 6, of images and sparse data at "
          "most 2; of a network three times as much, with a loss other than cross-entropy 0)")
      ->type_name("FLOAT|auto")
      ->check(not_negative_or("auto"));
  as_list(verb.add_option("--l2-path", a.training.l2_path,
                          "several penalties, with commas between, solved in this order, each from the nearest one "
                          "before; the rows of --validation choose")
              ->check(not_negative()))
      ->excludes("--l2");
  verb.add_option("--scale", a.objective.scale,
                  "units of the penalty: numbers (default for tables: standardized, categories 0 or 1), standard (all "
                  "columns) or "
                  "none (images, sparse data); of a network's "
                  "inputs: none, "
                  "or mean square 1 (default)")
      ->transform(choice(kScales));
  verb.add_option("--unit", a.objective.unit,
                  "with --scale none: what counts as 1 in the data's units (255 for byte images)")
      ->check(positive());
  verb.add_option("--label-smoothing", a.objective.label_smoothing, "share of every target spread over all classes")
      ->check(number_in(0, true, 0.999999, "a number in [0, 1)"));
  verb.add_option_function<std::string>(
          "--class-weight", [&a](const std::string& text) { set_class_weights(text, a.objective); },
          "none (default), balanced, or factors on the rows of classes: a=2,b=0.5; a name with a comma or = in "
          "quotation "
          "marks")
      ->check(class_weights());
}

void add_solving(CLI::App& verb, Arguments& a) {
  static const std::map<std::string, Solver> solvers{{"auto", Solver::kAuto},
                                                     {"newton", Solver::kNewton},
                                                     {"lbfgs", Solver::kLbfgs},
                                                     {"golden", Solver::kGolden},
                                                     {"descent", Solver::kDescent}};
  verb.add_option("--solver", a.solve.solver, "auto, newton, lbfgs, golden (dual-process momentum) or descent")
      ->transform(choice(solvers))
      ->excludes("--hidden");
  verb.add_option("--tolerance", a.solve.tolerance,
                  fmt::format("wanted gap objective - optimum, absolute, in nats (default {:g})", a.solve.tolerance))
      ->check(positive())
      ->excludes("--hidden");
  verb.add_option("--max-iterations", a.solve.max_iterations,
                  fmt::format("limit on outer iterations (default {} for newton, else {})", kNewtonIterations,
                              kOtherIterations))
      ->check(whole_number_from(1))
      ->excludes("--hidden");
  verb.add_option(
          "--time-limit", a.solve.time_limit,
          "limit in seconds on all that comes after reading the data; what it leaves unmeasured is left out, but "
          "measuring has a second at least")
      ->check(positive());
  verb.add_option("--start", a.training.start, "start from the model of this run")
      ->excludes("--l2-path")
      ->excludes("--hidden");
}

void add_measuring(CLI::App& verb, Arguments& a) {
  verb.add_option("--test", a.training.test.path, "evaluate on this data after training");
  verb.add_option_function<std::string>(
          "--validation", [&a](const std::string& text) { set_validation(text, a.training); },
          fmt::format("share of the rows to hold out, or a file of other rows; picks the best of --l2-path and --l2 "
                      "auto, or the epoch "
                      "kept of a network: the last with the largest validation accuracy, smoothed over some five "
                      "epochs; or calibrates (for networks and --calibrate {:g} by default)",
                      kHeldOut))
      ->check(share_or_file());
  verb.add_flag(
      "--calibrate", a.training.calibrate,
      "divide the scores by the temperature at which cross-entropy equals output entropy on the held-out rows");
  static const std::map<std::string, Telemetry> levels{
      {"off", Telemetry::kOff}, {"light", Telemetry::kLight}, {"full", Telemetry::kFull}};
  verb.add_option(
          "--telemetry", a.training.telemetry,
          "thermodynamics along the run, in metrics.jsonl: off (default), light (of networks some 3 % of the time, "
          "or five measurements of a run too short for that; of the softmax layer one a solution, whatever it "
          "takes) or full")
      ->transform(choice(levels));
}

}  // namespace

void add_train(CLI::App& verb, Arguments& a) {
  add_objective(verb, a);
  add_network(verb, a.training.network);
  for (const char* convex : {"--l2-path", "--unit"}) verb.get_option(convex)->excludes("--hidden");
  add_solving(verb, a);
  add_measuring(verb, a);
  verb.add_option_function<std::uint64_t>(
          "--seed", [&a](const std::uint64_t& seed) { a.training.seed = seed, a.seed_given = true; },
          fmt::format("of the validation split and of a network's training (default {})", a.training.seed))
      ->check(whole_number_from(0));
  verb.add_option("--out", a.out, "run directory (default: runs/<data>-<n>)")->check(not_empty());
  verb.add_flag("--require-certificate", a.require_certificate, "exit with code 1 if the result is not certified")
      ->excludes("--hidden");
  verb.add_option("--config", a.config, "read options from a file with a line 'option = value' each");
  group_train_options(verb);
}

}  // namespace poise::cli
