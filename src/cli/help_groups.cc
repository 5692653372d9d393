#include "cli/help_groups.h"

#include <utility>
#include <vector>

namespace poise::cli {
namespace {

using Group = std::pair<const char*, std::vector<const char*>>;

const std::vector<Group>& groups() {
  static const std::vector<Group> all{
      {"Reading the data",
       {"--label", "--ignore", "--categorical", "--numeric", "--labels", "--sample-weight", "--missing",
        "--missing-values", "--min-category-rows", "--unknown-category", "--delimiter", "--decimal", "--quote",
        "--comment", "--header", "--strip-label-dot", "--data-dir"}},
      {"Objective", {"--l2", "--l2-path", "--scale", "--unit", "--label-smoothing", "--class-weight"}},
      {"Solving the softmax layer",
       {"--solver", "--tolerance", "--max-iterations", "--start", "--require-certificate"}},
      {"Networks: what to train", {"--hidden", "--activation", "--loss", "--initialization", "--dropout"}},
      {"Networks: learning rule",
       {"--rule", "--order", "--relaxation", "--relaxation-rate", "--relaxation-steps", "--compat"}},
      {"Networks: step",
       {"--step", "--learning-rate", "--momentum", "--momentum-phase", "--reduction", "--cooling", "--precision"}},
      {"Networks: loop", {"--epochs", "--batch", "--patience", "--stop-at-rest", "--solve-head-every"}},
      {"Test and validation", {"--test", "--validation", "--calibrate", "--seed"}},
      {"Running and writing", {"--out", "--config", "--time-limit", "--threads", "--telemetry", "--json", "--quiet"}}};
  return all;
}

}  // namespace

void group_train_options(CLI::App& verb) {
  for (const auto& [heading, names] : groups()) {
    for (const char* name : names) {
      if (CLI::Option* option = verb.get_option_no_throw(name)) option->group(heading);
    }
  }
}

}  // namespace poise::cli
