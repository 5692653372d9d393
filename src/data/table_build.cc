#include "data/table_build.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/pages.h"
#include "base/parallel.h"
#include "data/chunk_moments.h"
#include "poise/error.h"

namespace poise {
namespace {

constexpr double kLargestTable = 8.0 * (1ULL << 30);  // bytes of float32

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

/// One stored feature: where its value comes from is known to FeatureWriter.
struct Standard {
  double offset = 0, scale = 1;
  bool constant = false;

  float stored(double value) const { return static_cast<float>((value - offset) / scale); }
};

/// The standardization of a column whose missing values (of weight `filled`) are replaced by `fill`.
Standard standardize(const Moments& seen, Index missing, double filled, double fill) {
  Moments all = seen;
  if (missing > 0) all.add({filled, fill, 0, fill, fill, missing});
  if (!(all.low < all.high)) return {all.count > 0 ? all.low : fill, 1, true};
  const double deviation = std::sqrt(all.squares / all.weight);
  // Rows of weight 0 may lie far outside of the deviation, and squares may underflow: stored values must stay finite.
  const double reach = std::max(all.high - all.mean, all.mean - all.low);
  return {all.mean, std::max(deviation, reach * (deviation > 0 ? 1e-30 : 1.0)), false};
}

Standard standardize_share(double share, bool constant) {
  const double variance = share * (1 - share);
  // Rows of nearly no weight: (1 − share)/deviation must stay in the range of float32.
  return {share, variance > 0 ? std::max(std::sqrt(variance), 1e-30) : 1, constant};
}

/// Computes offsets and scales, then writes rows.
class FeatureBuilder {
 public:
  FeatureBuilder(const ParsedTable& parsed, TableColumns& columns, const Vector& weights, int threads)
      : parsed_(parsed), columns_(columns), weights_(weights), threads_(threads) {
    for (const Column& column : columns.columns) {
      if (column.kind == ColumnKind::kCategorical) categorical_.push_back(first_feature_.size());
      first_feature_.push_back(features_);
      features_ += column.feature_count();
    }
    total_weight_ = weights.size() > 0 ? weights.sum() : static_cast<double>(parsed.rows());
  }

  Index features() const { return features_; }

  /// Which of the columns the feature belongs to.
  Index column_of(Index feature) const {
    return std::upper_bound(first_feature_.begin(), first_feature_.end(), feature) - first_feature_.begin() - 1;
  }

  /// The row whose number in a numeric column is farthest from 0, and the number.
  std::pair<Index, double> farthest(Index column) const {
    std::pair<Index, double> found{0, 0};
    std::vector<double> x(at(parsed_.number_columns()));
    for (std::size_t c = 0; c < parsed_.chunks.size(); ++c) {
      for (Index i = 0; i < parsed_.chunks[c].rows; ++i) {
        parsed_.chunks[c].numbers.unpack(i, x.data());
        const double value = x[at(columns_.sources[at(column)].slot)];
        if (std::abs(value) > std::abs(found.second)) found = {parsed_.first_row[c] + i, value};
      }
    }
    return found;
  }

  const std::vector<Standard>& standards() const { return standards_; }

  void measure(bool infer_fill) {
    const std::vector<Moments> moments = all_moments();
    standards_.resize(at(features_));
    parallel_for(static_cast<Index>(columns_.columns.size()), threads_, [&](Index k) {
      if (columns_.columns[at(k)].kind == ColumnKind::kNumeric) {
        measure_number(k, moments[at(columns_.sources[at(k)].slot)], infer_fill);
      } else {
        measure_text(k);
      }
    });
  }

  Features write() const {
    std::vector<float> zero(at(features_));
    for (std::size_t f = 0; f < zero.size(); ++f) zero[f] = standards_[f].stored(0);
    const NumberRuns runs = number_runs();
    // Not a vector: its zeros would be a pass over memory of their own.
    const std::shared_ptr<void> owner = allocate_unwritten(at(parsed_.rows() * features_) * sizeof(float));
    auto* const values = static_cast<float*>(owner.get());
    parallel_for(static_cast<Index>(parsed_.chunks.size()), threads_, [&](Index c) {
      float* const out = values + parsed_.first_row[at(c)] * features_;
      parsed_.chunks[at(c)].numbers.visit([&](const auto* x) { write_chunk(c, runs, zero, x, out); });
    });
    return Features::view_floats(owner, values, parsed_.rows(), features_);
  }

