#include "data/row_set.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "base/parallel.h"
#include "data/bytes/hash.h"
#include "rows/entries.h"

namespace poise::inline data {
namespace {

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value + 0.0); }  // −0 is 0

std::uint64_t hash_entries(const Features& x, Index row) {
  std::uint64_t hash = 5;
  std::vector<double> scratch;
  for_each_entry(x, row, scratch, [&](Index column, double value) {
    if (value != 0) hash = mix(mix(hash, static_cast<std::uint64_t>(column)), bits(value));
  });
  return hash;
}

/// What belongs to a row besides its features.
std::uint64_t with_target(const Dataset& data, Index row, std::uint64_t hash) {
  if (!data.labels.empty()) hash = mix(hash, static_cast<std::uint64_t>(data.labels[row]));
  for (Index c = 0; c < data.targets.cols(); ++c) hash = mix(hash, bits(data.targets(row, c)));
  return mix(hash, bits(data.sample_weight.size() > 0 ? data.sample_weight[row] : 1));
}

/// Two sums, since one of 64 bits may come out the same by chance where rows are changed in pairs.
struct Sums {
  std::uint64_t first = 0, second = 0;
  void add(std::uint64_t hash) {
    first += mix(hash, 0x9e3779b97f4a7c15ULL);
    second += mix(mix(hash, 0xbf58476d1ce4e5b9ULL), 7);
  }
  void add(const Sums& other) { first += other.first, second += other.second; }
};

Sums sums_of(const Dataset& data) {
  constexpr Index kRows = 256;
  const Index blocks = (data.rows() + kRows - 1) / kRows;
  std::vector<Sums> parts(blocks);
  parallel_for(blocks, 0, [&](Index block) {
    const Index first = block * kRows;
    const Index rows = std::min(kRows, data.rows() - first);
    std::vector<std::uint64_t> hashes(rows);
    hash_features(data.features, first, rows, hashes.data());
    for (Index r = 0; r < rows; ++r) parts[block].add(with_target(data, first + r, hashes[r]));
  });
  Sums total;
  for (const Sums& part : parts) total.add(part);
  return total;
}

std::string text_of(const Sums& total, const Dataset& data) {
  std::uint64_t classes = mix(data.features.is_sparse() ? 2 : 1, static_cast<std::uint64_t>(data.features.cols()));
  for (const std::string& name : data.schema.classes) {
    for (const char c : name) classes = mix(classes, static_cast<unsigned char>(c));
    classes = mix(classes, 256);
  }
  return fmt::format("{:016x}{:016x}", mix(total.first, classes), mix(total.second, classes));
}

}  // namespace

void hash_features(const Features& x, Index first, Index rows, std::uint64_t* to) {
  if (x.is_sparse()) {
    for (Index r = 0; r < rows; ++r) to[r] = hash_entries(x, first + r);
    return;
  }
  const Index d = x.cols();
  std::vector<double> numbers(rows * d);
  load_rows(x, {}, first, rows, numbers.data(), d);
  for (double& number : numbers) number += 0.0;  // −0 is 0
  for (Index r = 0; r < rows; ++r)
    to[r] = hash_block(reinterpret_cast<const char*>(numbers.data() + r * d), d * sizeof(double));
}

std::string fingerprint_of_row_set(const Dataset& data) { return text_of(sums_of(data), data); }

std::string fingerprint_of_row_set(const Dataset& part, const Dataset& rest) {
  Sums total = sums_of(part);
  total.add(sums_of(rest));
  return text_of(total, part);
}

}  // namespace poise::inline data
