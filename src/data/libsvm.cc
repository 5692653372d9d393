#include "data/libsvm.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/parallel.h"
#include "data/array_labels.h"
#include "data/classes.h"
#include "data/dictionary.h"
#include "data/number.h"
#include "data/table_text.h"

namespace poise {
namespace {

constexpr Index kLargestIndex = std::numeric_limits<std::int32_t>::max();
constexpr Index kMostFeatures =
    1 << 27;  // offset and scale alone take 2 GiB then; the largest public set has 55 million
constexpr std::uint32_t kNoLabel = std::numeric_limits<std::uint32_t>::max();

std::size_t at(Index i) { return static_cast<std::size_t>(i); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

struct SparseChunk {
  std::vector<Index> row_size;
  std::vector<std::int32_t> columns;  ///< from 0
  std::vector<float> values;
  std::vector<std::uint32_t> labels;  ///< numbers in `dictionary`; kNoLabel: none
  Dictionary dictionary;
  Index features = 0, dropped = 0;
};

/// Parses the lines of one chunk.
class LineParser {
 public:
  LineParser(std::string_view all, const std::string& file, Index known_features)
      : all_(all), file_(file), known_features_(known_features) {}

  SparseChunk run(const char* p, const char* stop) {
    while (p != stop) {
      const void* newline = std::memchr(p, '\n', at(stop - p));
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
    while (p != end && !is_blank(*p) && *p != '#') ++p;
    return p;
  }

  void parse_line(const char* p, const char* end) {
    p = skip_blanks(p, end);
    if (p == end || *p == '#') return;
    const char* const stop = token_end(p, end);
    const std::string_view label(p, at(stop - p));
    if (label.find(':') == std::string_view::npos) {
      chunk_.labels.push_back(chunk_.dictionary.add(label, p));
      p = stop;
    } else {
      chunk_.labels.push_back(kNoLabel);
    }
    const auto before = static_cast<Index>(chunk_.values.size());
    last_ = 0;
    for (p = skip_blanks(p, end); p != end && *p != '#'; p = skip_blanks(p, end)) parse_pair(p, end);
    chunk_.row_size.push_back(static_cast<Index>(chunk_.values.size()) - before);
  }

  void parse_pair(const char*& p, const char* end) {
    const char* const token = p;
    Index index = 0;
    while (p != end && *p >= '0' && *p <= '9' && index <= kLargestIndex) index = index * 10 + (*p++ - '0');
    if (p == token || p == end || *p != ':') fail_index(token, end, index);
    if (index <= last_ || index > kLargestIndex) fail_order(token, end, index);
    const char* q = ++p;
    double value = 0;
    if (!parse_short_decimal(q, end, value) || !(q == end || is_blank(*q) || *q == '#')) {
      q = token_end(p, end);
      if (parse_number({p, at(q - p)}, value) != NumberStatus::kNumber) fail_value(token, end);
    }
    if (std::abs(value) > std::numeric_limits<float>::max()) fail_value(token, end);
    p = q;
    last_ = index;
    if (known_features_ >= 0 && index > known_features_) {
      ++chunk_.dropped;
      return;
    }
    chunk_.features = std::max(chunk_.features, index);
    chunk_.columns.push_back(static_cast<std::int32_t>(index - 1));
    chunk_.values.push_back(static_cast<float>(value));
  }

  [[noreturn]] void fail(const char* token, const char* end, const std::string& found, const std::string& expected,
                         const std::string& hint = {}) const {
    const std::string_view text(token, at(token_end(token, end) - token));
    const char* const line = all_.data() + (all_.substr(0, at(token - all_.data())).rfind('\n') + 1);  // npos + 1 is 0
    throw Error(ErrorKind::kData, fmt::format(fmt::runtime(found), text), expected, hint,
                {file_, 1 + std::count(all_.data(), token, '\n'), token - line + 1});
  }
  [[noreturn]] void fail_index(const char* token, const char* end, Index index) const {
    const std::string_view text(token, at(token_end(token, end) - token));
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

/// Puts the chunks one behind the other; frees each as it goes.
CsrMatrix join(std::vector<SparseChunk>& chunks, int threads) {
  CsrMatrix matrix;
  std::vector<Index> first{0};
  for (const SparseChunk& chunk : chunks) {
    for (const Index size : chunk.row_size) matrix.row_start.push_back(matrix.row_start.back() + size);
    first.push_back(matrix.row_start.back());
    matrix.cols = std::max(matrix.cols, chunk.features);
  }
  matrix.columns.resize(at(first.back()));
  matrix.values.resize(at(first.back()));
  parallel_for(static_cast<Index>(chunks.size()), threads, [&](Index c) {
    SparseChunk& chunk = chunks[at(c)];
    std::copy(chunk.columns.begin(), chunk.columns.end(), matrix.columns.begin() + first[at(c)]);
    std::copy(chunk.values.begin(), chunk.values.end(), matrix.values.begin() + first[at(c)]);
    chunk.columns = {};
    chunk.values = {};
  });
  return matrix;
}

/// The file's labels: distinct ones, and for each row its place among them.
struct FileLabels {
  std::vector<std::string> names;
  std::vector<const char*> first;
  std::vector<std::uint32_t> rows;
  Index unlabelled = 0;
};

FileLabels merge_labels(const std::vector<SparseChunk>& chunks) {
  FileLabels labels;
  Dictionary all;
  for (const SparseChunk& chunk : chunks) {
    std::vector<std::uint32_t> numbers;
    for (const Dictionary::Entry& entry : chunk.dictionary.entries()) {
      numbers.push_back(all.add(entry.text, entry.first, entry.count));
    }
    for (const std::uint32_t label : chunk.labels) {
      labels.unlabelled += label == kNoLabel;
      labels.rows.push_back(label == kNoLabel ? kNoLabel : numbers[label]);
    }
  }
  for (const Dictionary::Entry& entry : all.entries()) {
    labels.names.emplace_back(entry.text);
    labels.first.push_back(entry.first);
  }
  return labels;
}

void set_libsvm_labels(Dataset& data, const FileLabels& labels, std::string_view text, const std::string& file,
                       const Schema* schema) {
  const auto rows = static_cast<Index>(labels.rows.size());
  if (schema != nullptr && labels.unlabelled == rows) return;
  if (labels.unlabelled > 0) {
    const auto row = std::find(labels.rows.begin(), labels.rows.end(), kNoLabel) - labels.rows.begin();
    throw Error(ErrorKind::kData, fmt::format("row {} (from 0) begins with index:value, without a label", row),
                "label index:value …", schema == nullptr ? "" : "give all labels or none", {file});
  }
  std::vector<std::int32_t> class_of;
  if (schema == nullptr) {
    Classes classes = infer_classes(labels.names, rows, "the file", {file});
    data.schema.classes = std::move(classes.names);
    class_of = std::move(classes.class_of);
  } else {
    class_of = match_classes(labels.names, schema->classes);
    if (labels.names.size() == 1 && class_of[0] < 0) {
      data.notices.push_back(
          fmt::format("every row has the label '{}', no class of the model: taken for none", labels.names[0]));
      return;
    }
    for (std::size_t k = 0; k < class_of.size(); ++k) {
      if (class_of[k] >= 0) continue;
      throw Error(ErrorKind::kData, fmt::format("the label '{}' is no class of the model", labels.names[k]),
                  "one of " + list_names(schema->classes), {},
                  {file, 1 + std::count(text.data(), labels.first[k], '\n'), 1});
    }
  }
  for (const std::uint32_t label : labels.rows) data.labels.push_back(class_of[label]);
}

/// Every feature costs memory whether it occurs or not: one stray index must not take all there is.
void check_features(Index features, const std::string& file) {
  if (features == 0) throw Error(ErrorKind::kData, "no row has a feature", "label index:value …", {}, {file});
  if (features <= kMostFeatures) return;
  throw Error(ErrorKind::kResource, fmt::format("the largest index is {}", features),
              fmt::format("at most {} features", kMostFeatures), "renumber the features that occur", {file});
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

}  // namespace

bool looks_like_libsvm(std::string_view text) {
  bool any_pair = false;
  for (int line = 0; line < 20 && !text.empty(); ++line) {
    std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), row.size() + 1));
    row = row.substr(0, row.find('#'));
    for (int token = 0; token < 100; ++token) {
      const std::size_t begin = row.find_first_not_of(" \t\r");
      if (begin == std::string_view::npos) break;
      row.remove_prefix(begin);
      const std::string_view pair = row.substr(0, row.find_first_of(" \t\r"));
      row.remove_prefix(pair.size());
      const std::size_t colon = pair.find(':');
      if (token == 0 && colon == std::string_view::npos) continue;
      double value = 0;
      if (colon == std::string_view::npos || colon == 0 || pair.find_first_not_of("0123456789") != colon ||
          parse_number(pair.substr(colon + 1), value) == NumberStatus::kText) {
        return false;
      }
      any_pair = true;
    }
  }
  return any_pair;
}

Dataset read_libsvm(const Bytes& bytes, const std::string& file, const ReadOptions& options, const Schema* schema) {
  refuse_table_options(options, file);
  check_text(bytes, file, options.threads);
  std::string_view text = bytes.view();
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::vector<const char*> starts = chunk_lines(text);
  std::vector<SparseChunk> chunks(starts.size() - 1);
  parallel_for(static_cast<Index>(chunks.size()), options.threads, [&](Index c) {
    const Index known = schema == nullptr ? -1 : schema->feature_count();
    chunks[at(c)] = LineParser(text, file, known).run(starts[at(c)], starts[at(c) + 1]);
  });
  Index dropped = 0;
  for (const SparseChunk& chunk : chunks) dropped += chunk.dropped;
  const FileLabels labels = merge_labels(chunks);
  if (labels.rows.empty()) throw Error(ErrorKind::kData, "no rows: only empty lines and comments", {}, {}, {file});
  CsrMatrix matrix = join(chunks, options.threads);
  if (schema != nullptr) matrix.cols = schema->feature_count();
  check_features(matrix.cols, file);
  Dataset data;
  data.offset = Vector::Zero(matrix.cols);
  data.scale = Vector::Ones(matrix.cols);
  data.features = Features::from_sparse(std::move(matrix));
  set_array_schema(data, FileFormat::kLibsvm, {}, file, schema);
  if (!options.labels_file.empty()) {
    set_labels(data, read_label_file(options.labels_file), schema);
  } else {
    set_libsvm_labels(data, labels, text, file, schema);
  }
  if (dropped > 0) {
    data.notices.push_back(fmt::format("{} values at indices beyond {}, unknown to the model, were left out", dropped,
                                       data.features.cols()));
  }
  return data;
}

}  // namespace poise
