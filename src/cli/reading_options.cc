#include "cli/reading_options.h"

#include <string>
#include <vector>

#include "cli/checks.h"
#include "cli/option_names.h"

namespace poise::cli {
namespace {

CLI::Validator trimmed() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        CLI::detail::trim(text);
        return {};
      },
      "");
}

/// Items with commas, and perhaps blanks, between them.
CLI::Option* as_list(CLI::Option* option) {
  return option->delimiter(',')->transform(trimmed())->allow_extra_args(false);  // or it would take DATA, too
}

/// One character, or the word none, which stands for 0.
CLI::Option* add_character(CLI::App& verb, const std::string& name, const std::function<void(char)>& set,
                           const std::string& help) {
  const CLI::Validator one = one_character();
  return verb
      .add_option_function<std::string>(
          name, [set](const std::string& text) { set(text == "none" ? '\0' : text[0]); }, help)
      ->transform(CLI::Validator(
          [one](std::string& text) -> std::string {
            if (text == "none") return {};
            const std::string fault = one(text);
            return fault.empty() ? fault : fault + ", or the word none";
          },
          ""));
}

void add_columns(CLI::App& verb, Arguments& a) {
  verb.add_option("--label", a.read.label, "label column: name, or index from 0 (negative: from the end)");
  as_list(verb.add_option("--ignore", a.read.ignore, "columns to leave out, by name or index, with commas between"));
  as_list(
      verb.add_option("--categorical", a.read.categorical, "columns that are text, even where all cells are numbers"));
  as_list(verb.add_option("--numeric", a.read.numeric, "columns that are numbers: kept, and text in them is an error"));
  verb.add_option("--labels", a.read.labels_file,
                  "file of labels apart from the features (IDX or NPY; n x K floats are soft targets)")
      ->excludes("--label");
  verb.add_option("--sample-weight", a.read.sample_weight, "column of row weights");
}

void add_missing(CLI::App& verb, Arguments& a) {
  verb.add_option("--missing", a.read.missing,
                  "missing values: category of their own (default; numbers: mean and a mark), mean, or error")
      ->transform(choice(kMissingPolicies));
  as_list(verb.add_option_function<std::vector<std::string>>(
      "--missing-values",
      [&a](const std::vector<std::string>& texts) {
        const bool none = texts.size() == 1 && texts[0] == "none";
        a.read.missing_values = none ? std::vector<std::string>{} : texts;
      },
      "texts that stand for missing values, with commas between, or none (default: ?, NA, NULL and others)"));
}

void add_dialect(CLI::App& verb, Arguments& a) {
  verb.add_option("--delimiter", a.read.delimiter, "of a table, one character or the word tab (default: inferred)")
      ->transform(one_character());
  verb.add_option("--decimal", a.read.decimal, "decimal mark of a table, a point or a comma (default: inferred)")
      ->transform(one_of({".", ","}));
  add_character(
      verb, "--quote", [&a](char c) { a.read.quote = c; }, "around cells of a table, or none (default: \")");
  add_character(
      verb, "--comment", [&a](char c) { a.read.comment = c; },
      "tables: skip lines that start with this character, or none (default: # at the top)");
  add_switch(
      verb, "--header,!--no-header", [&a](bool on) { a.read.header = on; },
      "the table has (no) header row (default: inferred)");
  verb.add_flag("--strip-label-dot", a.read.strip_label_dot, "read the label 'yes.' as 'yes'");
}

}  // namespace

void add_reading(CLI::App& verb, Arguments& a) {
  add_columns(verb, a);
  add_missing(verb, a);
  verb.add_option("--min-category-rows", a.read.min_category_rows,
                  "categories of fewer rows count as none (default: 2 in columns of more than 20 categories, else 1)")
      ->check(whole_number_from(1));
  add_dialect(verb, a);
  verb.add_option("--data-dir", a.read.data_dir, "where the named sets mnist and fashion-mnist are");
}

void add_unknown(CLI::App& verb, Arguments& a) {
  verb.add_option_function<std::string>(
          "--unknown-category", [&a](const std::string& text) { a.read.unknown_category_is_zero = text != "error"; },
          "a category that training did not have counts as none (default), or is an error")
      ->check(one_of({"none", "zero", "error"}));  // zero: the same as none, its older name
}

}  // namespace poise::cli