 private:
  const double* weights_of(Index chunk) const {
    return weights_.size() > 0 ? weights_.data() + parsed_.first_row[at(chunk)] : nullptr;
  }

  std::vector<Moments> all_moments() const {
    const auto chunks = static_cast<Index>(parsed_.chunks.size());
    std::vector<std::vector<Moments>> parts(at(chunks));
    parallel_for(chunks, threads_, [&](Index c) {
      parts[at(c)] = chunk_moments(parsed_.chunks[at(c)], parsed_.number_columns(), weights_of(c));
    });
    for (std::size_t c = 1; c < parts.size(); ++c) {
      for (std::size_t j = 0; j < parts[0].size(); ++j) parts[0][j].add(parts[c][j]);
    }
    return std::move(parts[0]);
  }

  void measure_number(Index k, const Moments& seen, bool infer_fill) {
    Column& column = columns_.columns[at(k)];
    if (infer_fill && column.can_fill) column.fill = seen.mean;
    const Index missing = parsed_.rows() - seen.count;
    const double filled = std::max(0.0, total_weight_ - seen.weight);
    Standard* standard = &standards_[at(first_feature_[at(k)])];
    standard[0] = standardize(seen, missing, filled, column.fill);
    if (column.has_missing_feature) {
      standard[1] = standardize_share(filled / total_weight_, missing == 0 || missing == parsed_.rows());
    }
  }

  void measure_text(Index k) {
    const ColumnSource& source = columns_.sources[at(k)];
    const auto categories = columns_.columns[at(k)].categories.size();
    std::vector<double> weight(categories, 0.0);
    std::vector<Index> count(categories, 0);
    for (std::size_t c = 0; c < parsed_.chunks.size(); ++c) {
      const std::vector<std::uint32_t>& numbers = parsed_.texts[at(source.slot)].numbers[c];
      const double* const w = weights_of(static_cast<Index>(c));
      Index row = 0;
      for (const std::uint32_t id : parsed_.chunks[c].texts[at(source.slot)]) {
        const std::int32_t category = source.category_of[numbers[id]];
        if (category >= 0) {
          weight[at(category)] += w == nullptr ? 1.0 : w[row];
          ++count[at(category)];
        }
        ++row;
      }
    }
    for (std::size_t m = 0; m < categories; ++m) {
      standards_[at(first_feature_[at(k)]) + m] =
          standardize_share(weight[m] / total_weight_, count[m] == 0 || count[m] == parsed_.rows());
    }
  }

  /// Numeric columns that lie side by side both as parsed and as features, to be written in one plain loop.
  struct NumberRuns {
    struct Run {
      Index slot, feature, length;
    };
    std::vector<Run> runs;
    std::vector<double> offset, scale, fill;      ///< one a parsed number column
    std::vector<std::pair<Index, Index>> marked;  ///< slot, and feature that marks a missing value
  };

  NumberRuns number_runs() const {
    NumberRuns result;
    for (auto* values : {&result.offset, &result.scale, &result.fill}) values->resize(at(parsed_.number_columns()));
    for (std::size_t k = 0; k < columns_.columns.size(); ++k) {
      const Column& column = columns_.columns[k];
      if (column.kind != ColumnKind::kNumeric) continue;
      const Index slot = columns_.sources[k].slot, feature = first_feature_[k];
      result.offset[at(slot)] = standards_[at(feature)].offset;
      result.scale[at(slot)] = standards_[at(feature)].scale;
      result.fill[at(slot)] = column.fill;
      if (column.has_missing_feature) result.marked.emplace_back(slot, feature + 1);
      const bool goes_on = !result.runs.empty() && result.runs.back().slot + result.runs.back().length == slot &&
                           result.runs.back().feature + result.runs.back().length == feature;
      if (goes_on) {
        ++result.runs.back().length;
      } else {
        result.runs.push_back({slot, feature, 1});
      }
    }
    return result;
  }

