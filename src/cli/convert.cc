// poise convert: data from one format to another.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/words.h"
#include "cli/arguments.h"
#include "cli/say.h"
#include "data/named.h"
#include "data/read_bytes.h"
#include "data/table/copy.h"
#include "poise/error.h"
#include "run/json_text.h"

namespace poise::cli {
namespace {

/// What counts as 1 is part of images and of the digits; of files, row files say it, and NPY images of bytes, where it
/// is 255.
bool loses_unit(const Dataset& data, const std::string& format) {
  return data.unit != 1 && format != "safetensors" &&
         !(format == "npy" && data.unit == 255 && data.schema.image_shape.size() == 2);
}

/// Class names that are written as numbers of their own.
bool loses_classes(const Dataset& data, const std::string& format) {
  const auto& classes = data.schema.classes;
  return format == "npy" && !data.labels.empty() && std::any_of(classes.begin(), classes.end(), [](const auto& name) {
           return name.find_first_not_of("0123456789-") != std::string::npos;
         });
}

/// `what`: the columns in words.
void tell(const Arguments& a, Index rows, Index columns, const std::string& what, const nlohmann::json& more = {}) {
  if (a.json) {
    nlohmann::json out = {{"rows", rows}, {"features", columns}, {"output", a.target}};
    if (!more.is_null()) out.update(more);
    fmt::print("{}\n", to_text(out, 2));
  } else if (!a.quiet) {
    say("wrote {} of {} to {}\n", counted(rows, "row"), what, a.target == kStandardInput ? "stdout" : a.target);
  }
}

void convert_data(const Arguments& a, const Dataset& data, const std::string& format) {
  print_notices(a, data);
  write_dataset(data, a.target, format);
  const bool unit_lost = loses_unit(data, format);
  if (unit_lost && !a.quiet) {
    say("note: {} counts {:g} as 1, which {} cannot say: to train on it with the same penalty, use --scale none "
        "--unit {:g}\n",
        a.data, data.unit, a.target, data.unit);
  }
  if (loses_classes(data, format) && !a.quiet) {
    say("note: NPY holds no names: the classes are written as their numbers from 0, in the order '{}', …\n",
        data.schema.classes[0]);
  }
  tell(a, data.rows(), data.features.cols(), counted(data.features.cols(), "feature"),
       unit_lost ? nlohmann::json{{"unit_lost", data.unit}} : nlohmann::json());
}

void copy(const Arguments& a, const Bytes& bytes, const std::string& file, char delimiter) {
  const CopiedTable copied = copy_table(bytes, file, a.target, delimiter, a.read);
  for (const std::string& notice : copied.notices) {
    if (!a.quiet) say("note: {}\n", notice);
  }
  tell(a, copied.rows, copied.columns, counted(copied.columns, "column") + " and a label");
}

}  // namespace

int convert(const Arguments& a) {
  std::error_code missing;
  if (a.target != kStandardInput && std::filesystem::equivalent(a.data, a.target, missing)) {
    throw Error(ErrorKind::kUsage, "OUT is IN", "another file to write to", "the input would be lost", {a.target});
  }
  if (a.json && a.target == kStandardInput) {
    throw Error(ErrorKind::kUsage, "--json and the data would both go to stdout", "one of them",
                "name a file to write to");
  }
  const std::string format = format_to_write(a.target, a.format);
  if (parse_name(a.data)) {
    convert_data(a, read_dataset(a.data, a.read), format);
    return 0;
  }
  const std::string file = shown_name(a.data);
  const Bytes bytes = readable(load_data(a.data, a.read.memory), file);
  if ((format == "csv" || format == "tsv") && choose_format(bytes.view(), file) == FileFormat::kTable) {
    copy(a, bytes, file, format == "tsv" ? '\t' : ',');
  } else {
    convert_data(a, read_bytes(bytes, file, a.read, nullptr), format);
  }
  return 0;
}

}  // namespace poise::cli
