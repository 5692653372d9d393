#include "data/table/libsvm.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/index.h"
#include "base/parallel.h"
#include "base/watched_work.h"
#include "data/array/array_labels.h"
#include "data/bytes/number.h"
#include "data/classes.h"
#include "data/table/libsvm_parse.h"
#include "data/table/text.h"

namespace poise::inline data {
namespace {

constexpr Index kMostFeatures =
    1 << 27;  // two numbers a feature take 2 GiB then; the largest public set has 55 million

/// Puts the chunks one behind the other; frees each as it goes.
CsrMatrix join(std::vector<SparseChunk>& chunks, int threads) {
  CsrMatrix matrix;
  std::vector<Index> first{0};
  for (const SparseChunk& chunk : chunks) {
    for (const Index size : chunk.row_size) matrix.row_start.push_back(matrix.row_start.back() + size);
    first.push_back(matrix.row_start.back());
    matrix.cols = std::max(matrix.cols, chunk.features);
  }
  matrix.columns.resize(first.back());
  const bool wide = std::any_of(chunks.begin(), chunks.end(), [](const SparseChunk& c) { return !c.doubles.empty(); });
  wide ? matrix.doubles.resize(first.back()) : matrix.values.resize(first.back());
  parallel_for(static_cast<Index>(chunks.size()), threads, [&](Index c) {
    SparseChunk& chunk = chunks[c];
    std::copy(chunk.columns.begin(), chunk.columns.end(), matrix.columns.begin() + first[c]);
    const auto copy = [&](const auto& from) {
      wide ? void(std::copy(from.begin(), from.end(), matrix.doubles.begin() + first[c]))
           : void(std::transform(from.begin(), from.end(), matrix.values.begin() + first[c],
                                 [](auto value) { return static_cast<float>(value); }));
    };
    chunk.doubles.empty() ? copy(chunk.values) : copy(chunk.doubles);
    chunk.columns = {};
    chunk.values = {};
    chunk.doubles = {};
  });
  return matrix;
}

/// The file's labels: distinct ones, and for each row its place among them.
struct FileLabels {
  std::vector<std::string> names;
  std::vector<const char*> first;
  std::vector<std::uint32_t> rows;
  Index unlabeled = 0;
  const char* first_unlabeled = nullptr;
};

FileLabels merge_labels(const std::vector<SparseChunk>& chunks) {
  FileLabels labels;
  Dictionary all;
  for (const SparseChunk& chunk : chunks) {
    std::vector<std::uint32_t> numbers;
    for (const Dictionary::Entry& entry : chunk.dictionary.entries()) {
      numbers.push_back(all.add(entry.text, entry.first, entry.count));
    }
    if (labels.first_unlabeled == nullptr) labels.first_unlabeled = chunk.first_unlabeled;
    for (const std::uint32_t label : chunk.labels) {
      labels.unlabeled += label == kNoLabel;
      labels.rows.push_back(label == kNoLabel ? kNoLabel : numbers[label]);
    }
  }
  for (const Dictionary::Entry& entry : all.entries()) {
    labels.names.emplace_back(entry.text);
    labels.first.push_back(entry.first);
  }
  return labels;
}

/// "1,3 2:0.5": the format's multi-label form.
void refuse_several_labels(const FileLabels& labels, std::string_view text, const std::string& file) {
  for (std::size_t k = 0; k < labels.names.size(); ++k) {
    const std::string& name = labels.names[k];
    if (name.find(',') == std::string::npos || name.find_first_not_of("+-0123456789,") != std::string::npos) continue;
    throw Error(ErrorKind::kData,
                fmt::format("the row has several labels, '{}': multi-label data are not supported", name),
                "one label a row", {}, place_in_text(text, labels.first[k], file));
  }
}

void set_libsvm_labels(Dataset& data, const FileLabels& labels, std::string_view text, const std::string& file,
                       const Schema* schema) {
  const auto rows = static_cast<Index>(labels.rows.size());
  if (schema != nullptr && labels.unlabeled == rows) return;
  if (labels.unlabeled > 0) {
    throw Error(ErrorKind::kData, "this row begins with index:value, without a label", "label index:value …",
                schema == nullptr ? "" : "give all labels or none", place_in_text(text, labels.first_unlabeled, file));
  }
  std::vector<std::int32_t> class_of;
  if (schema == nullptr) {
    refuse_several_labels(labels, text, file);
    Classes classes =
        infer_classes(labels.names, rows, {"the first column", "a LIBSVM line is 'class index:value …'", {file}});
    data.schema.classes = std::move(classes.names);
    if (!classes.note.empty()) data.notices.push_back(classes.note);
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
                  "one of " + list_names(schema->classes), {}, place_in_text(text, labels.first[k], file));
    }
  }
  for (const std::uint32_t label : labels.rows) data.labels.push_back(class_of[label]);
}

