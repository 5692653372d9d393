// Septuples in JSON files (docs/septuple.md).
#pragma once

#include <string>

#include "poise/theory/septuple.h"

namespace poise {

/// Throws Error(kIo) if the file cannot be read, and Error(kData), with the place, if it holds no septuple.
Septuple read_septuple(const std::string& path);

/// The text of such a file: every number is read back to the bit.
std::string septuple_text(const Septuple& septuple);

}  // namespace poise
