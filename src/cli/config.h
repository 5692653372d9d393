// Options from a file: `train --config FILE` acts as if the file's lines stood on the command line.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace poise::cli {

/// A command line with the options of a file in it.
struct Configured {
  std::vector<std::string> arguments;
  std::string path;                  ///< of the file; empty: none was named
  std::map<std::string, int> lines;  ///< of each option taken from it, with dashes

  /// The message with "(file:line)" behind every option that comes from the file.
  std::string with_places(const std::string& message) const;
};

/// Replaces `--config FILE` by the options that the file holds, a line `option = value` each (`#` and `;` begin
/// comments, `[1e-3, 1e-4]` is a list, `[verb]` a heading). What the command line says itself wins, by whatever name of
/// the option: `known` are those of each option of the verb, without dashes. Throws Error(kIo, kUsage).
Configured with_config(const std::vector<std::string>& arguments, const std::string& verb,
                       const std::vector<std::vector<std::string>>& known);

}  // namespace poise::cli
