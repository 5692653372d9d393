#include "base/large_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace poise {
namespace {

constexpr std::size_t kLine = 64, kPage = std::size_t{1} << 21;

std::size_t round_up(std::size_t bytes, std::size_t unit) { return (bytes / unit + (bytes % unit > 0)) * unit; }

}  // namespace

void ask_for_large_pages([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t bytes) {
#if defined(MADV_HUGEPAGE)
  if (bytes < 2 * kPage) return;
  const std::size_t gap = -reinterpret_cast<std::uintptr_t>(begin) % kPage;
  ::madvise(static_cast<char*>(begin) + gap, (bytes - gap) / kPage * kPage,
            MADV_HUGEPAGE);  // a refusal changes nothing
#endif
}

std::shared_ptr<void> allocate_large(std::size_t bytes) {
  const bool large = bytes >= 2 * kPage;
  const std::size_t unit = large ? kPage : kLine, rounded = round_up(std::max(bytes, unit), unit);
  void* const memory = rounded >= bytes ? std::aligned_alloc(unit, rounded) : nullptr;
  if (memory == nullptr) throw std::bad_alloc();
  ask_for_large_pages(memory, rounded);
  return {memory, [](void* p) { std::free(p); }};
}

void* LargePool::take(std::size_t bytes) {
  const std::size_t rounded = round_up(bytes, kLine);
  if (rounded < bytes) throw std::bad_alloc();
  const std::lock_guard lock(mutex_);
  if (static_cast<std::size_t>(stop_ - free_) < rounded) {
    const std::size_t size = std::max(rounded, std::min(total_, 16 * kPage));  // blocks double up to 32 MiB
    blocks_.push_back(allocate_large(size));
    free_ = static_cast<char*>(blocks_.back().get());
    stop_ = free_ + size;
    total_ += size;
  }
  return std::exchange(free_, free_ + rounded);
}

bool LargePool::trim(void* p, std::size_t taken, std::size_t used) {
  const std::lock_guard lock(mutex_);
  char* const begin = static_cast<char*>(p);
  if (begin + round_up(taken, kLine) != free_) return false;
  free_ = begin + round_up(used, kLine);
  return true;
}

void PoolArray::reserve(std::size_t capacity, std::size_t used) {
  if (capacity <= capacity_) return;
  constexpr std::size_t kSmall = 1 << 16;
  std::shared_ptr<void> own;
  void* grown = nullptr;
  if (pool_ == nullptr || capacity < kSmall) {
    own = allocate_large(capacity);
    grown = own.get();
  } else {
    grown = pool_->take(capacity);
  }
  if (used > 0) std::memcpy(grown, data_, used);
  own_ = std::move(own);
  data_ = grown;
  capacity_ = capacity;
}

void PoolArray::trim(std::size_t used) {
  if (pool_ != nullptr && own_ == nullptr && data_ != nullptr && pool_->trim(data_, capacity_, used)) capacity_ = used;
}

}  // namespace poise
