// Small pictures in the page itself.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/index.h"

namespace poise::report {

/// A PNG of rows × columns pixels, with 256 colors of which pixel k has number pixels[k]; `palette` has three bytes a
/// color.
std::string png_of(std::span<const std::uint8_t> pixels, Index rows, Index columns,
                   std::span<const std::uint8_t> palette);

/// "data:image/png;base64,…"
std::string data_url(const std::string& png);

/// Numbers as a picture: 0 is the middle of the palette, and the one of largest size an end. The palette goes from blue
/// over near-white to orange, and darkens to both sides.
std::string weights_url(std::span<const float> weights, Index rows, Index columns);
/// Bytes as ink on paper: 0 white, 255 black.
std::string ink_url(std::span<const std::uint8_t> pixels, Index rows, Index columns);

}  // namespace poise::report
