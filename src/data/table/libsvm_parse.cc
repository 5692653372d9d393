#include "data/table/libsvm_parse.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/index.h"
#include "data/bytes/number.h"
#include "rows/narrow.h"

namespace poise::inline data {
namespace {

constexpr Index kLargestIndex = std::numeric_limits<std::int32_t>::max();

/// Parses the lines of one chunk.
class LineParser {
 public:
  LineParser(std::string_view all, const std::string& file, Index known_features)
      : all_(all), file_(file), known_features_(known_features) {}

  SparseChunk run(const char* p, const char* stop) {
    while (p != stop) {
      const void* newline = std::memchr(p, '\n', stop - p);
      const char* const line_end = newline == nullptr ? stop : static_cast<const char*>(newline);
      parse_line(p, line_end);
      p = line_end == stop ? stop : line_end + 1;
    }
    return std::move(chunk_);
  }

 private:
  static const char* skip_blanks(const char* p, const char* end) {
    while (p != end && is_blank(*p)) ++p;
    return p;
  }
  static const char* token_end(const char* p, const char* end) {
    while (p != end && !is_blank(*p)) ++p;
    return p;
  }

  void parse_line(const char* p, const char* end) {
    p = skip_blanks(p, end);
    if (p == end) return;
    if (*p == '#') {
      ++chunk_.comments;
      return;
    }
    const char* const stop = token_end(p, end);
    const std::string_view label(p, stop - p);
    if (label.find(':') == std::string_view::npos) {
      chunk_.labels.push_back(chunk_.dictionary.add(label, p));
      p = stop;
    } else {
      chunk_.labels.push_back(kNoLabel);
      if (chunk_.first_unlabeled == nullptr) chunk_.first_unlabeled = p;
    }
    const auto before = std::ssize(chunk_.columns);
    last_ = 0;
    for (p = skip_blanks(p, end); p != end && *p != '#'; p = skip_blanks(p, end)) parse_pair(p, end);
    chunk_.row_size.push_back(std::ssize(chunk_.columns) - before);
  }

  void parse_pair(const char*& p, const char* end) {
    const char* const token = p;
    Index index = 0;
    while (p != end && *p >= '0' && *p <= '9' && index <= kLargestIndex) index = index * 10 + (*p++ - '0');
    if (p == token || p == end || *p != ':') fail_index(token, end, index);
    if (index <= last_ || index > kLargestIndex) fail_order(token, end, index);
    const char* q = ++p;
    double value = 0;
    if (!parse_short_decimal(q, end, value) || !(q == end || is_blank(*q))) {
      q = token_end(p, end);
      if (parse_number(std::string_view(p, q - p), value) != NumberStatus::kNumber) fail_value(token, end);
    }
    p = q;
    last_ = index;
    if (known_features_ >= 0 && index > known_features_) {
      ++chunk_.dropped;
      return;
    }
    chunk_.features = std::max(chunk_.features, index);
    chunk_.columns.push_back(static_cast<std::int32_t>(index - 1));
    push(value);
  }

  /// Numbers widen, for the whole chunk, at the first that float32 does not hold exactly.
  void push(double value) {
    if (chunk_.doubles.empty() && fits_float(value)) return chunk_.values.push_back(static_cast<float>(value));
    if (chunk_.doubles.empty()) {
      chunk_.doubles.assign(chunk_.values.begin(), chunk_.values.end());
      chunk_.values = {};
    }
    chunk_.doubles.push_back(value);
  }

  [[noreturn]] void fail(const char* token, const char* end, const std::string& found, const std::string& expected,
                         const std::string& hint = {}) const {
    const std::string_view text(token, token_end(token, end) - token);
    throw Error(ErrorKind::kData, fmt::format(fmt::runtime(found), text), expected, hint,
                place_in_text(all_, token, file_));
  }
  [[noreturn]] void fail_index(const char* token, const char* end, Index index) const {
    const std::string_view text(token, token_end(token, end) - token);
    if (index > kLargestIndex) fail_order(token, end, index);
    if (text.starts_with("qid:")) {
      fail(token, end, "'{}': groups of a ranking are not supported", "index:value",
           "remove them with: sed 's/ qid:[0-9]*//'");
    }
    fail(token, end, "'{}'", "index:value, separated by blanks");
  }
  [[noreturn]] void fail_order(const char* token, const char* end, Index index) const {
    if (index > kLargestIndex) fail(token, end, "the index of '{}' is too large", "indices up to 2147483647");
    if (index == 0) fail(token, end, "the index 0 in '{}'", "indices from 1", "add 1 to every index");
    fail(token, end, index == last_ ? "'{}' repeats an index" : "the index of '{}' is less than the one before",
         "ascending indices", "sort the pairs of each line");
  }
  [[noreturn]] void fail_value(const char* token, const char* end) const {
    fail(token, end, "the value of '{}' is no finite number", "index:value",
         "leave zeros out; there are no missing values");
  }

  std::string_view all_;
  const std::string& file_;
  Index known_features_;
  Index last_ = 0;
  SparseChunk chunk_;
};

}  // namespace

SparseChunk parse_libsvm_lines(std::string_view text, const std::string& file, Index known_features, const char* begin,
                               const char* end) {
  return LineParser(text, file, known_features).run(begin, end);
}

std::vector<const char*> chunk_lines(std::string_view text) {
  constexpr std::size_t kChunk = 1 << 20;
  std::vector<const char*> starts{text.data()};
  for (std::size_t p = 0; text.size() - p > kChunk;) {
    const std::size_t newline = text.find('\n', p + kChunk);
    p = newline == std::string_view::npos ? text.size() : newline + 1;
    starts.push_back(text.data() + p);
  }
  if (starts.back() != text.data() + text.size() || starts.size() == 1) starts.push_back(text.data() + text.size());
  return starts;
}

Location place_in_text(std::string_view text, const char* place, const std::string& file) {
  const std::size_t line = text.substr(0, place - text.data()).rfind('\n') + 1;  // npos + 1 is 0
  return {file, 1 + std::count(text.data(), place, '\n'), place - text.data() - static_cast<Index>(line) + 1};
}

}  // namespace poise::inline data
