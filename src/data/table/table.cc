#include "data/table/table.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/check_codes.h"
#include "base/index.h"
#include "base/parallel.h"
#include "data/bytes/number.h"
#include "data/classes.h"
#include "data/table/build.h"
#include "data/table/cells.h"
#include "data/table/columns.h"
#include "data/table/head.h"
#include "data/table/readings.h"
#include "data/table/roles.h"

namespace poise::inline data {
namespace {

/// Reads one table; the steps in order.
class TableReader {
 public:
  TableReader(const Bytes& bytes, const std::string& file, const ReadOptions& options, const Schema* schema)
      : file_(file), options_(options), schema_(schema) {
    std::vector<std::string> names;
    for (std::size_t k = 0; schema != nullptr && schema->has_header && k < schema->columns.size(); ++k) {
      names.push_back(schema->columns[k].name);
    }
    const bool by_model = schema != nullptr && !options.missing_values;
    head_ = open_table(bytes, file, options, names,
                       MissingValues(by_model ? schema->missing_values : options.missing_values));
    roles_ = schema == nullptr ? choose_roles(head_, options) : match_roles(head_, options, *schema);
  }

  Dataset run() {
    parse();
    read_weights();
    read_labels();
    TableColumns columns = schema_ == nullptr ? infer_columns(head_, parsed_, reading_, roles_, options_)
                                              : match_columns(head_, parsed_, roles_, options_, *schema_);
    std::vector<Index> constant;
    const PlaceOfCell where = [&](Index row, Index column) {
      return place(row, schema_ == nullptr ? columns.columns[column].position : roles_.features[column]);
    };
    build_features(parsed_, columns, schema_ == nullptr, options_, file_, where, data_, constant);
    fill_schema(columns);
    data_.missing = std::move(columns.missing);
    note_comments();
    for (const auto* notices : {&head_.notices, &roles_.notices, &columns.notices, &label_notices_}) {
      data_.notices.insert(data_.notices.end(), notices->begin(), notices->end());
    }
    if (schema_ == nullptr) note_constant(constant);
    return std::move(data_);
  }

 private:
  MissingPolicy policy() const {
    return schema_ != nullptr ? schema_->missing : options_.missing.value_or(MissingPolicy::kCategory);
  }
  bool reads_labels() const {
    return roles_.label >= 0 && options_.labels && (schema_ == nullptr || !schema_->classes.empty());
  }
  Location place(Index row, Index column) const {
    return head_.text.where(head_.text.row_at(head_.data, parsed_.file_row(row)), column + 1);
  }

  /// The first rows may be unlike the others. What decides is the whole file, so that a second look agrees.
  void parse() {
    std::optional<TableReadings> guess;
    if (schema_ == nullptr) guess.emplace(head_, roles_, options_);
    do {
      reading_ = guess ? guess->reading() : readings_of(*schema_, head_, roles_, options_.decimal);
      if (reads_labels() && policy() != MissingPolicy::kError) reading_.needed = roles_.label;
      parse_once();
    } while (guess && !guess->settle(parsed_));
    note_unlabeled();
  }

  void parse_once() {
    parsed_ = parse_table(head_.text, head_.data, reading_, options_.threads, options_.watcher);
    if (parsed_.rows() > 0) return;
    if (parsed_.left_out() == 0) {
      throw Error(ErrorKind::kData, "the table has a header and no rows", "rows of data behind it", {}, {file_});
    }
    if (schema_ == nullptr && !options_.inspecting) fail_unlabeled(parsed_.left_out(), parsed_.first_left_out());
    reading_.needed = -1;  // there are no labels at all
    parsed_ = parse_table(head_.text, head_.data, reading_, options_.threads, options_.watcher);
  }

  /// "the label, column 'kind' (the last column; --label names another),"
  std::string label_title() const {
    if (!roles_.label_was_chosen) return fmt::format("the label, {},", head_.title(roles_.label));
    return fmt::format("the label, {} ({}; --label names another),", head_.short_title(roles_.label), roles_.label_by);
  }

