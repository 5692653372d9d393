#include <fmt/core.h>

#include "cli/arguments.h"
#include "network/metadata.h"

namespace poise::cli {

void print_notices(const Arguments& arguments, const Dataset& data) {
  if (arguments.quiet) return;
  for (const std::string& notice : data.notices) fmt::print(stderr, "note: {}\n", notice);
}

Dataset read_for_model(const Arguments& arguments, const Schema& schema,
                       const std::map<std::string, std::string>& metadata, bool labels) {
  ReadOptions options = arguments.read;
  options.labels = labels;
  if (recorded_flag(metadata, "read.strip_label_dot")) options.strip_label_dot = true;
  const std::string weight = recorded_text(metadata, "read.sample_weight");
  if (!options.sample_weight && !weight.empty()) options.sample_weight = weight;
  Dataset data = read_dataset(arguments.data, options, schema);
  print_notices(arguments, data);
  return data;
}

}  // namespace poise::cli
