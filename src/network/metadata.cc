#include "network/metadata.h"

#include <fmt/core.h>

#include <cstdlib>

#include "poise/error.h"

namespace poise {

std::optional<double> recorded_number(const Metadata& metadata, const std::string& key, double low, double high) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return std::nullopt;
  const std::string& text = found->second;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool whole = !text.empty() && end == text.c_str() + text.size();
  if (!whole || !(value >= low && value <= high)) {
    throw Error(ErrorKind::kData, fmt::format("the model's '{}' is '{}'", key, text),
                fmt::format("a number from {:g} to {:g}", low, high), "the file was changed after Poise wrote it");
  }
  return value;
}

std::string recorded_text(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string() : found->second;
}

bool recorded_flag(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found != metadata.end() && found->second == "true";
}

}  // namespace poise
