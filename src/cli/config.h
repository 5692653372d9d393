// Options from a file: `train --config FILE` acts as if the file's lines stood on the command line.
#pragma once

#include <string>
#include <vector>

namespace poise::cli {

/// Replaces `--config FILE` by the options that the file holds, a line `option = value` each (`#` and `;` begin
/// comments, `[1e-3, 1e-4]` is a list, `[verb]` a heading). What the command line says itself wins. `known` are the
/// options of the verb, without dashes. Throws Error(kIo, kUsage).
std::vector<std::string> with_config(const std::vector<std::string>& arguments, const std::string& verb,
                                     const std::vector<std::string>& known);

}  // namespace poise::cli
