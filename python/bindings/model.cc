#include "model.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <utility>

#include "arrays.h"
#include "json.h"
#include "network/model_file.h"
#include "options.h"
#include "poise/generate.h"
#include "poise/inference.h"
#include "poise/metrics.h"
#include "poise/network.h"
#include "poise/read.h"
#include "poise/softmax_regression.h"
#include "run/inference.h"
#include "run/summary.h"

namespace poise::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

Network from_bytes(const nb::bytes& bytes) { return parse_network({bytes.c_str(), bytes.size()}, "the model's bytes"); }

nb::bytes to_bytes(const Network& network) {
  const std::string bytes = serialize_network(network);
  return nb::bytes(bytes.data(), bytes.size());
}

/// Rows of another file, as the model's schema says.
Dataset read_for(const Network& network, const std::string& source, const nb::dict& options, bool labels) {
  ReadOptions read;
  set_options(read, options);
  read.labels = labels;
  const nb::gil_scoped_release unlock;
  return read_dataset(source, read, network.schema);
}

std::vector<std::string> feature_names(const Network& network) {
  std::vector<std::string> names;
  for (Index j = 0; j < network.schema.feature_count(); ++j) names.push_back(network.schema.feature_name(j));
  return names;
}

std::vector<std::string> column_names(const Network& network) {
  std::vector<std::string> names;
  for (const Column& column : network.schema.columns) names.push_back(column.name);
  return names;
}

/// (weights N_l×N_{l−1}, bias, activation) of each layer.
nb::list layers(const Network& network) {
  nb::list out;
  for (const Layer& layer : network.layers)
    out.append(nb::make_tuple(to_numpy(Matrix(layer.weights)), to_numpy(layer.bias), to_string(layer.activation)));
  return out;
}

template <Matrix (*predict)(const Network&, const Dataset&, int)>
nb::object predicted(const Network& network, const Dataset& data, int threads) {
  Matrix numbers;
  {
    const nb::gil_scoped_release unlock;
    numbers = predict(network, data, threads);
  }
  return to_numpy(std::move(numbers));
}

nb::object states(const Network& network, const Dataset& data, Index layer, int threads) {
  Matrix numbers;
  {
    const nb::gil_scoped_release unlock;
    numbers = hidden_states(network, data, layer, threads);
  }
  return to_numpy(std::move(numbers));
}

/// (rows n×d, probabilities n×K, energy, slope)
nb::tuple generated(const Network& network, const std::vector<Index>& classes, const nb::dict& options) {
  GenerateOptions asked;
  set_options(asked, options);
  Generated found;
  {
    const nb::gil_scoped_release unlock;
    Matrix targets = Matrix::Zero(std::ssize(classes), network.class_count());
    for (Index i = 0; i < targets.rows(); ++i) targets(i, classes[static_cast<std::size_t>(i)]) = 1;
    found = generate(network, targets, asked);
  }
  return nb::make_tuple(to_numpy(std::move(found.rows)), to_numpy(std::move(found.probabilities)),
                        to_numpy(found.energy), to_numpy(found.slope));
}

nlohmann::json figures_of(const Network& network, const Dataset& data, const MeasureOptions& options) {
  if (network.reconstructs()) return to_json(evaluate_reconstruction(network, data, options), network.schema);
  return to_json_with_confusion(evaluate_network(network, data, options), network.schema);
}

nb::object evaluate(const Network& network, const Dataset& data, int threads) {
  nlohmann::json figures;
  {
    const nb::gil_scoped_release unlock;
    figures = figures_of(network, data, {.threads = threads});
  }
  return to_python(figures);
}

nb::object certify(const Network& network, const Dataset& data, double tolerance, int threads) {
  nlohmann::json figures;
  {
    const nb::gil_scoped_release unlock;
    const SolveReport report = certify_softmax(network, data, {.tolerance = tolerance, .threads = threads});
    figures = to_json(report);
    figures["rows"] = data.rows();
    if (report.gap) figures["certificate"] = to_json(report.certificate);
    if (report.separation) figures["separation"] = to_json(*report.separation, network.schema);
  }
  return to_python(figures);
}

/// (what it says, covariance P×P)
nb::tuple infer(const Network& network, const Dataset& data, const nb::dict& options) {
  InferenceOptions asked;
  set_options(asked, options);
  Inference found;
  nlohmann::json figures;
  {
    const nb::gil_scoped_release unlock;
    found = infer_weights(network, data, asked);
    figures = to_json(found, network.schema);
  }
  const auto size = std::ssize(found.weights);
  return nb::make_tuple(to_python(figures),
                        to_numpy(Matrix(Eigen::Map<const Matrix>(found.covariance.data(), size, size))));
}

}  // namespace

void bind_model(nb::module_& module) {
  nb::class_<Network>(module, "Model")
      .def_static("load", &load_model, "path"_a)
      .def_static("from_bytes", from_bytes, "data"_a)
      .def("to_bytes", to_bytes)
      .def(
          "save", [](const Network& network, const std::string& path) { save_model(network, path); }, "path"_a)
      .def("read", read_for, "source"_a, "options"_a, "labels"_a)
      .def("scores", predicted<predict_scores>, "data"_a, "threads"_a = 0)
      .def("probabilities", predicted<predict_probabilities>, "data"_a, "threads"_a = 0)
      .def("reconstruct", predicted<reconstruct>, "data"_a, "threads"_a = 0)
      .def("hidden_states", states, "data"_a, "layer"_a, "threads"_a = 0)
      .def("generate", generated, "classes"_a, "options"_a)
      .def("evaluate", evaluate, "data"_a, "threads"_a = 0)
      .def("certify", certify, "data"_a, "tolerance"_a, "threads"_a = 0)
      .def("infer", infer, "data"_a, "options"_a)
      .def("__reduce__",
           [](const nb::object& self) {
             return nb::make_tuple(self.type().attr("from_bytes"), nb::make_tuple(self.attr("to_bytes")()));
           })
      .def_prop_ro("classes", [](const Network& network) { return network.schema.classes; })
      .def_prop_ro("n_features", &Network::feature_count)
      .def_prop_ro("feature_names", feature_names)
      .def_prop_ro("column_names", column_names)
      .def_prop_ro("has_names", [](const Network& network) { return network.schema.has_header; })
      .def_prop_ro("output_unit", [](const Network& network) { return network.output_unit; })
      .def_prop_ro("is_logistic", [](const Network& network) { return network.head == Head::kLogistic; })
      .def_prop_ro("is_sparse", [](const Network& n) { return n.schema.format == FileFormat::kLibsvm; })
      .def_prop_ro("is_table", [](const Network& n) { return n.schema.format == FileFormat::kTable; })
      .def_prop_ro("center", [](const Network& network) { return to_numpy(network.center); })
      .def_prop_ro("layers", layers)
      .def_prop_ro("architecture", &Network::architecture)
      .def_prop_ro("metadata", [](const Network& network) { return network.metadata; });
}

}  // namespace poise::python
