// Hashes of data, not meant to withstand an adversary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace poise::inline data {

inline std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
  return hash ^ (hash >> 29);
}

inline std::uint64_t hash_block(const char* p, std::size_t size) {
  std::uint64_t lanes[4] = {1, 2, 3, 4};  // four chains at once: 12 GB/s instead of 3
  std::size_t i = 0;
  for (; i + 32 <= size; i += 32) {
    std::uint64_t words[4];
    std::memcpy(words, p + i, 32);
    for (int lane = 0; lane < 4; ++lane) lanes[lane] = mix(lanes[lane], words[lane]);
  }
  std::uint64_t hash = size;
  for (const std::uint64_t lane : lanes) hash = mix(hash, lane);
  for (; i < size; ++i) hash = mix(hash, static_cast<unsigned char>(p[i]));
  return hash;
}

}  // namespace poise::inline data
