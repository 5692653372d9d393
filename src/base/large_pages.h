// Memory for large arrays, in large pages where the system has them.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace poise {

/// `bytes` of memory that nobody has written yet, aligned to a cache line at least. From a few MiB on the system is
/// asked for pages of 2 MiB: touching 143 MB first takes 70 faults then instead of 35,000. std::bad_alloc where there
/// is no memory.
std::shared_ptr<void> allocate_large(std::size_t bytes);

/// Asks for such pages where [begin, begin + bytes) has room for them and has not been touched.
void ask_for_large_pages(void* begin, std::size_t bytes);

/// Many arrays side by side in such memory, all freed with the pool. For threads to share.
class LargePool {
 public:
  /// Aligned to a cache line.
  void* take(std::size_t bytes);
  /// Only `used` of the bytes taken at `p` are needed: the others are taken again if nothing is behind them. Whether.
  bool trim(void* p, std::size_t taken, std::size_t used);

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<void>> blocks_;
  char *free_ = nullptr, *stop_ = nullptr;  // of the last block
  std::size_t total_ = 0;
};

/// An array of plain numbers, of one type after the other, that may be in a pool; the heap has it if it is small or
/// there is no pool.
class PoolArray {
 public:
  PoolArray() = default;
  explicit PoolArray(std::shared_ptr<LargePool> pool) : pool_(std::move(pool)) {}
  PoolArray(PoolArray&& other) noexcept { *this = std::move(other); }
  PoolArray& operator=(PoolArray&& other) noexcept {
    pool_ = std::move(other.pool_);
    own_ = std::move(other.own_);
    data_ = std::exchange(other.data_, nullptr);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  template <typename T>
  T* data() const {
    return static_cast<T*>(data_);
  }
  std::size_t capacity() const { return capacity_; }  ///< bytes
  const std::shared_ptr<LargePool>& pool() const { return pool_; }

  /// At least `capacity` bytes, of which the first `used` are as before.
  void reserve(std::size_t capacity, std::size_t used);
  /// No more than `used` bytes from now on.
  void trim(std::size_t used);

 private:
  std::shared_ptr<LargePool> pool_;
  std::shared_ptr<void> own_;  // null if the memory is the pool's
  void* data_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace poise
