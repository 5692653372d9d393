// A document as Markdown.
#pragma once

#include <string>

#include "report/document.h"

namespace poise::report {

/// At most `most` bytes: tables lose rows, and then sections at the end are left out, which it says.
std::string markdown_of(const Document& document, std::size_t most);

}  // namespace poise::report
