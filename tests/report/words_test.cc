#include "report/words.h"

#include <gtest/gtest.h>

#include <cmath>

#include "report/facts/interval.h"

namespace poise::report {
namespace {

TEST(ReportWords, NumbersHaveTheDigitsWanted) {
  EXPECT_EQ(number(0.136683), "0.1367");
  EXPECT_EQ(number(12.3456), "12.35");
  EXPECT_EQ(number(-2), "−2.000");
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(brief(15), "15");
  EXPECT_EQ(brief(-0.001), "−0.001");
  EXPECT_EQ(fixed(0.99996, 4), "1.0000");
  EXPECT_EQ(number(2.99e-11, 2), "3.0·10⁻¹¹");
  EXPECT_EQ(number(1.5e7), "1.50·10⁷");
  EXPECT_EQ(number(std::nan("")), "–");
  EXPECT_EQ(number(-INFINITY), "−∞");
}

TEST(ReportWords, SharesCountsAndTimes) {
  EXPECT_EQ(percent(0.96222), "96.22\u00a0%");
  EXPECT_EQ(count(1234567), "1,234,567");
  EXPECT_EQ(count(999), "999");
  EXPECT_EQ(count(-1000), "−1,000");
  EXPECT_EQ(count(2.5), "2.500");
  EXPECT_EQ(count(49 * (7.0 / 49) * (1 + 4e-16)), "7");
  EXPECT_EQ(time(0.0123), "12 ms");
  EXPECT_EQ(time(12.34), "12.3 s");
  EXPECT_EQ(time(250), "4 min 10 s");
  EXPECT_EQ(time(7500), "2 h 5 min");
}

TEST(ReportWords, TextOfDataIsEscaped) {
  EXPECT_EQ(escaped("<script>alert(\"1\" & '2')</script>"),
            "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
  EXPECT_EQ(escaped("a\nb\tc"), "a b c");
  EXPECT_EQ(escaped("λ → naïve 日本"), "λ → naïve 日本");
}

TEST(ReportWords, WhatIsNoTextBecomesTheReplacement) {
  EXPECT_EQ(escaped(std::string_view("a\0b", 3)), "a\uFFFDb");
  EXPECT_EQ(escaped("\x1b[31m"), "\uFFFD[31m");
  EXPECT_EQ(escaped("\xff"), "\uFFFD");
  EXPECT_EQ(escaped("\xc0\xbc"), "\uFFFD\uFFFD");            // < in two bytes
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");  // half of a pair
  EXPECT_EQ(escaped("\xe2\x82"), "\uFFFD\uFFFD");            // cut off
}

TEST(ReportWords, MarkdownSeesNoMarkup) {
  EXPECT_EQ(in_markdown("a|b *c* <b> `d` [e](f)\n# g"), "a\\|b \\*c\\* &lt;b&gt; \\`d\\` \\[e\\](f) \\# g");
}

TEST(ReportWords, LongTextIsShortened) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abcde…");
}

// R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I,
// method 3.
TEST(WilsonInterval, HasThePublishedValues) {
  const struct {
    double right, rows, low, high;
  } published[] = {{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}};
  for (const auto& [right, rows, low, high] : published) {
    const Bounds bounds = wilson_interval(right / rows, rows);
    EXPECT_NEAR(bounds.low, low, 5e-5) << right << " of " << rows;
    EXPECT_NEAR(bounds.high, high, 5e-5) << right << " of " << rows;
  }
}

TEST(WilsonInterval, IsSymmetricAndKnowsNothingOfNoRows) {
  const Bounds few = wilson_interval(0.1, 50), many = wilson_interval(0.9, 50), none = wilson_interval(0.5, 0);
  EXPECT_NEAR(few.low, 1 - many.high, 1e-15);
  EXPECT_NEAR(few.high, 1 - many.low, 1e-15);
  EXPECT_EQ(none.low, 0);
  EXPECT_EQ(none.high, 1);
}

}  // namespace
}  // namespace poise::report
