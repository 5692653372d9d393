// Counter-based random numbers: value number i of stream `seed` is a pure function of (seed, i), so every thread can
// compute its own without a state, and results do not depend on the order of work.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>

namespace poise::inline base {

/// 64 random bits: the SplitMix64 finalizer (Steele, Lea, Flood 2014) over the counter, keyed by the seed.
inline std::uint64_t random_bits(std::uint64_t seed, std::uint64_t counter) {
  auto mix = [](std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  };
  return mix(mix(seed + 0x9e3779b97f4a7c15ULL) + counter * 0x9e3779b97f4a7c15ULL);
}

/// Uniform in [0, 1), 53 random bits.
inline double random_uniform(std::uint64_t seed, std::uint64_t counter) {
  return static_cast<double>(random_bits(seed, counter) >> 11) * 0x1.0p-53;
}

/// Standard normal, by Box and Muller.
inline double random_normal(std::uint64_t seed, std::uint64_t counter) {
  const double radius = std::sqrt(-2 * std::log1p(-random_uniform(seed, 2 * counter)));
  return radius * std::cos(2 * std::numbers::pi * random_uniform(seed, 2 * counter + 1));
}

/// Shuffles in place (Fisher–Yates); the same seed gives the same order on every machine.
template <typename T>
void shuffle(std::span<T> items, std::uint64_t seed) {
  for (std::size_t i = items.size(); i > 1; --i) {
    const auto j = static_cast<std::size_t>(random_uniform(seed, i) * static_cast<double>(i));
    std::swap(items[i - 1], items[j]);
  }
}

}  // namespace poise::inline base
