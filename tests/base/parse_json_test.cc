#include "base/parse_json.h"

#include <gtest/gtest.h>

namespace poise {
namespace {

TEST(ParseJson, SaysWhyNot) {
  JsonFault fault;
  EXPECT_EQ(parse_json(R"({"a": [1, {"b": 2}]})", &fault)["a"][1]["b"], 2);
  EXPECT_EQ(fault.byte, 0u);
  EXPECT_TRUE(parse_json("[1, 2", &fault).is_discarded());
  EXPECT_EQ(fault.byte, 6u);  // one after the last
  EXPECT_TRUE(parse_json("[1e999]", &fault).is_discarded());
  EXPECT_TRUE(parse_json(std::string(100, '[') + std::string(100, ']'), &fault).is_discarded());
  EXPECT_FALSE(parse_json(std::string(60, '[') + std::string(60, ']'), &fault).is_discarded());
}

// Two values of one member: whichever a reader takes, another takes the other.
TEST(ParseJson, AMemberStandsOnce) {
  JsonFault fault;
  for (const char* text :
       {R"({"a": 1, "b": 2, "a": 1})", R"([{}, {"c": {"a": 1, "a": {}}}])", R"({"a": 1, "\u0061": 2})"}) {
    EXPECT_TRUE(parse_json(text, &fault).is_discarded()) << text;
    EXPECT_TRUE(fault.has_repeated) << text;
    EXPECT_EQ(fault.repeated, "a") << text;
  }
  for (const char* text : {R"({"a": {"a": 1}, "b": {"a": 2}})", R"([{"a": 1}, {"a": 2}])", R"({"a": 1, "A": 2})"}) {
    EXPECT_FALSE(parse_json(text, &fault).is_discarded()) << text;
    EXPECT_FALSE(fault.has_repeated) << text;
  }
  EXPECT_NE(repeated_member(R"({"": 1, "": 2})"), "");
  EXPECT_EQ(repeated_member("no JSON"), "");
}

}  // namespace
}  // namespace poise
