#include "convex/pass/nonzero_rows.h"

#include <algorithm>

#include "base/index.h"
#include "base/parallel.h"

namespace poise::inline convex {
namespace {

constexpr Index kStrip = 64;      // rows at a time
constexpr Index kMostParts = 32;  // of the rows, each found by itself
constexpr Index kMostEntries = 3'000'000;
constexpr Index kMostColumns = 1 << 16;
constexpr Index kWorth = 8;  // numbers that a product of vectors has multiplied by when one of single numbers has one

struct Part {
  std::vector<std::uint16_t> columns;
  std::vector<double> values;
  std::vector<Index> counts;
  Index products = 0;  // Σ count²
  bool given_up = false;
};

/// The numbers of a row that are not 0, and a 1. `columns` and `values` have room for all.
Index gather(const double* x, Index size, std::uint16_t* columns, double* values) {
  Index count = 0;
  for (Index j = 0; j < size; ++j) {
    columns[count] = static_cast<std::uint16_t>(j), values[count] = x[j];
    count += x[j] != 0 ? 1 : 0;
  }
  columns[count] = static_cast<std::uint16_t>(size), values[count] = 1;
  return count + 1;
}

bool is_worth(Index products, Index rows, Index size) { return kWorth * products < rows * size * size; }

/// `most`: entries; −1: any, worth it or not.
Part find_part(const Problem& problem, Index begin, Index end, Index most) {
  const Index size = problem.cols();
  std::vector<double> x(kStrip * size);
  std::vector<std::uint16_t> columns(size + 1);
  std::vector<double> values(columns.size());
  Part part;
  for (Index first = begin; first < end && !part.given_up; first += kStrip) {
    const Index rows = std::min(kStrip, end - first);
    problem.load(first, rows, x.data(), size);
    for (Index r = 0; r < rows; ++r) {
      const Index count = gather(x.data() + r * size, size, columns.data(), values.data());
      part.columns.insert(part.columns.end(), columns.begin(), columns.begin() + count);
      part.values.insert(part.values.end(), values.begin(), values.begin() + count);
      part.counts.push_back(count);
      part.products += count * count;
    }
    part.given_up =
        most >= 0 && (!is_worth(part.products, first + rows - begin, size + 1) || std::ssize(part.values) > most);
  }
  return part;
}

}  // namespace

std::unique_ptr<const NonzeroRows> NonzeroRows::find(const Problem& problem, int threads, bool always) {
  const Index n = problem.rows();
  if (problem.cols() >= kMostColumns || n == 0) return nullptr;
  const Index count = std::clamp<Index>(n / 1024, 1, kMostParts);
  std::vector<Part> parts(count);
  const Index most = always ? -1 : kMostEntries / count;
  parts[0] = find_part(problem, 0, n / count, most);  // as a rule rows are all alike
  if (parts[0].given_up) return nullptr;
  parallel_for(count - 1, threads, [&](Index k) {
    parts[k + 1] = find_part(problem, part_begin(n, count, k + 1), part_begin(n, count, k + 2), most);
  });
  if (std::ranges::any_of(parts, &Part::given_up)) return nullptr;
  auto found = std::make_unique<NonzeroRows>();
  found->start_.reserve(n + 1);
  found->start_.push_back(0);
  Index entries = 0;
  for (const Part& part : parts) entries += std::ssize(part.values);
  found->columns_.reserve(entries), found->values_.reserve(entries);
  for (const Part& part : parts) {
    for (const Index of_row : part.counts) found->start_.push_back(found->start_.back() + of_row);
    found->columns_.insert(found->columns_.end(), part.columns.begin(), part.columns.end());
    found->values_.insert(found->values_.end(), part.values.begin(), part.values.end());
  }
  return found;
}

void NonzeroRows::add_scores(Index first, Index rows, const double* weights, Index classes, Index width, Index ld,
                             double* z) const {
  for (Index c = 0; c < classes; ++c, weights += width, z += ld) {
    for (Index r = 0; r < rows; ++r) {
      const Row x = row(first + r);
      double sum[2] = {};  // one would wait for each of its additions
      for (Index k = 0; k + 1 < x.count; ++k) sum[k % 2] += x.values[k] * weights[x.columns[k]];
      z[r] += sum[0] + sum[1];
    }
  }
}

void NonzeroRows::add_product(Index first, Index rows, const double* residual, Index classes, Index width, Index ld,
                              double* product) const {
  for (Index c = 0; c < classes; ++c, residual += ld, product += width) {
    for (Index r = 0; r < rows; ++r) {
      const Row x = row(first + r);
      for (Index k = 0; k + 1 < x.count; ++k) product[x.columns[k]] += residual[r] * x.values[k];
    }
  }
}

}  // namespace poise::inline convex
