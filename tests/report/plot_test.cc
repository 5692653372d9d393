// Drawing: ticks, thinning, pictures and charts, against what they have to be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <regex>

#include "report/plot/png.h"
#include "report/plot/svg.h"
#include "report/plot/thinning.h"
#include "report/plot/ticks.h"

namespace poise::report {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Ticks, AreMultiplesOfOneTwoOrFive) {
  EXPECT_THAT(linear_ticks(0, 1, 6).labels, ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1.0"));
  EXPECT_THAT(linear_ticks(3, 97, 6).labels, ElementsAre("20", "40", "60", "80"));
  EXPECT_THAT(linear_ticks(-0.3, 0.3, 8).labels, ElementsAre("−0.3", "−0.2", "−0.1", "0", "0.1", "0.2", "0.3"));
  EXPECT_THAT(linear_ticks(0, 60000, 4).labels, ElementsAre("0", "20,000", "40,000", "60,000"));
}

TEST(Ticks, AreWithinTheRangeAndNoMoreThanWanted) {
  for (const double low : {-7.3, 0.0, 0.97, 1234.5}) {
    for (const double width : {1e-7, 0.013, 0.5, 3.0, 1e9}) {
      for (const int most : {2, 5, 9}) {
        const Ticks ticks = linear_ticks(low, low + width, most);
        EXPECT_LE(std::ssize(ticks.at), most) << low << ' ' << width;
        EXPECT_EQ(ticks.at.size(), ticks.labels.size());
        for (const double at : ticks.at) {
          EXPECT_GE(at, low - 1e-6 * width);
          EXPECT_LE(at, low + width * (1 + 1e-6));
        }
      }
    }
  }
}

TEST(Ticks, OfOneValueAreThatValue) { EXPECT_THAT(linear_ticks(5, 5, 6).at, ElementsAre(5)); }

TEST(Ticks, OfLogarithmsArePowersOfTen) {
  EXPECT_THAT(log_ticks(0.5, 2e3, 6).labels, ElementsAre("1", "10", "100", "1,000"));
  EXPECT_THAT(log_ticks(1e-10, 1, 6).labels, ElementsAre("10⁻¹⁰", "10⁻⁸", "10⁻⁶", "0.0001", "0.01", "1"));
  EXPECT_THAT(log_ticks(0.9, 6, 6).labels, ElementsAre("1", "2", "5"));
  EXPECT_THAT(log_ticks(0.075, 0.17, 6).labels, ElementsAre("0.08", "0.10", "0.12", "0.14", "0.16"));
}

TEST(Thinning, KeepsEndsAndWhatSticksOut) {
  std::vector<double> curve(10000);
  for (std::size_t k = 0; k < curve.size(); ++k) curve[k] = std::sin(static_cast<double>(k) / 1000);
  curve[4321] = 9, curve[7777] = -9, curve[5000] = std::nan("");
  const std::vector<std::size_t> kept = thinned({{curve}}, 300);
  EXPECT_LE(kept.size(), 300U);
  EXPECT_GE(kept.size(), 200U);
  EXPECT_EQ(kept.front(), 0U);
  EXPECT_EQ(kept.back(), curve.size() - 1);
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
  EXPECT_THAT(kept, testing::IsSupersetOf({std::size_t{4321}, std::size_t{7777}}));
}

TEST(Thinning, OfSeveralCurvesKeepsTheExtremesOfEach) {
  std::vector<std::vector<double>> curves(4, std::vector<double>(5000, 0.0));
  for (std::size_t c = 0; c < 4; ++c) curves[c][1000 * c + 17] = 1;
  const std::vector<std::size_t> kept = thinned(curves, 300);
  EXPECT_LE(kept.size(), 300U);
  EXPECT_THAT(kept, testing::IsSupersetOf({std::size_t{17}, std::size_t{1017}, std::size_t{2017}, std::size_t{3017}}));
}

TEST(Thinning, LeavesShortCurvesAlone) {
  EXPECT_THAT(thinned({{std::vector<double>{1, 2, 3}}}, 300), ElementsAre(0, 1, 2));
  EXPECT_THAT(thinned({}, 300), IsEmpty());
}

/// What a reader of PNG does: every chunk's check sum, then the pixels.
struct Png {
  std::string head, palette, lines;
};

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t k = 0; k < 4; ++k) value = value << 8 | static_cast<unsigned char>(bytes[at + k]);
  return value;
}

