#include "data/table/build.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "base/index.h"
#include "base/parallel.h"
#include "base/streamed_pages.h"
#include "data/table/chunk_moments.h"
#include "data/table/column_types.h"
#include "poise/error.h"
#include "rows/narrow.h"
#include "rows/number_type.h"

namespace poise::inline data {
namespace {

// Beyond, in memory or on the disk, it is categories that a table is full of: as text it takes less.
constexpr double kLargestTable = 8.0 * (1ULL << 30), kLargestGrowth = 2;  // bytes, and of a larger file times its own
// Sparse rows pay where features are many and a row has few of them: an entry takes 8 to 12 bytes and, in a pass, the
// time of about eight numbers of a dense row.
constexpr Index kFewestSparseFeatures = 512, kDenseNumbersAnEntry = 8;

/// The weight of an integer column's mean in float32: as near as its own numbers need.
double rounded_fill(const Fineness& fineness, double mean) {
  return fineness.floats ? static_cast<double>(static_cast<float>(mean)) : mean;
}

/// Chooses types, then writes rows.
class FeatureBuilder {
 public:
  FeatureBuilder(const ParsedTable& parsed, TableColumns& columns, const Vector& weights, const ReadOptions& options)
      : parsed_(parsed), columns_(columns), weights_(weights), threads_(options.threads), memory_(options.memory) {
    for (const Column& column : columns.columns) {
      first_feature_.push_back(features_);
      features_ += column.feature_count();
    }
    types_.assign(features_, NumberType::kUint8);
  }

  Index features() const { return features_; }
  Index first_feature(Index column) const { return first_feature_[column]; }

  /// Fills, types and ranges of all columns; names of constant features.
  void measure(bool infer_fill, const std::string& file, const PlaceOfCell& where, std::vector<Index>& constant) {
    const auto [moments, fineness] = look_at_numbers();
    for (Index k = 0; k < std::ssize(columns_.columns); ++k) {
      if (columns_.columns[k].kind == ColumnKind::kCategorical) {
        find_constant_categories(k, constant);
        continue;
      }
      const Index slot = columns_.sources[k].slot;
      measure_number(k, moments[slot], fineness[slot], infer_fill, constant);
      if (!std::isfinite(moments[slot].high - moments[slot].low) && moments[slot].count > 0)
        fail_too_far(k, file, where);
    }
    choose_layout(file);
  }

  Features write() const { return sparse_ ? write_sparse() : write_dense(); }

 private:
  const double* weights_of(Index chunk) const {
    return weights_.size() > 0 ? weights_.data() + parsed_.first_row[chunk] : nullptr;
  }

  /// Of all number columns.
  std::pair<std::vector<Moments>, std::vector<Fineness>> look_at_numbers() const {
    std::vector<std::vector<Moments>> moments(parsed_.chunks.size());
    std::vector<std::vector<Fineness>> fineness(moments.size());
    parallel_for(std::ssize(moments), threads_, [&](Index c) {
      parsed_.with_chunk(c, [&](const TableChunk& chunk) {
        moments[c] = chunk_moments(chunk, parsed_.number_columns(), weights_of(c));
        fineness[c] = chunk_fineness(chunk, parsed_.number_columns());
      });
    });
    for (std::size_t c = 1; c < moments.size(); ++c) {
      for (std::size_t j = 0; j < moments[0].size(); ++j) {
        moments[0][j].add(moments[c][j]);
        fineness[0][j].add(fineness[c][j]);
      }
    }
    return {std::move(moments[0]), std::move(fineness[0])};
  }

  void measure_number(Index k, const Moments& seen, Fineness fineness, bool infer_fill, std::vector<Index>& constant) {
    Column& column = columns_.columns[k];
    if (infer_fill && column.can_fill) column.fill = rounded_fill(fineness, seen.mean);
    const bool gaps = seen.count < parsed_.rows();
    double low = seen.low, high = seen.high;
    if (gaps) low = std::min(low, column.fill), high = std::max(high, column.fill), fineness.add(column.fill);
    const Index feature = first_feature(k);
    types_[feature] = narrowest_type(fineness, low, high);
    if (!(low < high)) constant.push_back(feature);
    if (column.has_missing_feature && (!gaps || seen.count == 0)) constant.push_back(feature + 1);
  }

  void find_constant_categories(Index k, std::vector<Index>& constant) const {
    const ColumnSource& source = columns_.sources[k];
    std::vector<Index> count(columns_.columns[k].categories.size(), 0);
    const std::vector<Dictionary::Entry>& strings = parsed_.texts[source.slot].entries;
    for (std::size_t s = 0; s < strings.size(); ++s) {
      const std::int32_t category = source.category_of[s];
      if (category >= 0) count[category] += strings[s].count;
    }
    for (std::size_t m = 0; m < count.size(); ++m) {
      if (count[m] == 0 || count[m] == parsed_.rows()) constant.push_back(first_feature(k) + static_cast<Index>(m));
    }
  }

