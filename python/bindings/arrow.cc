#include "arrow.h"

#include <fmt/core.h>

#include <cstring>
#include <optional>
#include <utility>

#include "poise/error.h"

// The names and members are the specification's.
extern "C" {
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};
struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};
struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
  int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
  const char* (*get_last_error)(struct ArrowArrayStream*);
  void (*release)(struct ArrowArrayStream*);
  void* private_data;
};
}

namespace poise::python {

namespace nb = nanobind;

namespace {

/// What the interface gives, released in the end.
template <typename T>
struct Released : T {
  Released() : T{} {}
  Released(const Released&) = delete;
  Released& operator=(const Released&) = delete;
  ~Released() {
    if (this->release != nullptr) this->release(this);
  }
};

std::optional<CellType> number_type(std::string_view format) {
  constexpr std::pair<std::string_view, CellType> kTypes[] = {
      {"c", CellType::kInt8},    {"s", CellType::kInt16},   {"i", CellType::kInt32},  {"l", CellType::kInt64},
      {"C", CellType::kUint8},   {"S", CellType::kUint16},  {"I", CellType::kUint32}, {"L", CellType::kUint64},
      {"e", CellType::kFloat16}, {"f", CellType::kFloat32}, {"g", CellType::kFloat64}};
  for (const auto& [letter, type] : kTypes) {
    if (format == letter) return type;
  }
  return std::nullopt;
}

std::int64_t size_of(CellType type) {
  constexpr std::int64_t kSizes[] = {1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8};
  return kSizes[static_cast<std::size_t>(type)];
}

bool is_text(std::string_view format) { return format == "u" || format == "U" || format == "vu"; }

bool bit_at(const void* bits, std::int64_t place) {
  return (static_cast<const std::uint8_t*>(bits)[place / 8] >> (place % 8) & 1) != 0;
}

template <typename T>
T at(const void* buffer, std::int64_t place) {
  T value;
  std::memcpy(&value, static_cast<const std::byte*>(buffer) + place * sizeof(T), sizeof(T));
  return value;
}

bool is_present(const ArrowArray& array, std::int64_t row) {
  return array.n_buffers == 0 || array.buffers[0] == nullptr || bit_at(array.buffers[0], array.offset + row);
}

/// String `row` of an array of strings: offsets and bytes, or views with the first 12 bytes in them.
std::string_view string_at(const ArrowArray& array, std::string_view format, std::int64_t row) {
  const std::int64_t place = array.offset + row;
  const auto piece = [](const void* bytes, std::int64_t begin, std::int64_t size) {
    return std::string_view(size == 0 ? "" : static_cast<const char*>(bytes) + begin, static_cast<std::size_t>(size));
  };
  if (format == "u") {
    const auto begin = at<std::int32_t>(array.buffers[1], place), end = at<std::int32_t>(array.buffers[1], place + 1);
    return piece(array.buffers[2], begin, end - begin);
  }
  if (format == "U") {
    const auto begin = at<std::int64_t>(array.buffers[1], place), end = at<std::int64_t>(array.buffers[1], place + 1);
    return piece(array.buffers[2], begin, end - begin);
  }
  constexpr std::int64_t kInside = 12, kView = 4;  // a view is four words
  const auto size = at<std::int32_t>(array.buffers[1], kView * place);
  if (size <= kInside) return piece(array.buffers[1], 16 * place + 4, size);
  const auto buffer = at<std::int32_t>(array.buffers[1], kView * place + 2);
  return piece(array.buffers[2 + buffer], at<std::int32_t>(array.buffers[1], kView * place + 3), size);
}

[[noreturn]] void refuse(const ArrowSchema& column) {
  const std::string_view format = column.format;
  const char* what = format.starts_with("t")   ? "dates or times"
                     : format.starts_with("d") ? "decimals"
                     : format.starts_with("+") ? "lists or records"
                                               : "bytes";
  throw Error(
      ErrorKind::kData,
      fmt::format("column '{}' has {} (Arrow's type {})", column.name == nullptr ? "" : column.name, what, format),
      "numbers, text, categories or truth values",
      format.starts_with("t") ? "take the year, the month, … as numbers, or cast it to text"
                              : "cast it to numbers or to text, or leave it out");
}

/// The strings of a dictionary, or its numbers as text.
std::vector<std::int32_t> numbers_of_entries(const ArrowArray& entries, const ArrowSchema& type, Strings& strings) {
  std::vector<std::int32_t> numbers;
  const std::string_view format = type.format;
  const std::optional<CellType> number = number_type(format);
  for (std::int64_t k = 0; k < entries.length; ++k) {
    if (!is_present(entries, k)) {
      numbers.push_back(-1);
    } else if (is_text(format)) {
      numbers.push_back(strings.number_of(string_at(entries, format, k)));
    } else if (format == "b") {
      numbers.push_back(strings.number_of(bit_at(entries.buffers[1], entries.offset + k) ? "true" : "false"));
    } else if (number) {
      Cells one{.type = *number, .stride = size_of(*number)};
      one.data = static_cast<const std::byte*>(entries.buffers[1]) + entries.offset * one.stride;
      double value = 0;
      load_cells(one, type.name == nullptr ? "" : type.name, k, 1, &value);
      numbers.push_back(strings.number_of(fmt::format("{}", value)));
    } else {
      refuse(type);
    }
  }
  return numbers;
}

void add_categories(const ArrowArray& array, const ArrowSchema& type, Cells& cells, Strings& strings) {
  const std::vector<std::int32_t> numbers = numbers_of_entries(*array.dictionary, *type.dictionary, strings);
  const std::optional<CellType> index = number_type(type.format);
  if (!index) refuse(type);
  Cells indices{.type = *index, .stride = size_of(*index)};
  indices.data = static_cast<const std::byte*>(array.buffers[1]) + array.offset * indices.stride;
  for (std::int64_t i = 0; i < array.length; ++i) {
    double place = -1;
    if (is_present(array, i)) load_cells(indices, "", i, 1, &place);
    const bool known = place >= 0 && place < static_cast<double>(numbers.size());
    cells.codes.push_back(known ? numbers[static_cast<std::size_t>(place)] : -1);
  }
}

/// One column of one part. `owner` keeps the part.
Cells cells_of(const ArrowArray& array, const ArrowSchema& type, FrameColumn& column,
               const std::shared_ptr<const void>& owner) {
  const std::string_view format = type.format;
  Cells cells;
  if (type.dictionary != nullptr) {
    cells.type = CellType::kText;
    add_categories(array, type, cells, column.strings);
  } else if (is_text(format)) {
    cells.type = CellType::kText;
    for (std::int64_t i = 0; i < array.length; ++i) {
      cells.codes.push_back(is_present(array, i) ? column.strings.number_of(string_at(array, format, i)) : -1);
    }
  } else if (format == "b") {
    cells.type = CellType::kText;
    for (std::int64_t i = 0; i < array.length; ++i) {
      const bool truth = bit_at(array.buffers[1], array.offset + i);
      cells.codes.push_back(is_present(array, i) ? column.strings.number_of(truth ? "true" : "false") : -1);
    }
  } else if (const std::optional<CellType> number = number_type(format)) {
    cells = {.owner = owner, .type = *number, .stride = size_of(*number)};
    cells.data = static_cast<const std::byte*>(array.buffers[1]) + array.offset * cells.stride;
    cells.present = static_cast<const std::uint8_t*>(array.buffers[0]);
    cells.first_bit = array.offset;
  } else if (format != "n") {
    refuse(type);
  }
  return cells;
}

void require(int answer, ArrowArrayStream& stream) {
  if (answer == 0) return;
  const char* why = stream.get_last_error(&stream);
  throw Error(ErrorKind::kData, fmt::format("the frame cannot be read: {}", why == nullptr ? "no reason given" : why),
              "a table of Arrow");
}

}  // namespace

Frame frame_of_arrow(const nb::capsule& capsule) {
  auto& stream = *static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
  if (PyErr_Occurred() != nullptr) throw nb::python_error();
  Released<ArrowSchema> schema;
  require(stream.get_schema(&stream, &schema), stream);
  if (std::string_view(schema.format) != "+s") {
    throw Error(ErrorKind::kData, fmt::format("a single column of Arrow's type {}", schema.format), "a table");
  }
  Frame frame;
  for (std::int64_t j = 0; j < schema.n_children; ++j) {
    const ArrowSchema& type = *schema.children[j];
    const std::string_view format = type.format;
    FrameColumn& column = frame.columns.emplace_back();
    column.name = type.name == nullptr ? "" : type.name;
    column.is_truth = format == "b" && type.dictionary == nullptr;
    column.is_text = column.is_truth || is_text(format) || type.dictionary != nullptr;
  }
  for (;;) {
    auto array = std::make_shared<Released<ArrowArray>>();
    require(stream.get_next(&stream, array.get()), stream);
    if (array->release == nullptr) return frame;
    FrameRows& part = frame.parts.emplace_back();
    part.rows = array->length;
    for (std::int64_t j = 0; j < schema.n_children; ++j) {
      array->children[j]->offset += array->offset;  // a slice of records is a slice of each column
      array->children[j]->length = array->length;
      part.cells.push_back(cells_of(*array->children[j], *schema.children[j], frame.columns[j], array));
    }
  }
}

}  // namespace poise::python
