#include "data/data_figures.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "data/bytes/hash.h"
#include "data/row_set.h"
#include "rows/load.h"

namespace poise::inline data {
namespace {

constexpr Index kBlock = 256;  // rows

/// Hashes of the features of all rows.
std::vector<std::uint64_t> hashes_of_rows(const Dataset& data, int threads) {
  std::vector<std::uint64_t> hashes(data.rows());
  parallel_for((data.rows() + kBlock - 1) / kBlock, threads, [&](Index block) {
    const Index first = block * kBlock;
    hash_features(data.features, first, std::min(kBlock, data.rows() - first), hashes.data() + first);
  });
  return hashes;
}

std::uint64_t hash_of_target(const Dataset& data, Index row) {
  if (!data.labels.empty()) return static_cast<std::uint64_t>(data.labels[row]);
  std::uint64_t hash = 3;
  for (Index c = 0; c < data.targets.cols(); ++c)
    hash = mix(hash, std::bit_cast<std::uint64_t>(data.targets(row, c) + 0.0));
  return hash;
}

void count_rows(const Dataset& train, const std::vector<std::uint64_t>& hashes, DataFigures& to) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> rows;  // features and target
  rows.reserve(hashes.size());
  for (Index i = 0; i < std::ssize(hashes); ++i) rows.emplace_back(hashes[i], hash_of_target(train, i));
  std::sort(rows.begin(), rows.end());
  for (auto begin = rows.begin(); begin != rows.end();) {
    const auto end = std::find_if(begin, rows.end(), [&](const auto& row) { return row.first != begin->first; });
    for (auto row = begin + 1; row < end; ++row) to.repeated_rows += *row == *(row - 1);
    if (!train.labels.empty() && begin->second != (end - 1)->second) to.contradicted_rows += end - begin;
    begin = end;
  }
}

/// How many rows agree with one of those whose hashes are `sorted`; nothing where the storage is not comparable.
std::optional<Index> rows_among(const Dataset* rows, const Dataset& train, const std::vector<std::uint64_t>& sorted,
                                int threads) {
  if (!rows || rows->features.is_sparse() != train.features.is_sparse()) return std::nullopt;
  const std::vector<std::uint64_t> hashes = hashes_of_rows(*rows, threads);
  return std::ranges::count_if(hashes, [&](std::uint64_t hash) { return std::ranges::binary_search(sorted, hash); });
}

/// Columns that some rows spread over all do not tell apart.
struct Suspects {
  std::vector<Index> constant, equal;  ///< the latter in any order
};

Suspects suspects_of(const Features& x) {
  constexpr Index kLooks = 512;
  const Index n = x.rows(), d = x.cols(), looks = std::min(kLooks, n);
  std::vector<std::uint64_t> hashes(d, 7);
  std::vector<double> first(d), row(d);
  std::vector<char> varies(d, 0);
  for (Index look = 0; look < looks; ++look) {
    std::vector<double>& here = look == 0 ? first : row;
    load_row(x, {}, part_begin(n, looks, look), here.data());
    for (Index j = 0; j < d; ++j) {
      hashes[j] = mix(hashes[j], std::bit_cast<std::uint64_t>(here[j] + 0.0));
      varies[j] |= here[j] != first[j];
    }
  }
  Suspects found;
  std::vector<Index> order;
  for (Index j = 0; j < d; ++j) (varies[j] ? order : found.constant).push_back(j);
  std::ranges::sort(order, {}, [&](Index j) { return hashes[j]; });
  const auto alike = [&](std::size_t k, std::size_t l) {
    return l < order.size() && hashes[order[k]] == hashes[order[l]];
  };
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (alike(k, k + 1) || (k > 0 && alike(k, k - 1))) found.equal.push_back(order[k]);
  }
  return found;
}

/// How many hashes are those of one before them.
Index count_repeated(std::vector<std::uint64_t> hashes) {
  std::ranges::sort(hashes);
  return std::ssize(hashes) - (std::ranges::unique(hashes).begin() - hashes.begin());
}

void count_dense_columns(const Features& x, DataFigures& to) {
  Suspects suspects = suspects_of(x);
  if (suspects.constant.empty() && suspects.equal.empty()) return;
  const Index d = x.cols();
  std::vector<std::uint64_t> hashes(suspects.equal.size(), 7);
  std::vector<double> first(d), block(kBlock * d);
  if (x.rows() > 0) load_row(x, {}, 0, first.data());
  for (Index begin = 0; begin < x.rows(); begin += kBlock) {
    const Index rows = std::min(kBlock, x.rows() - begin);
    load_rows(x, {}, begin, rows, block.data(), d);
    std::erase_if(suspects.constant, [&](Index j) {
      for (Index r = 0; r < rows; ++r) {
        if (block[r * d + j] != first[j]) return true;
      }
      return false;
    });
    for (std::size_t k = 0; k < hashes.size(); ++k) {
      for (Index r = 0; r < rows; ++r)
        hashes[k] = mix(hashes[k], std::bit_cast<std::uint64_t>(block[r * d + suspects.equal[k]] + 0.0));
    }
  }
  to.constant_features = std::ssize(suspects.constant);
  to.duplicate_features = count_repeated(std::move(hashes));
}

/// By hashes of what is not 0; a column of n equal entries that are stored is not looked for.
void count_sparse_columns(const CsrView& x, DataFigures& to) {
  std::vector<std::uint64_t> hashes(x.cols, 0);
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index k = x.row_start[i]; k < x.row_start[i + 1]; ++k) {
      if (x.value(k) == 0) continue;
      const auto row = static_cast<std::uint64_t>(i);
      std::uint64_t& hash = hashes[x.columns[k]];
      hash = mix(mix(hash + 1, row), std::bit_cast<std::uint64_t>(x.value(k)));
    }
  }
  to.constant_features = std::ssize(hashes);
  std::erase(hashes, std::uint64_t{0});
  to.constant_features -= std::ssize(hashes);
  to.duplicate_features = count_repeated(std::move(hashes));
}

}  // namespace

DataFigures data_figures(const Dataset& train, const Dataset* validation, const Dataset* test, Index rows_read,
                         int threads) {
  DataFigures found;
  for (const Index missing : train.missing) {
    found.missing_values += missing;
    found.columns_with_missing += missing > 0;
    if (rows_read > 0)
      found.most_missing = std::max(found.most_missing, static_cast<double>(missing) / static_cast<double>(rows_read));
  }
  if (const CsrView* sparse = train.features.sparse()) {
    count_sparse_columns(*sparse, found);
  } else {
    count_dense_columns(train.features, found);
  }
  std::vector<std::uint64_t> hashes = hashes_of_rows(train, threads);
  count_rows(train, hashes, found);
  std::ranges::sort(hashes);
  found.validation_rows_trained_on = rows_among(validation, train, hashes, threads);
  found.test_rows_trained_on = rows_among(test, train, hashes, threads);
  return found;
}

}  // namespace poise::inline data
