// poise predict: one line per row.
#include <fmt/core.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "data/write/output_file.h"
#include "poise/error.h"
#include "run/json_text.h"
#include "run/predictions.h"

namespace poise::cli {
namespace {

namespace fs = std::filesystem;

bool to_stdout(const Arguments& a) { return a.out.empty() || a.out == "-"; }

/// What is read must not be written over: it would be lost.
void refuse_to_overwrite(const Arguments& a) {
  const fs::path model = fs::path(a.run) / "model.onnx";
  for (const fs::path& read : {fs::path(a.data), fs::path(a.run), model, fs::path(a.read.labels_file)}) {
    std::error_code missing;
    if (read.empty() || !fs::equivalent(read, a.out, missing) || is_special_file(a.out)) continue;
    throw Error(ErrorKind::kUsage, fmt::format("--out is {}", read == fs::path(a.data) ? "DATA" : "what is read"),
                "another file to write to", "the input would be lost", {a.out})
        .with_code("usage.overwrites_input");
  }
}

nlohmann::json rows_of(const Matrix& numbers) {
  nlohmann::json rows = nlohmann::json::array();
  for (Index i = 0; i < numbers.rows(); ++i)
    rows.push_back(std::vector<double>(numbers.row(i).begin(), numbers.row(i).end()));
  return rows;
}

nlohmann::json classes_as_json(const Network& model, const Dataset& data, const Arguments& a) {
  nlohmann::json labels = nlohmann::json::array();
  for (const std::int32_t label : labels_of(predict_scores(model, data, a.solve.threads)))
    labels.push_back(model.schema.classes[label]);
  nlohmann::json out = {{"labels", std::move(labels)}};
  if (a.probabilities) {
    out["classes"] = model.schema.classes;
    out["probabilities"] = rows_of(predict_probabilities(model, data, a.solve.threads));
  }
  return out;
}

nlohmann::json as_json(const Network& model, const Dataset& data, const PredictionFormat& format, const Arguments& a) {
  const int threads = a.solve.threads;
  switch (format.answer) {
    case RowAnswer::kLabels:
    case RowAnswer::kProbabilities:
      break;
    case RowAnswer::kReconstruction:
      return {{"features", number_names(model, format)},
              {"reconstruction", rows_of(reconstruct(model, data, threads))}};
    case RowAnswer::kHiddenStates:
      return {{"layer", format.layer}, {"states", rows_of(hidden_states(model, data, format.layer, threads))}};
  }
  return classes_as_json(model, data, a);
}

void print_text(std::string_view text) { (void)std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace

int predict(const Arguments& a) {
  if (!to_stdout(a)) refuse_to_overwrite(a);
  const Network model = load_model(a.run);
  const RowAnswer answer = answer_of(model, a.probabilities, a.hidden_layer);
  PredictionFormat format = format_of(to_stdout(a) ? "" : a.out, answer, a.write_header);
  format.layer = a.hidden_layer;
  const Dataset data = read_for_model(a, model.schema, model.metadata, Needs::kFeatures);
  if (to_stdout(a) && !a.json) {
    write_predictions(model, data, format, a.solve.threads, print_text);
    return 0;
  }
  nlohmann::json out = to_stdout(a) ? as_json(model, data, format, a) : nlohmann::json{{"output", a.out}};
  if (!to_stdout(a)) {
    OutputFile file(a.out);
    write_predictions(
        model, data, format, a.solve.threads, [&](std::string_view text) { file.write(text); }, a.watcher);
    file.commit();
  }
  out["rows"] = data.rows();
  if (a.json) fmt::print("{}\n", to_text(out, 2));
  return 0;
}

}  // namespace poise::cli
