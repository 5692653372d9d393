#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "base/parallel.h"
#include "data/bytes/hash.h"
#include "data/soft_targets.h"
#include "poise/dataset.h"
#include "rows/entries.h"
#include "rows/storage.h"

namespace poise {
namespace {

constexpr std::size_t kHashBlock = 1 << 20;
constexpr const char* kNewStorage = "2:";  // data that version 0.1 stored otherwise

/// Hashes blocks of fixed size in parallel, then their hashes in order: the same for any number of threads. done(begin)
/// is called after each.
template <typename Done>
std::uint64_t hash_bytes(std::uint64_t hash, const void* data, std::size_t size, const Done& done) {
  const auto blocks = static_cast<Index>((size + kHashBlock - 1) / kHashBlock);
  std::vector<std::uint64_t> parts(blocks);
  const char* const p = static_cast<const char*>(data);
  parallel_for(blocks, 0, [&](Index block) {
    const std::size_t begin = block * kHashBlock;
    parts[block] = hash_block(p + begin, std::min(kHashBlock, size - begin));
    done(begin);
  });
  hash = mix(hash, size);
  for (const std::uint64_t part : parts) hash = mix(hash, part);
  return hash;
}

template <typename T>
std::uint64_t hash_vector(std::uint64_t hash, const T& values) {
  return hash_bytes(hash, values.data(), values.size() * sizeof(*values.data()), [](std::size_t) {});
}

/// The hash of dense rows of one type as if they stood in one piece.
template <typename T>
std::uint64_t hash_as_array(std::uint64_t hash, const Features& x) {
  if (const T* const data = x.array<T>()) {
    const auto record = static_cast<Index>(x.cols() * sizeof(T));
    const Index rows_of_block = static_cast<Index>(kHashBlock) / record;
    return hash_bytes(hash, data, x.stored_bytes(), [&](std::size_t begin) {
      const Index first = static_cast<Index>(begin) / record;
      x.touched(first, std::min(rows_of_block, x.rows() - first));
    });
  }
  const std::size_t numbers = kHashBlock / sizeof(T), size = x.rows() * x.cols();
  std::vector<std::uint64_t> parts((size + numbers - 1) / numbers);
  parallel_for(std::ssize(parts), 0, [&](Index block) {
    const auto begin = static_cast<Index>(block * numbers), end = static_cast<Index>(std::min(size, begin + numbers));
    const Index first = begin / x.cols(), rows = (end - 1) / x.cols() - first + 1;
    std::vector<double> loaded(rows * x.cols());
    load_rows(x, {}, first, rows, loaded.data(), x.cols());
    const auto from = loaded.begin() + (begin - first * x.cols());
    const std::vector<T> values(from, from + (end - begin));
    parts[block] = hash_block(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  });
  hash = mix(hash, size * sizeof(T));
  for (const std::uint64_t part : parts) hash = mix(hash, part);
  return hash;
}

/// The hash that data has had since version 0.1, if its storage is one that there was then.
std::optional<std::uint64_t> hash_of_plain(const Features& x) {
  const bool floats = holds_only(x, NumberType::kFloat32), bytes = holds_only(x, NumberType::kUint8);
  const CsrView* const sparse = x.sparse();
  if (!floats && !bytes && !(sparse != nullptr && sparse->doubles.empty())) return std::nullopt;
  std::uint64_t hash = mix(floats ? 0 : bytes ? 1 : 2, static_cast<std::uint64_t>(x.rows()));
  hash = mix(hash, static_cast<std::uint64_t>(x.cols()));
  if (sparse != nullptr) {
    hash = hash_vector(hash, sparse->row_start);
    hash = hash_vector(hash, sparse->columns);
    hash = hash_vector(hash, sparse->values);
  } else {
    hash = floats ? hash_as_array<float>(hash, x) : hash_as_array<std::uint8_t>(hash, x);
  }
  hash = hash_vector(hash, Vector::Zero(x.cols()).eval());  // centers and scales, once
  return hash_vector(hash, Vector::Ones(x.cols()).eval());
}

std::uint64_t hash_rows(const Features& x, Index first, Index rows) {
  std::vector<double> numbers(rows * x.cols());
  load_rows(x, {}, first, rows, numbers.data(), x.cols());
  for (double& number : numbers) number += 0.0;  // −0 is 0
  return hash_block(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(double));
}

std::uint64_t hash_entries(const Features& x, Index first, Index rows) {
  std::uint64_t hash = 0;
  std::vector<double> scratch;
  for (Index i = first; i < first + rows; ++i) {
    for_each_entry(x, i, scratch, [&](Index column, double value) {
      if (value != 0) hash = mix(mix(hash, static_cast<std::uint64_t>(column)), std::bit_cast<std::uint64_t>(value));
    });
    hash = mix(hash, ~std::uint64_t{0});
  }
  return hash;
}

/// Of the numbers themselves, whatever type holds them: rows as float64, or entries of sparse rows that are not 0.
std::uint64_t hash_of_numbers(const Features& x) {
  constexpr Index kRows = 256;
  const Index blocks = (x.rows() + kRows - 1) / kRows;
  std::vector<std::uint64_t> parts(blocks);
  parallel_for(blocks, 0, [&](Index block) {
    const Index first = block * kRows, rows = std::min(kRows, x.rows() - first);
    parts[block] = x.is_sparse() ? hash_entries(x, first, rows) : hash_rows(x, first, rows);
  });
  std::uint64_t hash = mix(x.is_sparse() ? 4 : 3, static_cast<std::uint64_t>(x.rows()));
  hash = mix(hash, static_cast<std::uint64_t>(x.cols()));
  for (const std::uint64_t part : parts) hash = mix(hash, part);
  return hash;
}

}  // namespace

std::string fingerprint(const Dataset& data) {
  const bool table = data.schema.format == FileFormat::kTable;  // once stored standardized
  const std::optional<std::uint64_t> plain = table ? std::nullopt : hash_of_plain(data.features);
  std::uint64_t hash = plain ? *plain : hash_of_numbers(data.features);
  hash = hash_vector(hash, data.labels);
  const std::optional<MatrixF> narrow = within_float32(data.targets);  // as they were once stored
  hash = narrow ? hash_vector(hash, *narrow) : hash_vector(hash, data.targets);
  hash = hash_vector(hash, data.sample_weight);
  for (const std::string& name : data.schema.classes) hash = hash_vector(hash, name);
  return fmt::format("{}{:016x}", plain ? "" : kNewStorage, hash);
}

bool same_storage(const std::string& a, const std::string& b) {
  return a.starts_with(kNewStorage) == b.starts_with(kNewStorage);
}

}  // namespace poise
