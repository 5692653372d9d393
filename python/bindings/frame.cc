#include "frame.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "base/index.h"
#include "data/bytes/bytes.h"
#include "data/classes.h"
#include "data/table/build.h"
#include "data/table/missing_values.h"
#include "data/table/table.h"
#include "poise/error.h"

namespace poise::python {
namespace {

constexpr const char* kName = "frame";
constexpr Index kBlock = 256;          // rows that are looked at together
constexpr Index kChunkRows = 1 << 14;  // of numbers alone

/// Numbers of a block of rows, column by column.
class Block {
 public:
  Block(const Frame& frame, const std::vector<Index>& columns)
      : frame_(frame), columns_(columns), numbers_(columns.size() * kBlock) {}

  void load(const FrameRows& part, Index first, Index count) {
    for (std::size_t k = 0; k < columns_.size(); ++k) {
      const Index j = columns_[k];
      if (!frame_.columns[j].is_text) {
        load_cells(part.cells[j], frame_.columns[j].name, first, count, numbers_.data() + k * kBlock);
      }
    }
  }
  double number(Index row, std::size_t k) const { return numbers_[k * kBlock + row]; }

 private:
  const Frame& frame_;
  const std::vector<Index>& columns_;
  std::vector<double> numbers_;
};

template <typename Use>
void for_blocks(const Frame& frame, const Use& use) {
  for (const FrameRows& part : frame.parts) {
    for (Index first = 0; first < part.rows; first += kBlock) use(part, first, std::min(kBlock, part.rows - first));
  }
}

/// As writers of CSV do: quoted only where it must be.
void append_text(std::string& to, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    to += text;
    return;
  }
  to += '"';
  for (const char c : text) to.append(c == '"' ? 2 : 1, c);
  to += '"';
}

void append_number(std::string& to, double value) {
  if (std::isnan(value)) return;
  char text[32];
  to.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

/// Reads a frame as the CSV that it would be.
class FrameReader {
 public:
  FrameReader(Frame& frame, const FrameOptions& options) : frame_(frame), options_(options) {
    for (Index j = 0; j < std::ssize(frame.columns); ++j) columns_.push_back(j);
  }

  Dataset run() {
    check();
    spell_truth();
    if (is_numbers()) return read_numbers();
    return read_text();
  }

 private:
  void check() {
    std::set<std::string> names;
    for (const FrameColumn& column : frame_.columns) {
      if (names.insert(column.name).second) continue;
      throw Error(ErrorKind::kData, fmt::format("the frame has two columns '{}'", column.name), "different names");
    }
    if (frame_.columns.empty() || frame_.rows() == 0) {
      throw Error(ErrorKind::kData,
                  fmt::format("a frame of {} rows and {} columns", frame_.rows(), frame_.columns.size()),
                  "at least one row and one column");
    }
  }

  /// pandas writes True, and others true: a model knows the one that it was trained on.
  void spell_truth() {
    if (options_.schema == nullptr) return;
    for (FrameColumn& column : frame_.columns) {
      const auto known = std::ranges::find(options_.schema->columns, column.name, &Column::name);
      if (!column.is_truth || known == options_.schema->columns.end()) continue;
      const auto knows = [&](const char* text) { return std::ranges::count(known->categories, text) > 0; };
      if (knows("True") || knows("False")) column.strings = column.strings.spelled("True", "False");
      if (knows("true") || knows("false")) column.strings = column.strings.spelled("true", "false");
    }
  }

  /// Whether the table is features alone, all of them numbers that are there. With a schema: of the columns it wants.
  bool is_numbers() {
    if (!options_.features_only || !options_.read.ignore.empty() || !options_.read.categorical.empty()) return false;
    if (options_.schema != nullptr && !match_numbers(*options_.schema)) return false;
    for (const Index j : columns_) {
      if (frame_.columns[j].is_text) return false;
    }
    return all_there();
  }

  bool match_numbers(const Schema& schema) {
    if (!schema.has_header || !options_.read.labels_file.empty()) return false;
    std::vector<Index> wanted;
    for (const Column& column : schema.columns) {
      const auto found = std::ranges::find(frame_.columns, column.name, &FrameColumn::name);
      if (found == frame_.columns.end() || column.kind != ColumnKind::kNumeric || !column.form.plain()) return false;
      wanted.push_back(found - frame_.columns.begin());
    }
    if (wanted.size() != frame_.columns.size()) return false;  // the reader notes those that are not used
    columns_ = wanted;
    return true;
  }

  bool all_there() const {
    Block block(frame_, columns_);
    bool there = true;
    for_blocks(frame_, [&](const FrameRows& part, Index first, Index count) {
      if (!there) return;
      block.load(part, first, count);
      for (std::size_t k = 0; k < columns_.size(); ++k) {
        for (Index i = 0; i < count; ++i) there &= std::isfinite(block.number(i, k));
      }
    });
    return there;
  }

  // Numbers alone

  Dataset read_numbers() const {
    Dataset data;
    data.name = kName;
    data.sample_weight = options_.sample_weight;
    const ParsedTable parsed = parse_numbers();
    TableColumns columns = number_columns();
    std::vector<Index> constant;
    const auto where = [](Index, Index) { return Location{kName}; };
    const bool infer = options_.schema == nullptr;
    build_features(parsed, columns, infer, options_.read, kName, where, data, constant);
    data.missing.assign(columns.columns.size(), 0);
    if (!infer) {
      data.schema = *options_.schema;
      return data;
    }
    data.schema.columns = std::move(columns.columns);
    data.schema.has_header = true;
    data.schema.missing = options_.read.missing.value_or(MissingPolicy::kCategory);
    data.schema.missing_values = options_.read.missing_values;
    note_constant(constant, data);
    return data;
  }

  ParsedTable parse_numbers() const {
    const auto cols = static_cast<Index>(columns_.size());
    ParsedTable parsed;
    parsed.modes.assign(columns_.size(), CellMode::kNumber);
    parsed.odd.resize(columns_.size());
    Block block(frame_, columns_);
    std::vector<double> rows(columns_.size() * kBlock);
    for_blocks(frame_, [&](const FrameRows& part, Index first, Index count) {
      block.load(part, first, count);
      for (Index i = 0; i < count; ++i) {
        for (std::size_t k = 0; k < columns_.size(); ++k) rows[i * cols + k] = block.number(i, k);
      }
      if (parsed.chunks.empty() || parsed.chunks.back().rows + count > kChunkRows) {
        parsed.chunks.emplace_back().numbers = PackedRows(cols);
      }
      parsed.chunks.back().numbers.append({rows.data(), static_cast<std::size_t>(count * cols)});
      parsed.chunks.back().rows += count;
    });
    parsed.first_row = {0};
    for (std::size_t k = 0; k < columns_.size(); ++k) parsed.slots.push_back(static_cast<Index>(k));
    for (const TableChunk& chunk : parsed.chunks) parsed.first_row.push_back(parsed.first_row.back() + chunk.rows);
    return parsed;
  }

  TableColumns number_columns() const {
    TableColumns result;
    for (std::size_t k = 0; k < columns_.size(); ++k) {
      Column column;
      column.name = frame_.columns[columns_[k]].name;
      column.position = columns_[k];
      column.can_fill = options_.read.missing.value_or(MissingPolicy::kCategory) != MissingPolicy::kError;
      if (options_.schema != nullptr) column = options_.schema->columns[k];
      result.columns.push_back(std::move(column));
      result.sources.push_back({static_cast<Index>(k), {}});
    }
    return result;
  }

  static void note_constant(const std::vector<Index>& constant, Dataset& data) {
    if (constant.empty()) return;
    std::vector<std::string> names;
    for (const Index feature : constant) names.push_back(data.schema.feature_name(feature));
    data.notices.push_back(
        fmt::format("{} feature{} constant: {}", names.size(), names.size() == 1 ? " is" : "s are", list_names(names)));
  }

  // By way of text

  Dataset read_text() {
    ReadOptions read = options_.read;
    read.delimiter = ',', read.quote = '"', read.decimal = '.', read.header = true, read.comment = '\0';
    const std::string label = options_.features_only && options_.schema == nullptr ? unused_name() : "";
    if (!label.empty()) read.label = label, read.labels = false;  // a column 'y' is a feature like others
    if (options_.features_only) read.labels = false;
    if (options_.schema == nullptr) say_kinds(read);
    const std::string weight = options_.sample_weight.size() > 0 ? unused_name() + "w" : "";
    if (!weight.empty()) read.sample_weight = weight;
    const Bytes bytes = text(label, weight);
    try {
      Dataset data = read_table(bytes, kName, read, options_.schema);
      data.name = kName;
      return data;
    } catch (const Error& error) {
      throw with_row(error);
    }
  }

  std::string unused_name() const {
    std::string name = "label of poise";
    while (std::ranges::count(frame_.columns, name, &FrameColumn::name) > 0) name += '_';
    return name;
  }

  /// Text that could pass for numbers is text all the same. Numbers that are features are kept, whatever they number.
  void say_kinds(ReadOptions& read) const {
    const auto named = [](const std::vector<std::string>& list, const std::string& name) {
      return std::ranges::count(list, name) > 0;
    };
    for (const FrameColumn& column : frame_.columns) {
      const bool said = named(read.categorical, column.name) || named(read.numeric, column.name) ||
                        named(read.ignore, column.name) || column.name == read.label ||
                        column.name == read.sample_weight;
      if (said) continue;
      if (column.is_text && may_be_numbers(column)) read.categorical.push_back(column.name);
      if (!column.is_text && options_.features_only) read.numeric.push_back(column.name);
    }
  }

  static bool may_be_numbers(const FrameColumn& column) {
    return std::ranges::any_of(column.strings.all(), [](const std::string& text) {
      return text.find_first_of("0123456789") != std::string::npos;
    });
  }

  Bytes text(const std::string& label, const std::string& weight) {
    std::string out;
    for (const Index j : columns_) {
      if (j > 0) out += ',';
      append_text(out, frame_.columns[j].name);
    }
    if (!label.empty()) out += ',' + label;
    if (!weight.empty()) out += ',' + weight;
    out += '\n';
    Block block(frame_, columns_);
    Index row = 0;
    for_blocks(frame_, [&](const FrameRows& part, Index first, Index count) {
      block.load(part, first, count);
      for (Index i = 0; i < count; ++i, ++row) {
        append_row(out, block, part, first, i);
        if (!label.empty()) out += ',';
        if (!weight.empty()) append_number(out += ',', options_.sample_weight[row]);
        out += '\n';
      }
    });
    const auto owner = std::make_shared<const std::string>(std::move(out));
    return {owner, owner->data(), owner->size()};
  }

  void append_row(std::string& out, const Block& block, const FrameRows& part, Index first, Index i) const {
    const bool one = columns_.size() == 1;
    for (const Index j : columns_) {
      if (j > 0) out += ',';
      if (!frame_.columns[j].is_text) {
        append_number(out, block.number(i, j));
        continue;
      }
      const std::int32_t code = part.cells[j].codes[first + i];
      if (code >= 0) append_text(out, frame_.columns[j].strings.all()[code]);
      if (code < 0 && one) out += "\"\"";
    }
  }

  /// Lines are rows, unless a cell holds one.
  Error with_row(const Error& error) const {
    Location where{kName};
    std::string found = as_frame(error.found());
    if (error.where().line > 1 && !has_line_breaks()) {
      found += fmt::format(", in row {} (from 0)", error.where().line - 2);
    }
    return Error(error.kind(), found, error.expected(), as_frame(error.hint()), where).with_code(error.code());
  }

  /// A frame has neither a header nor a file.
  static std::string as_frame(std::string text) {
    for (const std::string_view word : {"the header ", "the file "}) {
      if (const std::size_t place = text.find(word); place != std::string::npos) {
        text.replace(place, word.size(), "the frame ");
      }
    }
    return text;
  }

  bool has_line_breaks() const {
    return std::ranges::any_of(frame_.columns, [](const FrameColumn& column) {
      return column.name.find('\n') != std::string::npos ||
             std::ranges::any_of(column.strings.all(),
                                 [](const std::string& text) { return text.find('\n') != std::string::npos; });
    });
  }

  Frame& frame_;
  const FrameOptions& options_;
  std::vector<Index> columns_;
};

}  // namespace

Dataset read_frame(Frame& frame, const FrameOptions& options) { return FrameReader(frame, options).run(); }

}  // namespace poise::python
