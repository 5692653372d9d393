#include <fmt/core.h>

#include "cli/arguments.h"
#include "cli/say.h"
#include "network/metadata.h"
#include "poise/error.h"

namespace poise::cli {

void print_notices(const Arguments& arguments, const Dataset& data) {
  if (arguments.quiet) return;
  for (const std::string& notice : data.notices) say("note: {}\n", notice);
}

Dataset read_for_model(const Arguments& arguments, const Schema& schema,
                       const std::map<std::string, std::string>& metadata, Needs needs) {
  ReadOptions options = arguments.read;
  options.labels = needs != Needs::kFeatures;
  if (recorded_flag(metadata, "read.strip_label_dot")) options.strip_label_dot = true;
  const std::string weight = recorded_text(metadata, "read.sample_weight");
  if (!options.sample_weight && !weight.empty()) {
    options.sample_weight = weight;
    options.weight_as_trained = true;
  }
  Dataset data = read_dataset(arguments.data, options, schema);
  if (needs == Needs::kLabelsAndWeights && !weight.empty() && data.sample_weight.size() == 0) {
    throw Error(ErrorKind::kData,
                fmt::format("the model was trained with the row weights in the column '{}' (its metadata say so), "
                            "which is not here",
                            weight),
                "the rows and weights that the model was trained on", "--sample-weight names another column of weights",
                {arguments.data});
  }
  print_notices(arguments, data);
  return data;
}

}  // namespace poise::cli
