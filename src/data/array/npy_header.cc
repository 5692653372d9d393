#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "data/array/npy.h"
#include "rows/number_type.h"

namespace poise::inline data {
namespace {

/// Reads the header, a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& file) : rest_(text), file_(file) {}

  void run(NpyArray& array) {
    bool descr = false, order = false, shape = false;
    need('{');
    while (!accept('}')) {
      const std::string key = quoted();
      need(':');
      if (key == "descr" && !descr) {
        set_type(array);
        descr = true;
      } else if (key == "fortran_order" && !order) {
        array.fortran = boolean();
        order = true;
      } else if (key == "shape" && !shape) {
        array.shape = sizes();
        shape = true;
      } else {
        fail(fmt::format("the key '{}'", key));
      }
      if (!accept(',') && peek() != '}') fail("no comma between keys");
    }
    if (!descr || !order || !shape) fail("a key is missing");
    skip_blanks();
    if (!rest_.empty()) fail("text behind the dictionary");
  }

 private:
  [[noreturn]] void fail(const std::string& found) const {
    throw Error(ErrorKind::kData, "the NPY header is malformed: " + found,
                "{'descr': …, 'fortran_order': …, 'shape': …}", "save the array again with numpy.save", {file_});
  }
  void skip_blanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t')) rest_.remove_prefix(1);
  }
  char peek() {
    skip_blanks();
    return rest_.empty() ? '\0' : rest_[0];
  }
  bool accept(char c) {
    if (peek() != c) return false;
    if (!rest_.empty()) rest_.remove_prefix(1);
    return true;
  }
  void need(char c) {
    if (rest_.empty() || !accept(c)) fail(fmt::format("'{}' is not where it belongs", c));
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("a string is not where it belongs");
    const std::size_t close = rest_.find(quote, 1);
    if (close == std::string_view::npos) fail("a string does not end");
    std::string text(rest_.substr(1, close - 1));
    rest_.remove_prefix(close + 1);
    return text;
  }
  bool boolean() {
    skip_blanks();
    for (const std::string_view word : {"True", "False"}) {
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return word == "True";
    }
    fail("fortran_order is neither True nor False");
  }
  std::vector<Index> sizes() {
    std::vector<Index> result;
    need('(');
    while (!accept(')')) {
      skip_blanks();
      Index size = 0;
      const auto [stop, code] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (code != std::errc{} || size < 0) fail("a size is no count");
      rest_.remove_prefix(stop - rest_.data());
      result.push_back(size);
      if (!accept(',') && peek() != ')') fail("no comma between sizes");
      if (result.size() > 32) fail("more than 32 dimensions");
    }
    return result;
  }

  void set_type(NpyArray& array) {
    if (peek() == '[')
      fail_type("a structured array (one with named fields)", "store its columns as one array of floats");
    const std::string descr = quoted();
    const std::string code = descr.empty() || std::strchr("<>|=", descr[0]) == nullptr ? descr : descr.substr(1);
    const bool single = code == "u1" || code == "i1" || code == "b1";
    if (descr[0] == '>' && !single) fail_type(fmt::format("big-endian values ({})", descr), "array.astype('<f4')");
    const bool known = single || code == "f2" || code == "f4" || code == "f8" || code == "i2" || code == "i4" ||
                       code == "i8" || code == "u2" || code == "u4" || code == "u8";
    if (!known) {
      const char first = code.empty() ? '?' : code[0];
      fail_type(first == 'O'                   ? "Python objects (O)"
                : first == 'U' || first == 'S' ? fmt::format("strings ({})", descr)
                                               : fmt::format("the type '{}'", descr),
                "array.astype(numpy.float32), or integers for labels");
    }
    array.kind = code[0];
    array.size = code[1] - '0';
  }
  [[noreturn]] void fail_type(const std::string& found, const std::string& hint) const {
    throw Error(ErrorKind::kData, "the NPY file holds " + found, "float16, float32, float64, booleans or integers",
                hint, {file_});
  }

  std::string_view rest_;
  const std::string& file_;
};

template <typename T>
T load(const char* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

void check_size(const NpyArray& array, const std::string& file) {
  const std::uint64_t claimed = array_bytes(array.size, array.shape);
  const std::size_t have = array.bytes.size - array.data_begin;
  if (claimed == 0) throw Error(ErrorKind::kData, "the array has no values", "rows of data", {}, {file});
  if (claimed == have) return;
  throw Error(ErrorKind::kData, fmt::format("the NPY header claims {} bytes and {} follow", claimed, have),
              "as many as claimed", "the file may be cut short: copy or save it again", {file});
}

}  // namespace

static_assert(std::endian::native == std::endian::little, "NPY and gzip sizes are read as little-endian");

Index NpyArray::count() const {
  Index product = 1;
  for (const Index size_along : shape) product *= size_along;
  return product;
}

double NpyArray::value(Index i) const {
  const char* const p = data() + i * size;
  switch (kind * 16 + size) {
    case 'f' * 16 + 2:
      return static_cast<double>(load<Float16>(p));
    case 'B' * 16 + 2:
      return static_cast<double>(load<Bfloat16>(p));
    case 'f' * 16 + 4:
      return static_cast<double>(load<float>(p));
    case 'f' * 16 + 8:
      return load<double>(p);
    case 'i' * 16 + 1:
      return load<std::int8_t>(p);
    case 'i' * 16 + 2:
      return load<std::int16_t>(p);
    case 'i' * 16 + 4:
      return load<std::int32_t>(p);
    case 'i' * 16 + 8:
      return static_cast<double>(load<std::int64_t>(p));
    case 'u' * 16 + 2:
      return load<std::uint16_t>(p);
    case 'u' * 16 + 4:
      return load<std::uint32_t>(p);
    case 'u' * 16 + 8:
      return static_cast<double>(load<std::uint64_t>(p));
    default:
      return load<std::uint8_t>(p);  // u1 and b1
  }
}

std::int64_t NpyArray::label(Index i, const std::string& what, Index row) const {
  if (size != 8 || kind == 'f') return integer_label(value(i), what, row);
  const auto integer = load<std::int64_t>(data() + i * size);
  if (kind == 'i' || integer >= 0) return integer;
  throw Error(ErrorKind::kData,
              fmt::format("{} holds {} in row {}", what, load<std::uint64_t>(data() + i * size), row + 1),
              "integers up to 9223372036854775807");
}

bool is_npy(std::string_view bytes) { return bytes.starts_with("\x93NUMPY"); }

NpyArray parse_npy(const Bytes& bytes, const std::string& file) {
  if (!is_npy(bytes.view())) {
    throw Error(ErrorKind::kData, "wrong magic number", "an NPY file: \\x93NUMPY first", {}, {file});
  }
  const int version = bytes.size > 8 ? bytes.data[6] : 0;
  const std::size_t length_size = version == 1 ? 2 : 4;
  if (version < 1 || version > 3 || bytes.size < 8 + length_size) {
    throw Error(ErrorKind::kData, version < 1 || version > 3 ? "an unknown NPY version" : "the NPY header is cut short",
                "version 1, 2 or 3", {}, {file});
  }
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data + 8, length_size);
  NpyArray array;
  array.bytes = bytes;
  array.data_begin = 8 + length_size + length;
  if (array.data_begin > bytes.size) {
    throw Error(ErrorKind::kData, fmt::format("the NPY header claims {} bytes and the file ends before", length),
                "as many as claimed", "the file may be cut short: copy or save it again", {file});
  }
  HeaderParser(bytes.view().substr(8 + length_size, length), file).run(array);
  check_size(array, file);
  return array;
}

}  // namespace poise::inline data