  void note_unlabeled() {
    const Index left_out = parsed_.left_out();
    if (left_out == 0) return;
    label_notices_.push_back(fmt::format("{} is missing in {} of {} rows, which {} left out", label_title(), left_out,
                                         left_out + parsed_.rows(), left_out == 1 ? "is" : "are"));
  }

  [[noreturn]] void fail_unlabeled(Index missing, const char* first) const {
    const Index rows = std::max(parsed_.rows(), missing);
    throw Error(ErrorKind::kData, fmt::format("{} is missing in {} of {} rows", label_title(), missing, rows),
                "a label in every row",
                missing == rows      ? "name the column that holds the class with --label"
                : schema_ != nullptr ? "give all labels or none"
                                     : "leave out --missing error: rows without a label are then left out",
                head_.text.where(first, roles_.label + 1));
  }

  void note_comments() {
    const Index comments = head_.comments + parsed_.comments();
    if (comments == 0) return;
    data_.notices.push_back(fmt::format("{} line{} with {} and {} skipped", comments,
                                        comments == 1 ? " begins" : "s begin", options_.comment.value_or('#'),
                                        comments == 1 ? "is" : "are"));
  }

  void read_weights() {
    if (roles_.weight < 0 || (schema_ != nullptr && !options_.labels && schema_->class_count() > 0)) return;
    check_numbers(head_, parsed_, roles_.weight, Gaps::kWeight);
    const Index slot = parsed_.slots[roles_.weight];
    data_.sample_weight.resize(parsed_.rows());
    std::vector<double> x(parsed_.number_columns());
    for (std::size_t c = 0; c < parsed_.chunks.size(); ++c) {
      parsed_.with_chunk(static_cast<Index>(c), [&](const TableChunk& chunk) {
        for (Index i = 0; i < chunk.rows; ++i) {
          chunk.numbers.unpack(i, x.data());
          data_.sample_weight[parsed_.first_row[c] + i] = x[slot];
        }
      });
    }
    const std::string name = head_.title(roles_.weight);
    Index least = 0;
    if (data_.sample_weight.minCoeff(&least) < 0) {
      throw Error(ErrorKind::kData,
                  fmt::format("the row weights in {} go down to {}", name, data_.sample_weight[least]),
                  "weights of 0 or more", {}, place(least, roles_.weight));
    }
    if (!(data_.sample_weight.sum() > 0) || !std::isfinite(data_.sample_weight.sum())) {
      throw Error(ErrorKind::kData, fmt::format("the row weights in {} sum to {}", name, data_.sample_weight.sum()),
                  "a positive, finite sum", {}, {file_});
    }
  }

  /// The distinct labels as text, and where the first missing one is (null if there is none).
  std::vector<std::string> distinct_labels(const TextColumn& column, const char*& missing, Index& missing_count) const {
    std::vector<std::string> labels;
    for (const Dictionary::Entry& entry : column.entries) {
      labels.emplace_back(entry.text);
      if (options_.strip_label_dot && labels.back().ends_with('.')) labels.back().pop_back();
      if (!head_.missing.holds(labels.back())) continue;
      missing_count += entry.count;
      if (missing == nullptr) missing = entry.first;
    }
    return labels;
  }

  void read_labels() {
    if (!reads_labels()) return;
    if (!options_.inspecting) return read_all_labels();
    try {
      read_all_labels();
    } catch (const Error& error) {
      data_.schema.classes.clear();
      label_notices_.push_back(fmt::format("train would refuse this label: {}", error.what()));
    }
  }

