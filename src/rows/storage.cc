#include "rows/storage.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

#include "base/index.h"
#include "base/pages.h"
#include "rows/narrow.h"
#include "rows/number_type.h"

namespace poise::inline rows {
namespace {

const char* type_name(NumberType type) {
  constexpr std::array kNames{"uint8", "int16", "int32", "float32", "float64", "float16", "bfloat16"};
  return kNames[static_cast<std::size_t>(type)];
}

CsrMatrix mapped(const CsrView& x, const ColumnMap& map) {
  std::vector<std::int32_t> full;
  for (std::size_t j = 0; j < map.center.size(); ++j) {
    if (map.center[j] != 0) full.push_back(static_cast<std::int32_t>(j));
  }
  CsrMatrix to;
  to.cols = x.cols;
  to.columns.reserve(x.entries()), to.doubles.reserve(x.entries()), to.row_start.reserve(x.row_start.size());
  const auto append = [&](std::int32_t column, double value) {
    to.columns.push_back(column);
    to.doubles.push_back((value - map.center[column]) * map.gain[column]);
  };
  for (Index i = 0; i < x.rows(); ++i) {
    auto next = full.begin();
    for (Index k = x.row_start[i]; k < x.row_start[i + 1]; ++k) {
      for (; next != full.end() && *next < x.columns[k]; ++next) append(*next, 0);
      if (next != full.end() && *next == x.columns[k]) ++next;
      append(x.columns[k], x.value(k));
    }
    for (; next != full.end(); ++next) append(*next, 0);
    to.row_start.push_back(static_cast<Index>(to.columns.size()));
  }
  narrow(to);
  return to;
}

}  // namespace

Index stored_entries(const Features& x) {
  return x.is_sparse() ? static_cast<Index>(x.sparse()->entries()) : x.rows() * x.cols();
}

Index longest_row(const Features& x) {
  if (!x.is_sparse()) return x.cols();
  const std::span<const Index> start = x.sparse()->row_start;
  Index longest = 0;
  for (std::size_t i = 0; i + 1 < start.size(); ++i) longest = std::max(longest, start[i + 1] - start[i]);
  return longest;
}

bool stored_within_float32(const Features& x) {
  if (x.is_sparse()) return x.sparse()->doubles.empty();
  return std::ranges::none_of(x.dense().runs, [](const ColumnRun& run) {
    return run.type == NumberType::kFloat64 || run.type == NumberType::kInt32;
  });
}

std::string storage_name(const Features& x) {
  if (x.is_sparse()) return x.sparse()->doubles.empty() ? "sparse float32" : "sparse float64";
  std::set<NumberType> types;
  for (const ColumnRun& run : x.dense().runs) types.insert(run.type);
  std::string text;
  for (const NumberType type : types) text += (text.empty() ? "" : ", ") + std::string(type_name(type));
  return text;
}

Features mapped_sparse(const Features& x, const ColumnMap& map) {
  return Features::from_sparse(mapped(*x.sparse(), map));
}

void ask_for_large_pages(const Features& x) {
  if (is_compact(x) && !x.is_streamed()) base::ask_for_large_pages(x.dense().data, x.stored_bytes());
}

bool holds_only(const Features& x, NumberType type) {
  const std::vector<ColumnRun>& runs = x.dense().runs;
  return !runs.empty() && std::ranges::all_of(runs, [&](const ColumnRun& run) { return run.type == type; });
}

bool is_compact(const Features& x) {
  if (x.is_sparse()) return false;
  Index end = 0;
  for (const ColumnRun& run : x.dense().runs) {
    const auto size = static_cast<Index>(size_of(run.type));
    if (run.offset != end || step_of(run) != size) return false;
    end += run.count * size;
  }
  return x.dense().stride == end;
}

Features with_rows_together(const Features& x) {
  const std::vector<ColumnRun>& runs = x.dense().runs;
  const bool together = std::ranges::all_of(
      runs, [](const ColumnRun& run) { return step_of(run) == static_cast<Index>(size_of(run.type)); });
  if (x.is_sparse() || together) return x;
  std::vector<Index> rows(x.rows());
  std::iota(rows.begin(), rows.end(), Index{0});
  return x.select_rows(rows);
}

}  // namespace poise::inline rows
