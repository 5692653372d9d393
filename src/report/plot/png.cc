#include "report/plot/png.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace poise::report {
namespace {

std::string big_endian(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto sum =
      static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(sum);
}

std::string deflated(const std::string& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(size, '\0');
  compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
            static_cast<uLong>(bytes.size()), Z_BEST_COMPRESSION);
  out.resize(size);
  return out;
}

using Color = std::array<double, 3>;

/// Blue, near-white, orange.
std::vector<std::uint8_t> diverging_palette() {
  constexpr Color kBlue{8, 69, 148}, kMiddle{247, 247, 244}, kOrange{179, 71, 0};
  std::vector<std::uint8_t> palette;
  for (int k = 0; k < 256; ++k) {
    const double side = (k - 128) / 127.0, size = std::min(1.0, std::abs(side));
    const Color& end = side < 0 ? kBlue : kOrange;
    for (std::size_t c = 0; c < 3; ++c)
      palette.push_back(static_cast<std::uint8_t>(std::lround(kMiddle[c] + size * (end[c] - kMiddle[c]))));
  }
  return palette;
}

}  // namespace

std::string png_of(std::span<const std::uint8_t> pixels, Index rows, Index columns,
                   std::span<const std::uint8_t> palette) {
  constexpr char kForm[] = {8, 3, 0, 0, 0};  // 8 bits of a palette, deflate, plain filters, not interlaced
  std::string lines;
  for (Index r = 0; r < rows; ++r) {
    lines += '\0';  // no filter
    lines.append(reinterpret_cast<const char*>(pixels.data()) + r * columns, static_cast<std::size_t>(columns));
  }
  const std::string colors(reinterpret_cast<const char*>(palette.data()), palette.size());
  const std::string head = big_endian(static_cast<std::uint32_t>(columns)) +
                           big_endian(static_cast<std::uint32_t>(rows)) + std::string(kForm, sizeof kForm);
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", head) + chunk("PLTE", colors) + chunk("IDAT", deflated(lines)) +
         chunk("IEND", "");
}

std::string data_url(const std::string& png) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = "data:image/png;base64,";
  for (std::size_t k = 0; k < png.size(); k += 3) {
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 3; ++j)
      three = three << 8 | (k + j < png.size() ? static_cast<unsigned char>(png[k + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) text += k + j <= png.size() ? kDigits[three >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::string weights_url(std::span<const float> weights, Index rows, Index columns) {
  static const std::vector<std::uint8_t> palette = diverging_palette();
  float largest = 0;
  for (const float weight : weights) largest = std::max(largest, std::abs(weight));
  std::vector<std::uint8_t> pixels;
  for (const float weight : weights)
    pixels.push_back(static_cast<std::uint8_t>(std::lround(128 + (largest > 0 ? 127 * weight / largest : 0))));
  return data_url(png_of(pixels, rows, columns, palette));
}

std::string ink_url(std::span<const std::uint8_t> pixels, Index rows, Index columns) {
  std::vector<std::uint8_t> palette;
  for (int k = 0; k < 256; ++k) palette.insert(palette.end(), 3, static_cast<std::uint8_t>(255 - k));
  return data_url(png_of(pixels, rows, columns, palette));
}

}  // namespace poise::report
