#include "base/large_pages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace poise {
namespace {

TEST(LargePages, CanBeWrittenFromEndToEnd) {
  for (const std::size_t bytes : {0U, 1U, 64U, 65U, 100000U, (4U << 20) - 1, (4U << 20) + 1, 9U << 20}) {
    const std::shared_ptr<void> memory = allocate_large(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.get()) % 64, 0U) << bytes;
    std::memset(memory.get(), 1, bytes);  // the address sanitizer watches
  }
  EXPECT_THROW(allocate_large(~std::size_t{0}), std::bad_alloc);
  EXPECT_THROW(allocate_large(~std::size_t{0} - (1 << 22)), std::bad_alloc);
}

TEST(LargePool, DealsTheSameMemoryOnce) {
  const auto pool = std::make_shared<LargePool>();
  std::vector<std::vector<PoolArray>> arrays(3);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < arrays.size(); ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t k = 0; k < 60; ++k) {
        PoolArray& array = arrays[t].emplace_back(pool);
        const std::size_t half = 40000 + 1000 * k, mark = 100 * t + k;
        array.reserve(half, 0);
        std::memset(array.data<char>(), static_cast<int>(mark), half);
        array.reserve(2 * half, half);  // the first half moves
        std::memset(array.data<char>() + half, static_cast<int>(mark), half / 2);
        array.trim(half + half / 2);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t t = 0; t < arrays.size(); ++t) {
    for (std::size_t k = 0; k < arrays[t].size(); ++k) {
      const std::size_t size = (40000 + 1000 * k) + (40000 + 1000 * k) / 2;
      const std::vector<char> want(size, static_cast<char>(100 * t + k));
      ASSERT_EQ(std::memcmp(arrays[t][k].data<char>(), want.data(), size), 0) << t << ' ' << k;
    }
  }
}

TEST(LargePool, TakesAgainWhatIsGivenBack) {
  LargePool pool;
  void* const first = pool.take(1 << 20);
  EXPECT_TRUE(pool.trim(first, 1 << 20, 1000));
  void* const second = pool.take(5000);
  EXPECT_EQ(static_cast<char*>(second) - static_cast<char*>(first), 1024);  // 1000 to the next line of the cache
  EXPECT_FALSE(pool.trim(first, 1 << 20, 10)) << "the second is behind it";
}

}  // namespace
}  // namespace poise
