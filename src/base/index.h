// A place in a sequence, and the same as the standard library counts it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace poise {

using Index = std::int64_t;

}  // namespace poise

namespace poise::inline base {

/// `i` as an index into a standard container; i ≥ 0.
constexpr std::size_t at(Index i) { return static_cast<std::size_t>(i); }

}  // namespace poise::inline base
