#include <fmt/core.h>

#include "cli/arguments.h"

namespace poise::cli {

void print_notices(const Arguments& arguments, const Dataset& data) {
  if (arguments.quiet) return;
  for (const std::string& notice : data.notices) fmt::print(stderr, "note: {}\n", notice);
}

Dataset read_for_model(const Arguments& arguments, const Schema& schema,
                       const std::map<std::string, std::string>& metadata, bool labels) {
  ReadOptions options = arguments.read;
  options.labels = labels;
  auto recorded = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  if (recorded("read.strip_label_dot") == "true") options.strip_label_dot = true;
  if (!options.sample_weight && !recorded("read.sample_weight").empty())
    options.sample_weight = recorded("read.sample_weight");
  Dataset data = read_dataset(arguments.data, options, schema);
  print_notices(arguments, data);
  return data;
}

}  // namespace poise::cli
