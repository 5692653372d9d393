// How much memory there is to take.
#pragma once

#include <cstdint>

namespace poise::inline base {

/// Bytes of memory that the process may use in all: the machine's, or what its control group is allowed.
double memory_of_machine();

/// Bytes that it may take now without driving others out. Files in memory that the system reads again when they are
/// wanted do not count.
double free_memory();

/// Bytes that may stay in memory: `asked`, or half of what is free if that is 0.
double memory_allowed(std::uint64_t asked);

}  // namespace poise::inline base
