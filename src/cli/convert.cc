// poise convert: data from one format to another.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include <filesystem>

#include "cli/arguments.h"
#include "poise/error.h"

namespace poise::cli {

int convert(const Arguments& a) {
  std::error_code missing;
  if (std::filesystem::equivalent(a.data, a.target, missing)) {
    throw Error(ErrorKind::kUsage, "OUT is IN", "another file to write to", "the input would be lost", {a.target});
  }
  const Dataset data = read_dataset(a.data, a.read);
  print_notices(a, data);
  write_dataset(data, a.target);
  if (a.json) {
    const nlohmann::json out = {{"rows", data.rows()}, {"features", data.features.cols()}, {"output", a.target}};
    fmt::print("{}\n", out.dump(2));
  } else if (!a.quiet) {
    fmt::print(stderr, "wrote {} rows of {} features to {}\n", data.rows(), data.features.cols(), a.target);
  }
  return 0;
}

}  // namespace poise::cli
