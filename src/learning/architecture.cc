#include "learning/architecture.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/fields.h"
#include "learning/input.h"
#include "network/convolution.h"
#include "poise/error.h"

namespace poise::learning {
namespace {

constexpr const char* kWords = "conv:KERNELSxSIDE, pool:SIDE, dense:UNITS or dropout:SHARE";

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// The whole text as a number; empty if it is none.
template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  return fault == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// "16x3": whole numbers from 1; empty if it is none such.
std::vector<Index> sizes(std::string_view text) {
  std::vector<Index> found;
  for (const std::string_view part : split(text, 'x')) {
    const std::optional<Index> value = number<Index>(part);
    if (!value || *value < 1) return {};
    found.push_back(*value);
  }
  return found;
}

/// Reads the words of `layers`, one after the other.
class Reader {
 public:
  void read(std::string_view word) {
    word_ = word;
    const std::vector<std::string_view> parts = split(word, ':');
    const bool plain = parts.size() == 1;
    const std::string_view kind = plain ? "dense" : parts[0], what = plain ? parts[0] : parts[1];
    expect(parts.size() <= 2 || (kind == "conv" && parts.size() == 3), kWords);
    if (kind == "conv") return add_convolution(what, parts.size() == 3 ? parts[2] : "same");
    if (kind == "dense") return add_dense(what);
    if (kind == "pool") return add_pool(what);
    expect(kind == "dropout", kWords);
    add_dropout(what);
  }

  std::vector<HiddenLayer> layers;

 private:
  void expect(bool holds, const std::string& expected, const std::string& hint = {}) const {
    require(holds, fmt::format("'{}' in the layers", word_), expected, hint);
  }

  void add_convolution(std::string_view what, std::string_view border) {
    const std::vector<Index> found = sizes(what);
    expect(found.size() == 2 && (border == "same" || border == "valid"),
           "conv:KERNELSxSIDE, as conv:16x3; without zeros around the image conv:16x3:valid");
    expect(found[1] % 2 == 1 || border == "valid", "kernels of an odd side, or :valid behind it",
           "with an even side as many zeros cannot stand on both sides of the image");
    layers.push_back({.kernels = found[0], .side = found[1], .padded = border == "same"});
  }

  void add_dense(std::string_view what) {
    const std::vector<Index> found = sizes(what);
    expect(found.size() == 1, kWords);
    layers.push_back({.units = found[0]});
  }

  void add_pool(std::string_view what) {
    const std::vector<Index> found = sizes(what);
    expect(found.size() == 1 && found[0] <= kMostPool, fmt::format("a side from 1 to {}, as pool:2", kMostPool));
    const bool fits = !layers.empty() && layers.back().is_convolution() && layers.back().pool == 1;
    expect(fits && layers.back().dropout == 0, "it right behind a convolution");
    layers.back().pool = found[0];
  }

  void add_dropout(std::string_view what) {
    const std::optional<double> share = number<double>(what);
    expect(share && kShare.allows(*share), "a share in [0, 1), as dropout:0.25");
    expect(!layers.empty() && layers.back().dropout == 0, "one behind each layer, whose states it drops");
    layers.back().dropout = *share;
  }

  std::string_view word_;
};

/// The image that a row of `data` is.
ImageShape image_of(const NetworkOptions& options, const Dataset& data) {
  const Index features = data.schema.feature_count();
  const std::vector<Index>& known = data.schema.image_shape;
  ImageShape image;
  if (!options.image.empty()) {
    const std::vector<Index> asked = sizes(options.image);
    require(asked.size() == 2 || asked.size() == 3, fmt::format("image is '{}'", options.image),
            "ROWSxCOLUMNS or ROWSxCOLUMNSxCHANNELS, as 28x28 or 32x32x3");
    image = {asked[0], asked[1], asked.size() == 3 ? asked[2] : 1};
  } else if (known.size() == 2) {
    image = {known[0], known[1], 1};
  } else {
    throw Error(ErrorKind::kUsage, fmt::format("a convolution over rows of {} features", features),
                "the shape of the image that they are", "--image 28x28, or 32x32x3 with channels");
  }
  if (image.size() != features) {
    throw Error(
        ErrorKind::kUsage,
        fmt::format("images of {}x{}x{} in rows of {} features", image.rows, image.columns, image.channels, features),
        "as many features as pixels times channels", "--image gives the shape", {data.name});
  }
  if (data.schema.has_indicators())
    throw Error(ErrorKind::kData, "categories or missing values where pixels are expected", "numbers alone", {},
                {data.name});
  return image;
}

Convolution convolution_of(const HiddenLayer& layer, const ImageShape& image, std::size_t number) {
  const Convolution found{image, layer.kernels, layer.side, layer.padded ? layer.side / 2 : 0, layer.pool};
  const std::string fault = convolution_fault(found);
  require(fault.empty(), fmt::format("{} in layer {}", fault, number), "layers that fit the image they are given");
  return found;
}

}  // namespace

std::vector<HiddenLayer> hidden_layers(const NetworkOptions& options) {
  if (options.layers.empty()) {
    std::vector<HiddenLayer> layers;
    for (const Index units : options.hidden) layers.push_back({.units = units, .dropout = options.dropout});
    return layers;
  }
  require(options.hidden.empty(), "both hidden and layers", "one of the two", "--layers 'dense:128' is --hidden 128");
  Reader reader;
  for (const std::string_view word : split(options.layers, ',')) reader.read(word);
  for (HiddenLayer& layer : reader.layers) {
    require(options.dropout == 0 || layer.dropout == 0, "dropout of all hidden layers and of one", "one of the two");
    if (options.dropout > 0) layer.dropout = options.dropout;
  }
  const auto dense = std::ranges::find_if(reader.layers, [](const HiddenLayer& l) { return !l.is_convolution(); });
  require(std::none_of(dense, reader.layers.end(), [](const HiddenLayer& l) { return l.is_convolution(); }),
          "a convolution behind a dense layer, whose units are no image", "convolutions first");
  return reader.layers;
}

bool takes_images(const NetworkOptions& options) {
  const std::vector<HiddenLayer> layers = hidden_layers(options);
  return !layers.empty() && layers.front().is_convolution();
}

ParameterLayout layout_of(const NetworkOptions& options, const Dataset& data) {
  std::vector<Index> widths{data.features.cols()};
  std::vector<std::optional<Convolution>> convolutions;
  const std::vector<HiddenLayer> layers = hidden_layers(options);
  ImageShape image;
  if (takes_images(options)) {
    image = image_of(options, data);
  } else {
    require(options.image.empty(), "the shape of an image", "a convolution among the layers, which it is for");
  }
  for (const HiddenLayer& layer : layers) {
    convolutions.emplace_back();
    if (layer.is_convolution()) {
      convolutions.back() = convolution_of(layer, image, convolutions.size());
      image = convolutions.back()->output();
    }
    widths.push_back(layer.is_convolution() ? image.size() : layer.units);
  }
  widths.push_back(output_count(data, options));
  convolutions.emplace_back();
  return ParameterLayout(std::move(widths), std::move(convolutions));
}

}  // namespace poise::learning
