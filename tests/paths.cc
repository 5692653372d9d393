#include "paths.h"

#include <filesystem>

namespace poise {

std::string source_dir() { return POISE_SOURCE_DIR; }
std::string binary_dir() { return POISE_BINARY_DIR; }

std::string shared_data(const std::string& path) {
  const std::string full = source_dir() + "/../shared/data/" + path;
  return std::filesystem::exists(full) ? full : "";
}

}  // namespace poise
