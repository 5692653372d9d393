#include "cli/inspect_options.h"

#include "cli/field_options.h"
#include "convex/fields.h"

namespace poise::cli {

void add_inspect(CLI::App& verb, Arguments& a) {
  verb.add_option("PATH", a.data, "a data file (- is standard input) or known set, a model.onnx, or a run directory")
      ->required();
  verb.add_option("DATA", a.trained_on, "with --inference: the data that the run was trained on");
  verb.add_flag("--weights", a.show_weights,
                "of a softmax layer: the weights, largest first, standardized and per unit");
  verb.add_option("--top", a.top, fmt::format("how many of them (default {}; 0: all)", a.top))
      ->check(whole_number_from(0))
      ->needs("--weights");
  CLI::Option* inference = verb.add_flag(
      "--inference", a.inference,
      "of a softmax layer and DATA: standard errors, intervals and p-values of the weights against a reference class");
  inference->excludes("--weights");
  for (CLI::Option* option : add_only(verb, a.inferring, {"level", "variance", "reference"})) option->needs(inference);
}

}  // namespace poise::cli
