#include "base/pages.h"

#include <sys/mman.h>
#if defined(__linux__)
#include <linux/mman.h>  // MADV_COLLAPSE, which glibc 2.36 does not know
#endif

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace poise::inline base {

std::shared_ptr<void> allocate_unwritten(std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + kLine - 1) / kLine * kLine;
  void* const memory = rounded >= bytes ? std::aligned_alloc(kLine, rounded) : nullptr;
  if (memory == nullptr) throw std::bad_alloc();
  return {memory, [](void* p) { std::free(p); }};
}

void ask_for_large_pages([[maybe_unused]] const void* begin, [[maybe_unused]] std::size_t bytes) {
#if defined(MADV_COLLAPSE)
  constexpr std::size_t kPage = std::size_t{1} << 21;
  if (bytes < 2 * kPage) return;
  const std::size_t gap = -reinterpret_cast<std::uintptr_t>(begin) % kPage;
  char* const first = static_cast<char*>(const_cast<void*>(begin)) + gap;
  const std::size_t whole = (bytes - gap) / kPage * kPage;
  ::madvise(first, whole, MADV_COLLAPSE);  // a refusal changes nothing
#endif
}

}  // namespace poise::inline base
