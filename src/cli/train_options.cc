#include "cli/train_options.h"

#include "cli/field_options.h"
#include "cli/network_options.h"
#include "convex/fields.h"
#include "poise/error.h"
#include "run/choosing/fields.h"
#include "run/training/fields.h"

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

/// What is a number has to be a share.
CLI::Validator share_or_file(const Field& field) {
  const CLI::Validator share = in_range<double>(field.range);
  const std::string or_file = ", or a file";
  return {[=](std::string& text) -> std::string {
            double value = 0;
            if (text.empty()) return "an empty name; expected a number in [0, 1)" + or_file;
            const std::string fault = CLI::detail::lexical_cast(text, value) ? share(text) : std::string();
            return fault.empty() ? fault : fault + or_file;
          },
          ""};
}

CLI::Option* add_penalty(CLI::App& verb, const Field& field, Arguments& a) {
  const auto set = [&a](const std::string& text) {
    a.training.choose_l2 = text == "auto" || text == "loo";
    a.training.search.leave_one_out = text == "loo";
    if (double l2 = 0; CLI::detail::lexical_cast(text, l2)) a.objective.l2 = l2;
  };
  const std::string help =
      std::string(field.help) +
      "; or auto: found by the rows of --validation or, without it, by cross-validation; or loo: by leave-one-out, in "
      "closed form";
  Field with_auto = field;
  with_auto.help = help.c_str();
  return verb.add_option_function<std::string>("--l2", set, help_of(with_auto, ""))
      ->type_name("FLOAT|auto|loo")
      ->check(in_range_or(field.range, {"auto", "loo"}));
}

CLI::Option* add_class_weight(CLI::App& verb, const Field& field, ObjectiveOptions& o) {
  const auto set = [&o](const std::string& text) {
    o.balanced_classes = text == "balanced";
    o.class_weights = is_scheme(text) ? std::vector<ClassWeight>() : parse_class_weights(text);
  };
  return verb
      .add_option_function<std::string>("--class-weight", set,
                                        std::string("none (default), balanced, or ") + field.help)
      ->check(class_weights());
}

/// A share of the rows, or a file of others.
CLI::Option* add_validation(CLI::App& verb, const Field& field, TrainingRequest& asked) {
  const auto set = [&asked](const std::string& text) {
    double share = 0;
    const bool is_share = CLI::detail::lexical_cast(text, share);
    asked.validation_share = is_share ? std::optional(share) : std::nullopt;
    asked.validation.path = is_share ? "" : text;
  };
  return verb.add_option_function<std::string>("--validation", set, help_of(field, ""))->check(share_or_file(field));
}

/// Without a number any port: parse_and_run writes --serve=0 for it, since CLI11 would take the word that follows.
void add_serve(CLI::App& verb, Arguments& a) {
  constexpr Range kPorts{.low = 0, .high = 65535};
  CLI::Option* serve =
      verb.add_option_function<int>(
              "--serve", [&a](int number) { a.serve = number; },
              "show the report in a browser while training goes on: prints the address of the page, on this PORT of "
              "this machine or any that is free. Who knows the address can read it, nobody else")
          ->type_name("[PORT]")
          ->check(in_range<int>(kPorts))
          ->group(kRunning);
  verb.add_option("--serve-address", a.serve_address,
                  "serve on this address of the machine (default 127.0.0.1: for this machine alone)")
      ->check(not_empty("an address of this machine"))
      ->needs(serve)
      ->group(kRunning);
}

}  // namespace

void add_train(CLI::App& verb, Arguments& a) {
  add_fields(verb, a.objective,
             {{"l2", [&](const Field& field) { return add_penalty(verb, field, a); }},
              {"balanced_classes", nullptr},  // with the next
              {"class_weights", [&](const Field& field) { return add_class_weight(verb, field, a.objective); }}});
  add_fields(verb, a.training.search);
  add_network(verb, a.training.network);
  add_fields(verb, a.solve, {{"threads", nullptr}, {"memory", nullptr}});  // of every verb
  add_fields(verb, a.training,
             {{"validation", [&](const Field& field) { return add_validation(verb, field, a.training); }}});
  verb.add_flag("--require-certificate", a.require_certificate, "exit with code 1 if the result is not certified")
      ->group("Solving the softmax layer");
  verb.add_option("--out", a.out, "run directory (default: runs/<data>-<n>)")->check(not_empty())->group(kRunning);
  verb.add_flag("--no-report", a.no_report, "do not write report.html and report.md into the run directory")
      ->group(kRunning);
  add_serve(verb, a);
  verb.add_option(
          "--config", a.config,
          "read options from a file with a line 'option = value' each; or repeat a run: its directory or run.json")
      ->group(kRunning);
  verb.add_flag("--print-config", a.print_config, "print these options as a file for --config, and train nothing")
      ->group(kRunning);
  for (const char* convex : {"--l2-path", "--unit", "--solver", "--tolerance", "--max-iterations", "--start",
                             "--require-certificate", "--folds", "--l2-rule", "--l2-candidates"}) {
    verb.get_option(convex)->excludes("--hidden");
  }
  verb.get_option("--l2-path")->excludes("--l2");
  verb.get_option("--start")->excludes("--l2-path");
}

}  // namespace poise::cli
