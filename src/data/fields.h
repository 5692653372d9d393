// The options of reading data, described (base/fields.h).
#pragma once

#include "base/fields.h"
#include "poise/read.h"

namespace poise::inline data {

inline std::span<const Named<MissingPolicy>> names_of(MissingPolicy) {
  static constexpr Named<MissingPolicy> kAll[] = {
      {MissingPolicy::kError, "error"}, {MissingPolicy::kMean, "mean"}, {MissingPolicy::kCategory, "category"}};
  return kAll;
}

inline std::span<const Named<UnknownCategory>> names_of(UnknownCategory) {
  static constexpr Named<UnknownCategory> kAll[] = {{UnknownCategory::kNone, "none"},
                                                    {UnknownCategory::kNone, "zero"},  // its older name
                                                    {UnknownCategory::kError, "error"}};
  return kAll;
}

template <AnyConst<ReadOptions> Options>
void fields(Options& o, auto&& visit) {
  constexpr Group field{"Reading the data"};
  visit(field("label", "label column: name, or index from 0 (negative: from the end)"), o.label);
  visit(field("ignore", "columns to leave out, by name or index, with commas between"), o.ignore);
  visit(field("categorical", "columns that are text, even where all cells are numbers"), o.categorical);
  visit(field("numeric", "columns that are numbers: kept, and text in them is an error"), o.numeric);
  visit(field("labels",
              "file of labels apart from the features (NPY, NPZ, safetensors or IDX; n x K floats are soft targets)"),
        o.labels_file);
  visit(field("sample_weight", "column of row weights"), o.sample_weight);
  visit(field("missing", "missing values: category of their own (numbers: mean and a mark), mean, or error")
            .if_unset("category; with a model as in training"),
        o.missing);
  visit(field("missing_values", "texts that stand for missing values, with commas between, or none")
            .if_unset("?, NA, NULL and others"),
        o.missing_values);
  visit(field("min_category_rows", "categories of fewer rows count as none")
            .within(at_least(1))
            .if_unset("2 in columns of more than 20 categories, else 1"),
        o.min_category_rows);
  visit(field("unknown_category", "a category that training did not have counts as none, or is an error"),
        o.unknown_category);
  visit(field("delimiter", "of a table, one character or the word tab").if_unset("inferred"), o.delimiter);
  visit(field("decimal", "decimal mark of a table, a point or a comma").if_unset("inferred").one_of(".,"), o.decimal);
  visit(field("quote", "around cells of a table, or none"), o.quote);
  visit(field("comment", "tables: skip lines that start with this character, or none").if_unset("# at the top"),
        o.comment);
  visit(field("header", "the table has (no) header row").if_unset("inferred"), o.header);
  visit(field("strip_label_dot", "read the label 'yes.' as 'yes'"), o.strip_label_dot);
  visit(field("data_dir", "where the named sets mnist and fashion-mnist are"), o.data_dir);
}

}  // namespace poise::inline data