  void read_all_labels() {
    const TextColumn& column = parsed_.texts[parsed_.slots[roles_.label]];
    const std::string name = head_.title(roles_.label);
    const char* missing = nullptr;
    Index missing_count = 0;
    const std::vector<std::string> labels = distinct_labels(column, missing, missing_count);
    if (schema_ != nullptr && missing_count == parsed_.rows()) {
      label_notices_.push_back(fmt::format("the label, {}, is empty: the rows have no labels", name));
      return;
    }
    if (missing != nullptr) fail_unlabeled(missing_count, missing);
    std::vector<std::int32_t> class_of;
    if (schema_ == nullptr) {
      Classes classes = infer_classes(
          labels, parsed_.rows(),
          {fmt::format("the label, {},", name), "name the column that holds the class with --label", {file_}});
      data_.schema.classes = std::move(classes.names);
      if (!classes.note.empty()) label_notices_.push_back(classes.note);
      class_of = std::move(classes.class_of);
    } else {
      class_of = match_classes(labels, schema_->classes);
      check_known(column, labels, class_of);
    }
    write_labels(column, class_of);
  }

  void check_known(const TextColumn& column, const std::vector<std::string>& labels,
                   const std::vector<std::int32_t>& class_of) const {
    for (std::size_t k = 0; k < labels.size(); ++k) {
      if (class_of[k] >= 0) continue;
      const bool dot = labels[k].ends_with('.') && !options_.strip_label_dot;
      throw Error(ErrorKind::kData, fmt::format("the label '{}' is no class of the model", labels[k]),
                  "one of " + list_names(schema_->classes), dot ? "--strip-label-dot removes the dot" : "",
                  head_.text.where(column.entries[k].first, roles_.label + 1));
    }
  }

  void write_labels(const TextColumn& column, const std::vector<std::int32_t>& class_of) {
    const Index slot = parsed_.slots[roles_.label];
    data_.labels.resize(parsed_.rows());
    parallel_for(static_cast<Index>(parsed_.chunks.size()), options_.threads, [&](Index c) {
      std::int32_t* out = data_.labels.data() + parsed_.first_row[c];
      parsed_.with_chunk(c, [&](const TableChunk& chunk) {
        for (const std::uint32_t id : chunk.texts[slot]) *out++ = class_of[column.numbers[c][id]];
      });
    });
  }

  void fill_schema(TableColumns& columns) {
    if (schema_ != nullptr) {
      data_.schema = *schema_;
      return;
    }
    data_.schema.format = FileFormat::kTable;
    data_.schema.columns = std::move(columns.columns);
    if (reads_labels()) data_.schema.label_name = head_.names[roles_.label], data_.schema.label_position = roles_.label;
    data_.schema.has_header = head_.has_header;
    data_.schema.missing = policy();
    data_.schema.missing_values = options_.missing_values;
  }

  void note_constant(const std::vector<Index>& constant) {
    if (constant.empty()) return;
    std::vector<std::string> names;
    for (const Index feature : constant) names.push_back(data_.schema.feature_name(feature));
    data_.notices.push_back(coded(
        fmt::format("{} feature{} constant: {}", names.size(), names.size() == 1 ? " is" : "s are", list_names(names)),
        codes::kIdleColumns));
  }

  const std::string& file_;
  const ReadOptions& options_;
  const Schema* schema_;
  TableHead head_;
  TableRoles roles_;
  TableReading reading_;
  ParsedTable parsed_;
  Dataset data_;
  std::vector<std::string> label_notices_;
};

}  // namespace

Dataset read_table(const Bytes& bytes, const std::string& file, const ReadOptions& options, const Schema* schema) {
  if (!options.labels_file.empty()) {
    throw Error(ErrorKind::kUsage, "--labels is for arrays, and this is a table", "an NPY, IDX or LIBSVM file",
                "--label names the column", {file});
  }
  if (schema != nullptr && schema->columns.empty()) {
    throw Error(ErrorKind::kData, "a table",
                fmt::format("an array of {} features, as the model was trained on", schema->array_features),
                "'poise convert' writes .npy and .libsvm", {file});
  }
  return TableReader(bytes, file, options, schema).run();
}

}  // namespace poise::inline data
