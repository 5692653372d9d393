#include "cli/reading_options.h"

#include "cli/field_options.h"
#include "data/fields.h"

namespace poise::cli {
namespace {

/// All but those that are not every verb's.
void add_most(CLI::App& verb, Arguments& a, Special special) {
  special["unknown_category"] = nullptr;
  add_fields(verb, a.read, special);
  verb.get_option("--labels")->excludes("--label");
}

}  // namespace

void add_reading(CLI::App& verb, Arguments& a) { add_most(verb, a, {}); }

void add_reading_of_predict(CLI::App& verb, Arguments& a) {
  add_most(verb, a, {{"header", nullptr}});
  verb.add_flag("--header", a.write_header, "begin with a line of names (always where there are numbers)");
  verb.add_flag_function(
      "--no-header", [&a](std::int64_t) { a.read.header = false; },
      "the table read has no header row (default: inferred)");
}

void add_unknown(CLI::App& verb, Arguments& a) { add_only(verb, a.read, {"unknown_category"}); }

}  // namespace poise::cli