/// Where an index stands, or just the file if it is not written in the plain way ("007:1").
Location place_of_index(std::string_view text, Index index, const std::string& file) {
  const std::string pair = fmt::format("{}:", index);
  for (std::size_t p = text.find(pair); p != std::string_view::npos; p = text.find(pair, p + 1)) {
    if (p > 0 && is_blank(text[p - 1])) return place_in_text(text, text.data() + p, file);
  }
  return {file};
}

/// A # at the start or behind a blank begins a comment: "1.#QNAN" does not.
std::size_t find_comment(std::string_view row) {
  for (std::size_t p = row.find('#'); p != std::string_view::npos; p = row.find('#', p + 1)) {
    if (p == 0 || is_blank(row[p - 1])) return p;
  }
  return std::string_view::npos;
}

/// A number, or something that is none but may be meant as one, such as "nan" or "1.#QNAN".
bool begins_as_number(std::string_view text) {
  double value = 0;
  if (parse_number(text, value) != NumberStatus::kText) return true;
  return !text.empty() && text[0] >= '0' && text[0] <= '9' && text.find('#') != std::string_view::npos;
}

/// Every feature costs memory whether it occurs or not: one stray index must not take all there is.
void check_features(Index features, std::string_view text, const std::string& file) {
  if (features == 0) throw Error(ErrorKind::kData, "no row has a feature", "label index:value …", {}, {file});
  if (features <= kMostFeatures) return;
  throw Error(ErrorKind::kResource, fmt::format("the largest index is {}", features),
              fmt::format("at most {} features", kMostFeatures), "renumber the features that occur",
              place_of_index(text, features, file));
}

}  // namespace

bool looks_like_libsvm(std::string_view text) {
  bool any_pair = false;
  for (int line = 0; line < 20 && !text.empty(); ++line) {
    std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), row.size() + 1));
    if (const std::size_t comment = find_comment(row); comment != std::string_view::npos) row = row.substr(0, comment);
    for (int token = 0; token < 100; ++token) {
      const std::size_t begin = row.find_first_not_of(" \t\r");
      if (begin == std::string_view::npos) break;
      row.remove_prefix(begin);
      const std::string_view pair = row.substr(0, row.find_first_of(" \t\r"));
      row.remove_prefix(pair.size());
      const std::size_t colon = pair.find(':');
      if (token == 0 && colon == std::string_view::npos) continue;
      if (colon == std::string_view::npos || colon == 0 || pair.find_first_not_of("0123456789") != colon ||
          !begins_as_number(pair.substr(colon + 1))) {
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
  WatchedWork work(options.watcher, "reading " + file, std::ssize(chunks));
  parallel_for(std::ssize(chunks), options.threads, [&](Index c) {
    const Index known = schema == nullptr ? -1 : schema->feature_count();
    chunks[c] = parse_libsvm_lines(text, file, known, starts[c], starts[c + 1]);
    if (bytes.pages) bytes.pages->touched(starts[c], starts[c + 1]);
    work.go_on(1);
  });
  work.go_on(0);
  Index dropped = 0, comments = 0;
  for (const SparseChunk& chunk : chunks) dropped += chunk.dropped, comments += chunk.comments;
  const FileLabels labels = merge_labels(chunks);
  if (labels.rows.empty()) {
    throw Error(ErrorKind::kData, "no rows: only empty lines and comments", "label index:value …", {}, {file});
  }
  CsrMatrix matrix = join(chunks, options.threads);
  if (schema != nullptr) matrix.cols = schema->feature_count();
  check_features(matrix.cols, text, file);
  Dataset data;
  data.features = Features::from_sparse(std::move(matrix));
  set_array_schema(data, FileFormat::kLibsvm, {}, file, schema);
  if (!options.labels) {
    // Whatever stands there.
  } else if (!options.labels_file.empty()) {
    set_labels(data, read_label_file(options.labels_file), schema);
  } else {
    set_libsvm_labels(data, labels, text, file, schema);
  }
  if (comments > 0) {
    data.notices.push_back(fmt::format("{} line{} with # and {} skipped", comments,
                                       comments == 1 ? " begins" : "s begin", comments == 1 ? "is" : "are"));
  }
  if (dropped > 0) {
    data.notices.push_back(fmt::format("{} values at indices beyond {}, unknown to the model, were left out", dropped,
                                       data.features.cols()));
  }
  return data;
}

}  // namespace poise::inline data
