#include "base/pages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace poise {
namespace {

TEST(Pages, CanBeWrittenFromEndToEnd) {
  for (const std::size_t bytes : {0U, 1U, 64U, 65U, 100000U, (4U << 20) - 1, (4U << 20) + 1, 9U << 20}) {
    const std::shared_ptr<void> memory = allocate_unwritten(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.get()) % 64, 0U) << bytes;
    std::memset(memory.get(), 1, bytes);  // the address sanitizer watches
  }
  EXPECT_THROW(allocate_unwritten(~std::size_t{0}), std::bad_alloc);
  EXPECT_THROW(allocate_unwritten(~std::size_t{0} / 2), std::bad_alloc);
}

TEST(Pages, KeepTheirContentsWhenTheyBecomeLarge) {
  for (const std::size_t bytes : {0U, 1000U, 5U << 20, 9U << 20}) {
    std::vector<std::uint8_t> values(bytes);
    for (std::size_t k = 0; k < bytes; ++k) values[k] = static_cast<std::uint8_t>(k * 7 + k / 251);
    ask_for_large_pages(values.data(), values.size());
    for (std::size_t k = 0; k < bytes; ++k) ASSERT_EQ(values[k], static_cast<std::uint8_t>(k * 7 + k / 251)) << k;
  }
}

}  // namespace
}  // namespace poise
