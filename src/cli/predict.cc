// poise predict: one line per row.
#include <fmt/core.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/arguments.h"
#include "data/csv_cell.h"
#include "poise/error.h"
#include "poise/network.h"
#include "run/json_text.h"

namespace poise::cli {
namespace {

std::string as_csv(const Matrix& probabilities, const Schema& schema, bool with_probabilities) {
  fmt::memory_buffer out;
  if (with_probabilities) {
    fmt::format_to(std::back_inserter(out), "label");
    for (const std::string& name : schema.classes) fmt::format_to(std::back_inserter(out), ",{}", csv_cell(name));
    out.push_back('\n');
  }
  for (Index i = 0; i < probabilities.rows(); ++i) {
    Index best = 0;
    probabilities.row(i).maxCoeff(&best);
    fmt::format_to(std::back_inserter(out), "{}", csv_cell(schema.classes[static_cast<std::size_t>(best)]));
    for (Index c = 0; with_probabilities && c < probabilities.cols(); ++c) {
      fmt::format_to(std::back_inserter(out), ",{:.9g}", probabilities(i, c));
    }
    out.push_back('\n');
  }
  return fmt::to_string(out);
}

nlohmann::json as_json(const Matrix& probabilities, const Schema& schema, bool with_probabilities) {
  nlohmann::json labels = nlohmann::json::array(), rows = nlohmann::json::array();
  for (Index i = 0; i < probabilities.rows(); ++i) {
    Index best = 0;
    probabilities.row(i).maxCoeff(&best);
    labels.push_back(schema.classes[static_cast<std::size_t>(best)]);
    if (with_probabilities)
      rows.push_back(std::vector<double>(probabilities.row(i).begin(), probabilities.row(i).end()));
  }
  nlohmann::json out = {{"labels", labels}};
  if (with_probabilities) out.update({{"classes", schema.classes}, {"probabilities", rows}});
  return out;
}

}  // namespace

int predict(const Arguments& a) {
  const Network model = load_network(a.run);
  const Dataset data = read_for_model(a, model.schema, model.metadata, Needs::kFeatures);
  const Matrix probabilities = predict_probabilities(model, data, a.solve.threads);
  if (a.json) {
    nlohmann::json out =
        a.out.empty() ? as_json(probabilities, model.schema, a.probabilities) : nlohmann::json{{"output", a.out}};
    out["rows"] = probabilities.rows();
    if (!a.out.empty()) write_file_whole(a.out, as_csv(probabilities, model.schema, a.probabilities));
    fmt::print("{}\n", to_text(out, 2));
  } else if (a.out.empty()) {
    fmt::print("{}", as_csv(probabilities, model.schema, a.probabilities));
  } else {
    write_file_whole(a.out, as_csv(probabilities, model.schema, a.probabilities));
  }
  return 0;
}

}  // namespace poise::cli
