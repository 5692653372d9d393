#include "data/named.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cstdlib>

#include "data/array/array_labels.h"
#include "data/bytes/bytes.h"
#include "data/bytes/gzip.h"

namespace poise::inline data {

// data/digits/digits.csv.gz, put into the library by cmake/embed.cmake.
extern const unsigned char kDigitsFile[];
extern const unsigned long kDigitsFileSize;

namespace {

constexpr Index kDigitsRows = 1797, kDigitsTestRows = 450, kDigitsPixels = 64;
constexpr std::uint64_t kDigitsSeed = 20120101;  // any fixed number: it makes the split part of the name

/// The rows "pixel,…,pixel,digit" of the embedded file, once inflated.
Dataset parse_digits(std::string_view text) {
  std::vector<std::uint8_t> pixels;
  ArrayLabels labels{"digits", {}, {}};
  const char* p = text.data();
  const char* const end = p + text.size();
  for (Index cell = 0; p < end; ++cell) {
    int value = 0;
    p = std::from_chars(p, end, value).ptr + 1;  // behind the comma or the line's end
    if (cell % (kDigitsPixels + 1) == kDigitsPixels) {
      labels.values.push_back(value);
    } else {
      pixels.push_back(static_cast<std::uint8_t>(value));
    }
  }
  Dataset data;
  data.features = Features::from_values(std::move(pixels), kDigitsRows, kDigitsPixels);
  data.unit = 16;
  set_array_schema(data, FileFormat::kIdx, {8, 8}, "digits", nullptr);
  set_labels(data, labels, nullptr);
  return data;
}

std::vector<std::string> data_dirs(const ReadOptions& options) {
  if (!options.data_dir.empty()) return {options.data_dir};  // never other data than those asked for
  std::vector<std::string> dirs;
  const char* const variable = std::getenv("POISE_DATA");
  if (variable != nullptr && *variable != 0) dirs.emplace_back(variable);
  dirs.insert(dirs.end(), {"./data", "../shared/data"});
  return dirs;
}

}  // namespace

std::optional<NamedSource> parse_name(const std::string& source) {
  const std::size_t colon = source.find(':');
  NamedSource name{source.substr(0, colon), colon == std::string::npos ? "train" : source.substr(colon + 1)};
  const bool digits = name.set == "digits";
  if (!digits && name.set != "mnist" && name.set != "fashion-mnist") return std::nullopt;
  if (name.part == "train" || name.part == "test" || (digits && name.part == "all")) return name;
  throw Error(ErrorKind::kUsage, fmt::format("the set '{}' has no part '{}'", name.set, name.part),
              digits ? "train, test or all" : "train or test");
}

std::string find_images(const NamedSource& source, const ReadOptions& options) {
  const std::string file = source.part == "test" ? "t10k-images-idx3-ubyte" : "train-images-idx3-ubyte";
  std::string looked;
  for (const std::string& dir : data_dirs(options)) {
    const std::string path = dir + "/" + source.set + "/" + file;
    for (const char* ending : {"", ".gz"}) {
      if (is_file(path + ending)) return path + ending;
    }
    looked += (looked.empty() ? "" : ", ") + path + "[.gz]";
  }
  throw Error(ErrorKind::kIo, fmt::format("the data set '{}' is not here: looked for {}", source.set, looked),
              "its IDX files, as published",
              fmt::format("name the folder that holds the folder '{}' with --data-dir or $POISE_DATA", source.set));
}

Dataset read_digits(const NamedSource& source, const ReadOptions& options, const Schema* schema) {
  refuse_table_options(options, "digits");
  if (options.label || !options.labels_file.empty()) {
    throw Error(ErrorKind::kUsage,
                options.label ? "--label names a column, and the digits have none"
                              : "--labels names a file, and the digits have their labels",
                "no such option", "leave it out", {"digits"});
  }
  const std::string_view file(reinterpret_cast<const char*>(kDigitsFile), kDigitsFileSize);
  Dataset all = parse_digits(inflate_gzip(file, "digits").view());
  if (schema != nullptr) {
    const Schema own = all.schema;
    set_array_schema(all, FileFormat::kIdx, own.image_shape, "digits", schema);
    ArrayLabels labels{"digits", {all.labels.begin(), all.labels.end()}, {}};
    all.labels.clear();
    if (options.labels) set_labels(all, labels, schema);
  }
  if (schema == nullptr && !options.labels) all.labels.clear(), all.schema.classes.clear();
  if (source.part == "all") return all;
  auto [train, test] = split_rows(all, kDigitsTestRows, kDigitsSeed);
  return source.part == "test" ? test : train;
}

}  // namespace poise::inline data

namespace poise {

std::string test_part_of(const std::string& source) {
  if (source.find(':') != std::string::npos) return {};
  return parse_name(source) ? source + ":test" : "";
}

}  // namespace poise