  [[noreturn]] void fail_too_far(Index column, const std::string& file, const PlaceOfCell& where) const {
    std::pair<Index, double> farthest{0, 0};
    std::vector<double> x(parsed_.number_columns());
    for (std::size_t c = 0; c < parsed_.chunks.size(); ++c) {
      parsed_.with_chunk(static_cast<Index>(c), [&](const TableChunk& chunk) {
        for (Index i = 0; i < chunk.rows; ++i) {
          chunk.numbers.unpack(i, x.data());
          const double value = x[columns_.sources[column].slot];
          if (std::abs(value) > std::abs(farthest.second)) farthest = {parsed_.first_row[c] + i, value};
        }
      });
    }
    const std::string& name = columns_.columns[column].name;
    Location place = where(farthest.first, column);
    if (place.file.empty()) place.file = file;
    throw Error(ErrorKind::kData,
                fmt::format("{} holds {:g} in row {} (from 0)",
                            name.empty() ? fmt::format("feature {}", column) : fmt::format("'{}'", name),
                            farthest.second, farthest.first),
                "numbers whose range float64 can hold", "divide the column by a power of ten", place);
  }

  /// Dense records or sparse rows, and whether they fit.
  void choose_layout(const std::string& file) {
    const auto entries = std::ssize(columns_.columns);
    sparse_ = features_ >= kFewestSparseFeatures && kDenseNumbersAnEntry * entries < features_;
    for (Index f = 0; f < features_; ++f) {
      const NumberType type = types_[f];
      if (runs_.empty() || runs_.back().type != type) runs_.push_back({type, f, 0, stride_});
      ++runs_.back().count;
      stride_ += static_cast<Index>(size_of(type));
    }
    const double bytes = static_cast<double>(sparse_ ? 12 * entries : stride_) * static_cast<double>(parsed_.rows());
    const TableText* const text = parsed_.source.text;
    const double from =
        text ? static_cast<double>(text->end - text->begin) : 8.0 * static_cast<double>(entries * parsed_.rows());
    const double most = std::max(kLargestTable, kLargestGrowth * from);
    if (bytes <= most) return;
    const auto widest =
        std::max_element(columns_.columns.begin(), columns_.columns.end(),
                         [](const auto& a, const auto& b) { return a.feature_count() < b.feature_count(); });
    throw Error(ErrorKind::kResource,
                fmt::format("the table of {} rows and {} features takes {:.1f} GiB", parsed_.rows(), features_,
                            bytes / (1ULL << 30)),
                fmt::format("at most {:.0f} GiB", most / (1ULL << 30)),
                fmt::format("leave columns out with --ignore ('{}' has {} features), or use LIBSVM format",
                            widest->name, widest->feature_count()),
                {file});
  }

  Features write_dense() const {
    const Room room = make_room(parsed_.rows() * stride_, memory_);
    auto* const records = room.as<std::byte>();
    parallel_for(std::ssize(parsed_.chunks), threads_, [&](Index c) {
      parsed_.with_chunk(c, [&](const TableChunk& chunk) {
        std::byte* const out = records + parsed_.first_row[c] * stride_;
        std::memset(out, 0, chunk.rows * stride_);
        chunk.numbers.visit([&](const auto* x) { write_numbers(chunk.rows, x, out); });
        write_categories(chunk, c, out);
        room.touched(out, out + chunk.rows * stride_);
      });
    });
    return Features::from_records(room.memory, {records, stride_, runs_}, parsed_.rows()).streamed(room.pages);
  }

  /// Where a feature stands in a record.
  Index place_of(Index feature) const {
    const auto behind = std::upper_bound(runs_.begin(), runs_.end(), feature,
                                         [](Index f, const ColumnRun& run) { return f < run.first; });
    const ColumnRun& run = *(behind - 1);
    return run.offset + (feature - run.first) * static_cast<Index>(size_of(run.type));
  }

