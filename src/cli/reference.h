// Reference texts made from the declared options, so that they cannot lag behind: the manual page, the completion of
// bash and docs/cli.md. `poise help man-page`, `poise help bash-completion` and `poise help markdown` print them; the
// build installs the former two.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace poise::cli {

/// An option as it is typed.
struct OptionWords {
  std::vector<std::string> names;    ///< with their dashes, short ones first: "-o", "--out"
  std::vector<std::string> choices;  ///< the values it knows; empty for free text
  std::string value;                 ///< what stands for its value, "TEXT" or "error|mean"; empty for a switch
};
OptionWords words_of(const CLI::Option& option);

/// The options of a verb that start with a dash, as declared, but those that are in no help.
std::vector<const CLI::Option*> dashed_options(const CLI::App& verb);

/// What a verb is called with, "[OPTIONS] RUN DATA".
std::string operands(const CLI::App& verb);

/// poise(1), in roff.
std::string man_page(const CLI::App& app, const std::string& version);

/// docs/cli.md.
std::string markdown(const CLI::App& app);

/// A script to be sourced by bash.
std::string bash_completion(const CLI::App& app);

}  // namespace poise::cli
