// A document as one HTML page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/document.h"

namespace poise::report {

/// Needs nothing else: style sheet, script and pictures are inside.
std::string html_of(const Document& document);

/// The same as a server shows it while it is trained what the document is about, or at the end of that.
struct Served {
  std::uint64_t version = 0;  ///< following: what the server's events may go on from
  std::string note;           ///< a line at the top; following: only where no scripts run
  bool following = true;      ///< a script listens to `events` beside the page
};
std::string html_of(const Document& document, const Served& served);

/// What may change on a page: an element with its id; that of the contents and of the header is "nav" and "header".
struct PagePart {
  std::string id, html;
};
std::vector<PagePart> parts_of(const Document& document);

/// The elements of blocks, for html_of. `id` begins those of their parts.
std::string html_of(const Block& block, const std::string& id);

}  // namespace poise::report
