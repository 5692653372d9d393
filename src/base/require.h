// What a caller of the library has to keep to.
#pragma once

#include <string>

#include "poise/error.h"

namespace poise::inline base {

/// Error(kUsage) unless `holds`.
inline void require(bool holds, const std::string& found, const std::string& expected, const std::string& hint = {}) {
  if (!holds) throw Error(ErrorKind::kUsage, found, expected, hint);
}

}  // namespace poise::inline base
