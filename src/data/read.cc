#include "poise/read.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <new>

#include "base/shell_word.h"
#include "data/array/idx.h"
#include "data/array/members.h"
#include "data/array/npy.h"
#include "data/array/rows_file.h"
#include "data/bytes/bytes.h"
#include "data/bytes/foreign.h"
#include "data/bytes/utf16.h"
#include "data/fields.h"
#include "data/named.h"
#include "data/read_bytes.h"
#include "data/table/libsvm.h"
#include "data/table/table.h"

namespace poise::inline data {
namespace {

constexpr const char* kKnownNames = "known names are digits, mnist and fashion-mnist; anything else is a path";

template <std::size_t N>
bool ends_with_any(const std::string& name, const std::array<const char*, N>& endings) {
  return std::any_of(endings.begin(), endings.end(), [&](const char* ending) { return name.ends_with(ending); });
}

/// By the extension; nothing if it says nothing.
std::optional<FileFormat> format_by_name(const std::string& file) {
  std::string name = without_packing(base_name(file));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (ends_with_any(name, std::array{".csv", ".tsv"})) return FileFormat::kTable;
  if (ends_with_any(name, std::array{".libsvm", ".svm", ".svmlight"})) return FileFormat::kLibsvm;
  if (ends_with_any(name, std::array{".npy", ".npz", ".safetensors"})) return FileFormat::kNpy;
  if (ends_with_any(name, std::array{"-ubyte", ".idx", ".idx1", ".idx2", ".idx3"})) return FileFormat::kIdx;
  return std::nullopt;  // .txt, .data, .trn, .tst and the like may be a table or LIBSVM: the content decides
}

FileFormat format_by_content(std::string_view bytes) {
  if (is_array_file(bytes)) return FileFormat::kNpy;
  if (is_idx(bytes)) return FileFormat::kIdx;
  return looks_like_libsvm(bytes) ? FileFormat::kLibsvm : FileFormat::kTable;
}

const char* format_name(FileFormat format) {
  switch (format) {
    case FileFormat::kTable:
      return "a table";
    case FileFormat::kLibsvm:
      return "LIBSVM text";
    case FileFormat::kNpy:
      return "an NPY array";
    case FileFormat::kIdx:
      return "an IDX array";
  }
  return "";
}

/// A known set has no named columns, but may be what the model's table was converted from.
void refuse_model_of_table(const NamedSource& name, const std::string& source, const Schema& schema) {
  if (schema.columns.empty()) return;
  const std::string table = name.set + "-" + name.part + ".csv";
  throw Error(ErrorKind::kData, "an array, without named columns", "a table, as the model was trained on",
              fmt::format("'poise convert {0} {1}' makes one, for a model of the set converted alike: then name {1}",
                          source, table),
              {source});
}

/// A file, an array in a file of several, or shards.
Dataset read_file(const std::string& source, const ReadOptions& options, const Schema* schema) {
  if (is_pattern(source)) return read_shards(source, options, schema);
  const MemberPath named = split_member(source);
  const Bytes bytes = load_data(named.path, options.memory);
  if (named.member.empty()) return read_bytes(bytes, shown_name(source), options, schema);
  return read_array_file(bytes, named.path, named.member, options, schema);
}

Dataset read_any(const std::string& source, const ReadOptions& options, const Schema* schema) {
  if (source.empty()) throw Error(ErrorKind::kUsage, "no data named", "a file, or digits, mnist or fashion-mnist");
  check_fields(options);
  const std::optional<NamedSource> name = parse_name(source);
  if (name && schema) refuse_model_of_table(*name, source, *schema);
  Dataset data;
  if (name && name->set == "digits") {
    data = read_digits(*name, options, schema);
  } else {
    data = read_file(name ? find_images(*name, options) : source, options, schema);
  }
  data.name = name ? source : source == kStandardInput ? "stdin" : base_name(source);
  return data;
}

}  // namespace

FileFormat choose_format(std::string_view bytes, const std::string& file) {
  const FileFormat found = format_by_content(bytes);
  const std::optional<FileFormat> named = format_by_name(file);
  if (!named || *named == found) return found;
  // Errors inside of a file are better told by the reader that the name asks for; a plain mix-up is told here.
  if (found != FileFormat::kTable) {
    throw Error(ErrorKind::kData, fmt::format("the content is {}", format_name(found)),
                fmt::format("{}, as the name says", format_name(*named)), "rename the file", {file});
  }
  return *named;
}

std::string shown_name(const std::string& path) { return path == kStandardInput ? "stdin" : path; }

Bytes load_data(const std::string& path, std::uint64_t memory) {
  Bytes bytes = load_inflated(path, memory, kKnownNames);
  if (!path.ends_with(".onnx")) return bytes;
  throw Error(ErrorKind::kData, "a model, not data", "a file of data",
              fmt::format("'poise evaluate {0} DATA' and 'poise inspect {0}' take a model", shell_word(path)), {path});
}

Bytes readable(const Bytes& bytes, const std::string& file) {
  const std::string_view view = bytes.view();
  if (is_array_file(view) || is_idx(view)) return bytes;
  refuse_foreign(view, file);
  const std::optional<ByteOrder> order = utf16_order(view);
  return order ? utf16_to_utf8(view, *order, file) : bytes;
}

Dataset read_bytes(const Bytes& raw, const std::string& file, const ReadOptions& options, const Schema* schema) {
  try {
    const Bytes bytes = readable(raw, file);
    switch (choose_format(bytes.view(), file)) {
      case FileFormat::kTable:
        return read_table(bytes, file, options, schema);
      case FileFormat::kLibsvm:
        return read_libsvm(bytes, file, options, schema);
      case FileFormat::kNpy:
        return is_rows_file(bytes, file) ? read_rows_file(bytes, file, options, schema)
                                         : read_array_file(bytes, file, {}, options, schema);
      case FileFormat::kIdx:
        return read_idx(bytes, file, options, schema);
    }
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::kResource, "out of memory while reading", "data that fits in memory", {}, {file});
  }
  throw Error(ErrorKind::kInternal, "an unknown format");
}

}  // namespace poise::inline data

namespace poise {

Dataset read_dataset(const std::string& source, const ReadOptions& options) {
  return read_any(source, options, nullptr);
}

Dataset read_dataset(const std::string& source, const ReadOptions& options, const Schema& schema) {
  ReadOptions needed = options;
  // A model without classes has no use for labels. A table's reader leaves them, but reads row weights.
  if (schema.classes.empty() && schema.columns.empty()) needed.labels = false;
  return read_any(source, needed, &schema);
}

}  // namespace poise