Png read_png(const std::string& file) {
  Png png;
  EXPECT_EQ(file.substr(0, 8), "\x89PNG\r\n\x1a\n");
  for (std::size_t at = 8; at < file.size();) {
    const std::size_t size = big_endian(file, at);
    const std::string body = file.substr(at + 4, size + 4), type = body.substr(0, 4);
    EXPECT_EQ(big_endian(file, at + 8 + size),
              crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())))
        << type;
    if (type == "IHDR") png.head = body.substr(4);
    if (type == "PLTE") png.palette = body.substr(4);
    if (type == "IDAT") {
      png.lines.resize(1 << 16);
      uLongf length = png.lines.size();
      EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(png.lines.data()), &length,
                           reinterpret_cast<const Bytef*>(body.data() + 4), static_cast<uLong>(size)),
                Z_OK);
      png.lines.resize(length);
    }
    at += size + 12;
  }
  return png;
}

TEST(Png, HoldsThePixels) {
  const std::vector<std::uint8_t> pixels{0, 1, 2, 3, 4, 255};
  std::vector<std::uint8_t> palette(768, 7);
  const Png png = read_png(png_of(pixels, 2, 3, palette));
  EXPECT_EQ(big_endian(png.head, 0), 3U);  // width
  EXPECT_EQ(big_endian(png.head, 4), 2U);
  EXPECT_EQ(png.palette.size(), 768U);
  EXPECT_EQ(png.lines, std::string("\0\0\1\2\0\3\4\xff", 8));
}

TEST(Png, AsAnAddressIsBase64) {  // RFC 4648, section 10
  EXPECT_EQ(data_url(""), "data:image/png;base64,");
  EXPECT_EQ(data_url("f"), "data:image/png;base64,Zg==");
  EXPECT_EQ(data_url("fo"), "data:image/png;base64,Zm8=");
  EXPECT_EQ(data_url("foobar"), "data:image/png;base64,Zm9vYmFy");
}

Chart sample() {
  return {.title = "Loss <of> it",
          .caption = "",
          .x = {.name = "epoch"},
          .y = {.name = "nats"},
          .series = {{.name = "train", .points = {{.x = 0, .y = 2}, {.x = 10, .y = 1}}}},
          .guides = {}};
}

TEST(Svg, HasATitleAndWhatItShowsInWords) {
  const std::string svg = svg_of(sample(), "a");
  EXPECT_THAT(svg, HasSubstr("role=\"img\" aria-labelledby=\"a-t a-d\""));
  EXPECT_THAT(svg, HasSubstr("<title id=\"a-t\">Loss &lt;of&gt; it</title>"));
  EXPECT_THAT(svg, HasSubstr("train: from 2 at 0 to 1 at 10, between 1 and 2"));
}

TEST(Svg, DrawsALineWithinTheAxes) {
  std::smatch found;
  const std::string svg = svg_of(sample(), "a");
  ASSERT_TRUE(
      std::regex_search(svg, found, std::regex("class=\"s s0\" d=\"M([0-9.]+) ([0-9.]+)L([0-9.]+) ([0-9.]+)\"")));
  EXPECT_LT(std::stod(found[1]), std::stod(found[3]));  // to the right
  EXPECT_LT(std::stod(found[2]), std::stod(found[4]));  // y points down on a screen, and the loss falls
}

TEST(Svg, PassesOverWhatHasNoPlace) {
  Chart chart = sample();
  chart.y.log = true;
  chart.series[0].points = {
      {.x = 1, .y = 0}, {.x = 2, .y = 1}, {.x = 3, .y = std::nan("")}, {.x = 4, .y = INFINITY}, {.x = 5, .y = 100}};
  const std::string svg = svg_of(chart, "a");
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf,")));
  const std::regex circle("<circle");
  EXPECT_EQ(std::distance(std::sregex_iterator(svg.begin(), svg.end(), circle), {}), 2);
  chart.series[0].points = {{.x = 1, .y = -1}};
  EXPECT_EQ(svg_of(chart, "a"), "");
}

}  // namespace
}  // namespace poise::report
