// Memory for large arrays by the page.
#pragma once

#include <cstddef>
#include <memory>

namespace poise::inline base {

/// `bytes` of memory that nobody has written yet (a vector's zeros would be a pass of their own), aligned to a cache
/// line. std::bad_alloc where there is none.
std::shared_ptr<void> allocate_unwritten(std::size_t bytes);

/// Asks the system to move [begin, begin + bytes) to pages of 2 MiB, where it has them, for memory that is used for
/// long and in random order. (Memory that is touched once is better off without: where a virtual machine's host takes
/// free memory back, the first touch of large pages is slow.)
void ask_for_large_pages(const void* begin, std::size_t bytes);

}  // namespace poise::inline base
