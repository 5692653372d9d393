#include "paths.h"

namespace poise {

std::string source_dir() { return POISE_SOURCE_DIR; }
std::string binary_dir() { return POISE_BINARY_DIR; }

}  // namespace poise
