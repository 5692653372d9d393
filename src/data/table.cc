#include "data/table.h"

#include <fmt/core.h>

#include <cmath>

#include "base/parallel.h"
#include "data/classes.h"
#include "data/number.h"
#include "data/table_build.h"
#include "data/table_cells.h"
#include "data/table_columns.h"
#include "data/table_head.h"
#include "data/table_roles.h"

namespace poise {
namespace {

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

/// Reads one table; the steps in order.
class TableReader {
 public:
  TableReader(const Bytes& bytes, const std::string& file, const ReadOptions& options, const Schema* schema)
      : file_(file), options_(options), schema_(schema) {
    std::vector<std::string> names;
    for (std::size_t k = 0; schema != nullptr && schema->has_header && k < schema->columns.size(); ++k) {
      names.push_back(schema->columns[k].name);
    }
    head_ = open_table(bytes, file, options, names);
    if (schema == nullptr) {
      roles_ = choose_roles(head_, options);
    } else {
      roles_ = match_roles(head_, options, *schema);
      for (std::size_t k = 0; k < schema->columns.size(); ++k) {
        head_.modes[at(roles_.features[k])] =
            schema->columns[k].kind == ColumnKind::kNumeric ? CellMode::kNumber : CellMode::kText;
      }
    }
  }

  Dataset run() {
    parse();
    read_weights();
    read_labels();
    TableColumns columns = schema_ == nullptr ? infer_columns(head_, parsed_, roles_, options_)
                                              : match_columns(head_, parsed_, roles_, options_, *schema_);
    std::vector<Index> constant;
    const PlaceOfCell where = [&](Index row, Index column) {
      const Index position = schema_ == nullptr ? columns.columns[at(column)].position : roles_.features[at(column)];
      return head_.text.where(head_.text.row_at(head_.data, row), position + 1);
    };
    build_features(parsed_, columns, schema_ == nullptr, options_.threads, file_, where, data_, constant);
    fill_schema(columns);
    data_.missing = std::move(columns.missing);
    data_.notices = roles_.notices;
    data_.notices.insert(data_.notices.end(), columns.notices.begin(), columns.notices.end());
    data_.notices.insert(data_.notices.end(), label_notices_.begin(), label_notices_.end());
    if (schema_ == nullptr) note_constant(constant);
    return std::move(data_);
  }

 private:
  void parse() {
    parsed_ = parse_table(head_.text, head_.data, roles_.modes(head_.modes), options_.threads);
    if (parsed_.rows() == 0) {
      throw Error(ErrorKind::kData, "the table has a header and no rows", "rows of data behind it", {}, {file_});
    }
    // The first rows may have been unlike the others. What decides is the whole file, so that a second look agrees.
    if (schema_ == nullptr && !correct_modes(parsed_, roles_, head_.modes)) {
      parsed_ = parse_table(head_.text, head_.data, roles_.modes(head_.modes), options_.threads);
    }
  }

  void read_weights() {
    if (roles_.weight < 0 || (schema_ != nullptr && !options_.labels)) return;
    check_numbers(head_, parsed_, roles_.weight, Gaps::kWeight);
    const Index slot = parsed_.slots[at(roles_.weight)];
    data_.sample_weight.resize(parsed_.rows());
    std::vector<double> x(at(parsed_.number_columns()));
    for (std::size_t c = 0; c < parsed_.chunks.size(); ++c) {
      for (Index i = 0; i < parsed_.chunks[c].rows; ++i) {
        parsed_.chunks[c].numbers.unpack(i, x.data());
        data_.sample_weight[parsed_.first_row[c] + i] = x[at(slot)];
      }
    }
    const std::string name = head_.title(roles_.weight);
    Index least = 0;
    if (data_.sample_weight.minCoeff(&least) < 0) {
      throw Error(
          ErrorKind::kData, fmt::format("the row weights in {} go down to {}", name, data_.sample_weight[least]),
          "weights of 0 or more", {}, head_.text.where(head_.text.row_at(head_.data, least), roles_.weight + 1));
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
      if (!is_missing(labels.back())) continue;
      missing_count += entry.count;
      if (missing == nullptr) missing = entry.first;
    }
    return labels;
  }

  void read_labels() {
    if (roles_.label < 0 || (schema_ != nullptr && !options_.labels)) return;
    if (!options_.inspecting) return read_all_labels();
    try {
      read_all_labels();
    } catch (const Error& error) {
      data_.schema.classes.clear();
      label_notices_.push_back(fmt::format("train would refuse this label: {}", error.what()));
    }
  }

  void read_all_labels() {
    const TextColumn& column = parsed_.texts[at(parsed_.slots[at(roles_.label)])];
    const std::string name = head_.title(roles_.label);
    const char* missing = nullptr;
    Index missing_count = 0;
    const std::vector<std::string> labels = distinct_labels(column, missing, missing_count);
    if (schema_ != nullptr && missing_count == parsed_.rows()) {
      label_notices_.push_back(fmt::format("the label, {}, is empty: the rows have no labels", name));
      return;
    }
    if (missing != nullptr) {
      const bool one = missing_count == 1;
      throw Error(ErrorKind::kData,
                  fmt::format("the label, {}, is missing in {} of {} rows", name, missing_count, parsed_.rows()),
                  "a label in every row",
                  schema_ != nullptr ? "give all labels or none"
                  : options_.missing == MissingPolicy::kError
                      ? (one ? "delete the row" : "delete these rows")
                      : "--missing is for features; delete the rows without one",
                  head_.text.where(missing, roles_.label + 1));
    }
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
    const auto slot = at(parsed_.slots[at(roles_.label)]);
    data_.labels.resize(at(parsed_.rows()));
    parallel_for(static_cast<Index>(parsed_.chunks.size()), options_.threads, [&](Index c) {
      std::int32_t* out = data_.labels.data() + parsed_.first_row[at(c)];
      for (const std::uint32_t id : parsed_.chunks[at(c)].texts[slot]) *out++ = class_of[column.numbers[at(c)][id]];
    });
  }

  void fill_schema(TableColumns& columns) {
    if (schema_ != nullptr) {
      data_.schema = *schema_;
      return;
    }
    data_.schema.format = FileFormat::kTable;
    data_.schema.columns = std::move(columns.columns);
    data_.schema.label_name = head_.names[at(roles_.label)];
    data_.schema.label_position = roles_.label;
    data_.schema.has_header = head_.has_header;
    data_.schema.missing = options_.missing;
  }

  void note_constant(const std::vector<Index>& constant) {
    if (constant.empty()) return;
    std::vector<std::string> names;
    for (const Index feature : constant) names.push_back(data_.schema.feature_name(feature));
    data_.notices.push_back(
        fmt::format("{} feature{} constant: {}", names.size(), names.size() == 1 ? " is" : "s are", list_names(names)));
  }

  const std::string& file_;
  const ReadOptions& options_;
  const Schema* schema_;
  TableHead head_;
  TableRoles roles_;
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

}  // namespace poise
