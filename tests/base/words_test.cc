#include "base/words.h"

#include <gtest/gtest.h>

namespace poise {
namespace {

TEST(Words, OneThingIsNotSeveral) {
  EXPECT_EQ(counted(1, "feature"), "1 feature");
  EXPECT_EQ(counted(0, "feature"), "0 features");
  EXPECT_EQ(counted(2, "feature"), "2 features");
  EXPECT_EQ(counted(1, "class", "classes"), "1 class");
  EXPECT_EQ(counted(3, "class", "classes"), "3 classes");
}

TEST(Words, CharactersAreNotBytes) {
  EXPECT_EQ(width_of("gap ≤ 1"), 7u);
  EXPECT_EQ(first_characters("gap ≤ 1", 5), "gap ≤");
  EXPECT_EQ(first_characters("gap ≤ 1", 4), "gap ");
  EXPECT_EQ(first_characters("gap", 7), "gap");
  EXPECT_EQ(first_characters("gap", 0), "");
}

}  // namespace
}  // namespace poise
