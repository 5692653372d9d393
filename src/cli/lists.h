// Options that take several values with commas between, or may lack theirs.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace poise::cli {

/// Makes an option of several values take them with commas between, and blanks beside the commas.
CLI::Option* as_list(CLI::Option* option);

/// The words of a command, with those of a list joined that blanks have set apart: --hidden 64, 32.
std::vector<std::string> with_lists_joined(const CLI::App& verb, const std::vector<std::string>& words);

/// The words with `option`, whose value is a number and may be left out, given as option=0 where none follows; a switch
/// of a file of options (option=true) is that, too.
std::vector<std::string> with_number_given(const std::string& option, const std::vector<std::string>& words);

}  // namespace poise::cli
