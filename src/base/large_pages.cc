#include "base/large_pages.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace poise {

std::shared_ptr<void> allocate_large(std::size_t bytes) {
  constexpr std::size_t kLine = 64, kPage = std::size_t{1} << 21;
  const bool large = bytes >= 2 * kPage;
  const std::size_t unit = large ? kPage : kLine, rounded = (bytes / unit + 1) * unit;
  void* const memory = rounded > bytes ? std::aligned_alloc(unit, rounded) : nullptr;
  if (memory == nullptr) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
  if (large) ::madvise(memory, rounded, MADV_HUGEPAGE);  // advice: a refusal changes nothing
#endif
  return {memory, [](void* p) { std::free(p); }};
}

}  // namespace poise
