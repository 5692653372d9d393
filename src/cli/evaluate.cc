// poise evaluate: a model against labeled data.
#include <fmt/core.h>

#include <algorithm>

#include "cli/train_parts.h"
#include "poise/error.h"
#include "poise/metrics.h"
#include "poise/network.h"
#include "run/json_text.h"
#include "run/short_number.h"
#include "run/summary.h"

namespace poise::cli {
namespace {

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

std::size_t characters(const std::string& utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), begins_character));
}

/// The first `most` characters, none of them cut in two.
std::string shortened(const std::string& utf8, std::size_t most) {
  std::size_t count = 0;
  const auto end =
      std::find_if(utf8.begin(), utf8.end(), [&](char byte) { return begins_character(byte) && ++count > most; });
  return {utf8.begin(), end};
}

void print_confusion(const Metrics& metrics, const Schema& schema, bool soft_targets) {
  constexpr Index kWidestTable = 30;
  const Index classes = metrics.confusion.rows();
  if (classes > kWidestTable) {
    fmt::print("confusion   {} classes: see --json\n", classes);
    return;
  }
  constexpr std::size_t kWidestName = 16;
  std::size_t width = 6;
  for (const std::string& name : schema.classes) width = std::max(width, std::min(characters(name), kWidestName));
  fmt::print("confusion   rows: {}, columns: predicted\n{:>{}}", soft_targets ? "largest target" : "true class", "",
             width);
  for (const std::string& name : schema.classes) fmt::print(" {:>{}}", shortened(name, kWidestName), width);
  fmt::print("\n");
  for (Index r = 0; r < classes; ++r) {
    fmt::print("{:>{}}", shortened(schema.classes[static_cast<std::size_t>(r)], kWidestName), width);
    for (Index c = 0; c < classes; ++c) fmt::print(" {:>{}g}", metrics.confusion(r, c), width);
    fmt::print("\n");
  }
}

std::string confidence(const Metrics& metrics) {
  if (metrics.at_rest) return fmt::format("at rest (within {:g} % of the cross-entropy)", 100 * kRestShare);
  return metrics.equilibrium_gap > 0 ? "over-confident here" : "under-confident here";
}

void print_metrics(const Metrics& metrics, const Schema& schema, bool soft_targets) {
  const Temperature& t = metrics.temperature;
  fmt::print("rows        {}{}\n", metrics.rows, soft_targets ? ", with soft targets" : "");
  fmt::print("accuracy    {:.4f} %{}\n", 100 * metrics.accuracy,
             soft_targets ? " (most probable class against the target's largest entry)" : "");
  fmt::print("cross-entropy {} nats{}\n", short_number(metrics.cross_entropy, 6),
             soft_targets ? " (of which the targets' own entropy is no error)" : "");
  fmt::print("calibration error {:.5f} (expected, 15 bins{})\n", metrics.expected_calibration_error,
             soft_targets ? "; confidence against the target's share of the predicted class" : "");
  fmt::print("equilibrium CE - H = {}{} nats: {}\n", metrics.equilibrium_gap < 0 ? "" : "+",
             short_number(metrics.equilibrium_gap, 6), confidence(metrics));
  if (t.at_limit) {
    fmt::print("temperature none: {}\n", t.temperature > 1
                                             ? "the scores are no better than chance, flatter is always better"
                                             : "every row is classified correctly, sharper is always better");
  } else {
    fmt::print("temperature {:.4f} would bring it to rest, with cross-entropy {:.6f}\n", t.temperature,
               t.cross_entropy);
  }
  print_confusion(metrics, schema, soft_targets);
}

}  // namespace

int evaluate(const Arguments& a) {
  const Network model = load_network(a.run);
  const Dataset data = read_for_model(a, model.schema, model.metadata);
  if (!data.has_targets()) {
    throw Error(ErrorKind::kData, "the data has no labels",
                "the label column '" + model.schema.label_name + "' or a labels file",
                "use 'poise predict' for data without labels", {a.data});
  }
  note_rows_trained_on(a, model.metadata, data);
  const Metrics metrics = evaluate_network(model, data, {.threads = a.solve.threads});
  if (a.json) {
    fmt::print("{}\n", to_text(to_json(metrics, &model.schema), 2));
  } else {
    print_metrics(metrics, model.schema, data.targets.size() > 0);
  }
  return 0;
}

}  // namespace poise::cli
