#include <fmt/core.h>

#include "cli/arguments.h"
#include "cli/say.h"
#include "poise/error.h"
#include "run/training/trained_rows.h"

namespace poise::cli {

void print_notices(const Arguments& arguments, const Dataset& data) {
  if (arguments.quiet) return;
  for (const std::string& notice : data.notices) say("note: {}\n", notice);
}

void note_rows_trained_on(const Arguments& arguments, const std::map<std::string, std::string>& metadata,
                          const Dataset& data) {
  if (arguments.quiet) return;
  if (const std::string text = note_on_rows_trained_on(metadata, data); !text.empty()) say("note: {}\n", text);
}

Dataset read_for_model(const Arguments& arguments, const Schema& schema,
                       const std::map<std::string, std::string>& metadata, Needs needs) {
  ReadOptions options = arguments.read;
  options.labels = needs != Needs::kFeatures;
  const auto trained_on = recorded<RowProvenance>(metadata);
  options.strip_label_dot = options.strip_label_dot || trained_on.strip_label_dot;
  if (!options.sample_weight && trained_on.sample_weight) {
    options.sample_weight = trained_on.sample_weight;
    options.weight_as_trained = true;
  }
  Dataset data = read_dataset(arguments.data, options, schema);
  if (needs == Needs::kLabelsAndWeights && trained_on.sample_weight && data.sample_weight.size() == 0) {
    throw Error(ErrorKind::kData,
                fmt::format("the model was trained with the row weights in the column '{}' (its metadata say so), "
                            "which is not here",
                            *trained_on.sample_weight),
                "the rows and weights that the model was trained on", "--sample-weight names another column of weights",
                {arguments.data});
  }
  print_notices(arguments, data);
  return data;
}

}  // namespace poise::cli
