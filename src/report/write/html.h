// A document as one HTML page.
#pragma once

#include <string>

#include "report/document.h"

namespace poise::report {

/// Needs nothing else: style sheet, script and pictures are inside.
std::string html_of(const Document& document);

/// The class of what is marked so: "good", "plain", "bad".
const char* class_of(Mood mood);

/// The elements of blocks, for html_of. `id` begins those of their parts.
std::string html_of(const Block& block, const std::string& id);

}  // namespace poise::report
