#include "network/metadata.h"

#include <gtest/gtest.h>

#include "poise/error.h"

namespace poise {
namespace {

Field share(const char* name) { return Group{}(name, "").within(kShare); }

TEST(Metadata, NumbersReadBack) {
  const Metadata metadata{{"l2", "1e-07"}, {"batch", "32"}, {"balanced_classes", "true"}};
  EXPECT_EQ(recorded_number(metadata, share("l2")), 1e-7);
  EXPECT_EQ(recorded_number(metadata, Group{}("batch", "").within(at_least(1))), 32);
  EXPECT_EQ(recorded_number(metadata, share("momentum")), std::nullopt);
  EXPECT_TRUE(recorded_flag(metadata, "balanced_classes"));
  EXPECT_FALSE(recorded_flag(metadata, "l2"));
  EXPECT_FALSE(recorded_flag(metadata, "momentum"));
}

TEST(Metadata, WhatIsNoNumberOrOutOfRangeIsRefused) {
  for (const char* text : {"", "nan", "inf", "1e400", "-1", "1.5", "0.5x", "x", "0,5"}) {
    try {
      recorded_number({{"momentum", text}}, share("momentum"));
      FAIL() << "'" << text << "' was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_NE(std::string(error.what()).find("'momentum'"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace poise
