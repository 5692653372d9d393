// How an error ends the tool: a line on stderr, and with --json one object on stdout, too.
#pragma once

#include <string>
#include <vector>

#include "poise/error.h"

namespace poise::cli {

/// Whether these words ask for JSON: known before they are understood, since they may not be.
void report_as_asked(const std::vector<std::string>& words);

/// Both return the exit code. `text`: "found; expected …; hint: …".
int report(const Error& error);
int report(ErrorKind kind, const std::string& text);

}  // namespace poise::cli