  /// Neighbors both as parsed and as features, of one type: written in one loop.
  template <typename Number>
  void write_numbers(Index rows, const Number* x, std::byte* out) const {
    for (Index k = 0; k < std::ssize(columns_.columns);) {
      if (columns_.columns[k].kind != ColumnKind::kNumeric) {
        ++k;
        continue;
      }
      const Index slot = columns_.sources[k].slot, feature = first_feature(k);
      const NumberType type = types_[feature];
      std::vector<double> fill;
      Index next = k;
      while (next < std::ssize(columns_.columns) && columns_.columns[next].kind == ColumnKind::kNumeric &&
             columns_.sources[next].slot == slot + (next - k) && first_feature(next) == feature + (next - k) &&
             types_[first_feature(next)] == type) {
        fill.push_back(columns_.columns[next++].fill);
      }
      with_plain_type(type,
                      [&](auto number) { write_run<decltype(number)>(rows, x + slot, fill, out + place_of(feature)); });
      for (Index m = k; m < next; ++m) {
        if (columns_.columns[m].has_missing_feature) mark_missing(rows, x + slot + (m - k), out, first_feature(m) + 1);
      }
      k = next;
    }
  }

  template <typename Stored, typename Number>
  void write_run(Index rows, const Number* x, const std::vector<double>& fill, std::byte* out) const {
    const Index stride = parsed_.number_columns();
    std::vector<Stored> record(fill.size());
    for (Index i = 0; i < rows; ++i, x += stride, out += stride_) {
      for (std::size_t j = 0; j < record.size(); ++j) {
        const auto there = static_cast<double>(x[j]);
        record[j] = static_cast<Stored>(there == there ? there : fill[j]);
      }
      std::memcpy(out, record.data(), record.size() * sizeof(Stored));
    }
  }

  template <typename Number>
  void mark_missing(Index rows, const Number* x, std::byte* out, Index feature) const {
    out += place_of(feature);
    for (Index i = 0; i < rows; ++i, x += parsed_.number_columns(), out += stride_) *out = std::byte{*x != *x};
  }

  void write_categories(const TableChunk& chunk, Index c, std::byte* out) const {
    for (Index k = 0; k < std::ssize(columns_.columns); ++k) {
      if (columns_.columns[k].kind != ColumnKind::kCategorical) continue;
      const Index place = place_of(first_feature(k));  // indicators stand side by side
      for (Index i = 0; i < chunk.rows; ++i) {
        const std::int32_t category = category_of(chunk, c, i, k);
        if (category >= 0) out[i * stride_ + place + category] = std::byte{1};
      }
    }
  }

  std::int32_t category_of(const TableChunk& chunk, Index c, Index row, Index k) const {
    const ColumnSource& source = columns_.sources[k];
    const std::uint32_t id = chunk.texts[source.slot][row];
    return source.category_of[parsed_.texts[source.slot].numbers[c][id]];
  }

  Features write_sparse() const {
    CsrMatrix matrix;
    matrix.cols = features_;
    std::vector<double> x(parsed_.number_columns());
    const auto append = [&](Index feature, double value) {
      if (value == 0) return;
      matrix.columns.push_back(static_cast<std::int32_t>(feature));
      matrix.doubles.push_back(value);
    };
    for (Index c = 0; c < std::ssize(parsed_.chunks); ++c) {
      parsed_.with_chunk(c, [&](const TableChunk& chunk) {
        for (Index i = 0; i < chunk.rows; ++i) {
          chunk.numbers.unpack(i, x.data());
          for (Index k = 0; k < std::ssize(columns_.columns); ++k) append_cells(chunk, c, i, k, x, append);
          matrix.row_start.push_back(std::ssize(matrix.columns));
        }
      });
    }
    narrow(matrix);
    return Features::from_sparse(std::move(matrix));
  }

  template <typename Append>
  void append_cells(const TableChunk& chunk, Index c, Index row, Index k, const std::vector<double>& x,
                    const Append& append) const {
    const Column& column = columns_.columns[k];
    if (column.kind == ColumnKind::kCategorical) {
      const std::int32_t category = category_of(chunk, c, row, k);
      if (category >= 0) append(first_feature(k) + category, 1);
      return;
    }
    const double value = x[columns_.sources[k].slot];
    const bool missing = value != value;
    append(first_feature(k), missing ? column.fill : value);
    if (column.has_missing_feature) append(first_feature(k) + 1, missing ? 1 : 0);
  }

  const ParsedTable& parsed_;
  TableColumns& columns_;
  const Vector& weights_;
  int threads_;
  std::uint64_t memory_;
  std::vector<Index> first_feature_;
  Index features_ = 0, stride_ = 0;
  std::vector<NumberType> types_;  // one a feature
  std::vector<ColumnRun> runs_;
  bool sparse_ = false;
};

}  // namespace

void build_features(const ParsedTable& parsed, TableColumns& columns, bool infer_fill, const ReadOptions& options,
                    const std::string& file, const PlaceOfCell& where, Dataset& data, std::vector<Index>& constant) {
  FeatureBuilder builder(parsed, columns, data.sample_weight, options);
  builder.measure(infer_fill, file, where, constant);
  data.features = builder.write();
}

}  // namespace poise::inline data
