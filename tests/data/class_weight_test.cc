// Weights of classes, from text and back.
#include "poise/class_weight.h"

#include <gtest/gtest.h>

#include "poise/error.h"

namespace poise {
namespace {

Schema classes(std::vector<std::string> names) {
  Schema schema;
  schema.classes = std::move(names);
  return schema;
}

void expect(const std::string& text, const std::vector<ClassWeight>& expected) {
  const std::vector<ClassWeight> found = parse_class_weights(text);
  ASSERT_EQ(found.size(), expected.size()) << text;
  for (std::size_t k = 0; k < found.size(); ++k) {
    EXPECT_EQ(found[k].name, expected[k].name) << text;
    EXPECT_EQ(found[k].factor, expected[k].factor) << text;
  }
}

TEST(ClassWeights, AreRead) {
  expect("a=2", {{"a", 2}});
  expect("a=2,b=0.5", {{"a", 2}, {"b", 0.5}});
  expect(" a = 2 , long name=1e3", {{"a", 2}, {"long name", 1e3}});
  expect("\"a, b\"=2,c=1", {{"a, b", 2}, {"c", 1}});
  expect("\"x=y\" = 3", {{"x=y", 3}});
  expect("\"say \"\"no\"\"\"=1", {{"say \"no\"", 1}});
  expect("\" blank \"=1", {{" blank ", 1}});
}

TEST(ClassWeights, AreRefused) {
  for (const char* text : {"", "a", "a=", "a=b", "a=0", "a=-1", "a=inf", "a=nan", "a=1,", "\"a=1", "\"a\"b=1", "a=1 2"})
    EXPECT_THROW(parse_class_weights(text), Error) << text;
}

TEST(ClassWeights, ReadBackAsTheSame) {
  const std::vector<ClassWeight> weights{{"a", 2},          {"a, b", 0.1},  {"x=y", 1e-300}, {" blank ", 3},
                                         {"say \"no\"", 7}, {"<=50K", 0.3}, {"größe", 1}};
  expect(to_text(weights), weights);
  EXPECT_EQ(to_text({{"a", 2}, {"b", 0.5}}), "a=2,b=0.5");
}

TEST(ClassWeights, BelongToClasses) {
  const Schema schema = classes({"a", "b", "c"});
  EXPECT_EQ(class_factors({{"c", 2}, {"a", 3}}, schema), (std::vector<double>{3, 1, 2}));
  EXPECT_THROW(class_factors({{"d", 2}}, schema), Error);
  EXPECT_THROW(class_factors({{"a", 2}, {"a", 2}}, schema), Error);
}

}  // namespace
}  // namespace poise
