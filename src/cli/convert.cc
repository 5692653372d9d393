// poise convert: data from one format to another.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include <filesystem>

#include "cli/arguments.h"
#include "cli/say.h"
#include "poise/error.h"
#include "run/json_text.h"

namespace poise::cli {
namespace {

/// What counts as 1 is part of images and of the digits; of files, NPY images of bytes alone say it, and it is 255.
bool loses_unit(const Dataset& data, const std::string& target) {
  const bool npy = target.ends_with(".npy") || target.ends_with(".npy.gz");
  return data.unit != 1 && !(npy && data.unit == 255 && data.schema.image_shape.size() == 2);
}

}  // namespace

int convert(const Arguments& a) {
  std::error_code missing;
  if (std::filesystem::equivalent(a.data, a.target, missing)) {
    throw Error(ErrorKind::kUsage, "OUT is IN", "another file to write to", "the input would be lost", {a.target});
  }
  const Dataset data = read_dataset(a.data, a.read);
  print_notices(a, data);
  write_dataset(data, a.target);
  const bool unit_lost = loses_unit(data, a.target);
  if (unit_lost && !a.quiet) {
    say("note: {} counts {:g} as 1, which {} cannot say: to train on it with the same penalty, use --scale none "
        "--unit {:g}\n",
        a.data, data.unit, a.target, data.unit);
  }
  if (a.json) {
    nlohmann::json out = {{"rows", data.rows()}, {"features", data.features.cols()}, {"output", a.target}};
    if (unit_lost) out["unit_lost"] = data.unit;
    fmt::print("{}\n", to_text(out, 2));
  } else if (!a.quiet) {
    say("wrote {} rows of {} features to {}\n", data.rows(), data.features.cols(), a.target);
  }
  return 0;
}

}  // namespace poise::cli