  template <typename Number>
  void write_chunk(Index c, const NumberRuns& runs, const std::vector<float>& zero, const Number* x, float* out) const {
    const Index numbers = parsed_.number_columns();
    const bool all_written = runs.runs.size() == 1 && runs.runs[0].length == features_;
    for (Index i = 0; i < parsed_.chunks[at(c)].rows; ++i, x += numbers, out += features_) {
      if (!all_written) std::copy(zero.begin(), zero.end(), out);
      write_numbers(runs, x, out);
      write_categories(c, i, out);
    }
  }

  template <typename Number>
  void write_numbers(const NumberRuns& numbers, const Number* x, float* out) const {
    for (const auto& run : numbers.runs) {
      const Number* const value = x + run.slot;
      const double* const offset = numbers.offset.data() + run.slot;
      const double *scale = numbers.scale.data() + run.slot, *fill = numbers.fill.data() + run.slot;
      float* const to = out + run.feature;
#pragma omp simd
      for (Index j = 0; j < run.length; ++j) {
        const auto there = static_cast<double>(value[j]);
        to[j] = static_cast<float>(((there == there ? there : fill[j]) - offset[j]) / scale[j]);
      }
    }
    for (const auto& [slot, feature] : numbers.marked) {
      if (x[slot] != x[slot]) out[feature] = standards_[at(feature)].stored(1);
    }
  }

  void write_categories(Index c, Index row, float* out) const {
    for (const std::size_t k : categorical_) {
      const ColumnSource& source = columns_.sources[k];
      const std::uint32_t id = parsed_.chunks[at(c)].texts[at(source.slot)][at(row)];
      const std::int32_t category = source.category_of[parsed_.texts[at(source.slot)].numbers[at(c)][id]];
      if (category < 0) continue;
      const Index feature = first_feature_[k] + category;
      out[feature] = standards_[at(feature)].stored(1);
    }
  }

  const ParsedTable& parsed_;
  TableColumns& columns_;
  const Vector& weights_;
  int threads_;
  std::vector<Index> first_feature_;
  std::vector<std::size_t> categorical_;  // which of the columns are
  Index features_ = 0;
  double total_weight_ = 0;
  std::vector<Standard> standards_;
};

void check_size(const FeatureBuilder& builder, const ParsedTable& parsed, const TableColumns& columns,
                const std::string& file) {
  const double bytes = 4.0 * static_cast<double>(builder.features()) * static_cast<double>(parsed.rows());
  if (bytes <= kLargestTable) return;
  const auto widest =
      std::max_element(columns.columns.begin(), columns.columns.end(),
                       [](const auto& a, const auto& b) { return a.feature_count() < b.feature_count(); });
  throw Error(ErrorKind::kResource,
              fmt::format("the dense table of {} rows and {} features takes {:.1f} GiB", parsed.rows(),
                          builder.features(), bytes / (1ULL << 30)),
              "at most 8 GiB",
              fmt::format("leave columns out with --ignore ('{}' has {} features), or use LIBSVM format", widest->name,
                          widest->feature_count()),
              {file});
}

[[noreturn]] void fail_too_far(const FeatureBuilder& builder, const TableColumns& columns, Index feature,
                               const PlaceOfCell& where) {
  const Index column = builder.column_of(feature);
  const auto [row, value] = builder.farthest(column);
  const std::string& name = columns.columns[at(column)].name;
  throw Error(ErrorKind::kData,
              fmt::format("{} holds {:g} in row {} (from 0)",
                          name.empty() ? fmt::format("feature {}", column) : fmt::format("'{}'", name), value, row),
              "numbers within 1e150 of each other", "divide the column by a power of ten", where(row, column));
}

}  // namespace

void build_features(const ParsedTable& parsed, TableColumns& columns, bool infer_fill, int threads,
                    const std::string& file, const PlaceOfCell& where, Dataset& data, std::vector<Index>& constant) {
  FeatureBuilder builder(parsed, columns, data.sample_weight, threads);
  check_size(builder, parsed, columns, file);
  builder.measure(infer_fill);
  const Index features = builder.features();
  data.offset.resize(features);
  data.scale.resize(features);
  for (Index f = 0; f < features; ++f) {
    const Standard& standard = builder.standards()[at(f)];
    data.offset[f] = standard.offset;
    data.scale[f] = standard.scale;
    if (standard.constant) constant.push_back(f);
    if (!std::isfinite(standard.offset) || !std::isfinite(standard.scale)) fail_too_far(builder, columns, f, where);
  }
  data.features = builder.write();
}

}  // namespace poise
