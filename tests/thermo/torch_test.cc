// The Laplacian of each layer against PyTorch's automatic differentiation; skipped, saying so, where there is no torch.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "paths.h"
#include "sample_classifiers.h"

namespace poise {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kPython = "/usr/bin/python3";

json to_json(const Matrix& matrix) {
  json rows = json::array();
  for (Index i = 0; i < matrix.rows(); ++i) {
    const Vector row = matrix.row(i).transpose();
    rows.push_back(std::vector<double>(row.data(), row.data() + row.size()));
  }
  return rows;
}

json to_json(const SampleNetwork& network) {
  json out{{"inputs", to_json(network.inputs)}, {"targets", to_json(network.targets)}, {"layers", json::array()}};
  for (const Layer& layer : network.layers) {
    out["layers"].push_back({{"weights", to_json(layer.weights)},
                             {"bias", std::vector<double>(layer.bias.data(), layer.bias.data() + layer.bias.size())},
                             {"activation", to_string(layer.activation)}});
  }
  return out;
}

class Torch : public testing::TestWithParam<Activation> {
 protected:
  void SetUp() override {
    // `scripts/test.sh` installs it; what is missing where this skips is Debian's python3-torch.
    if (std::system((std::string(kPython) + " -c 'import torch' 2>/dev/null").c_str()) != 0)
      GTEST_SKIP() << "python3-torch is not installed (scripts/install-deps.sh --test)";
    folder_ = fs::temp_directory_path() /
              ("poise-torch-" + std::string(to_string(GetParam())) + "-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  std::vector<double> traces(const SampleNetwork& network) const {
    const std::string in = (folder_ / "network.json").string(), out = (folder_ / "traces.json").string();
    std::ofstream(in) << to_json(network);
    const fs::path script = fs::path(source_dir()) / "tests" / "thermo" / "torch_laplacian.py";
    const std::string command = std::string(kPython) + " -B '" + script.string() + "' '" + in + "' > '" + out + "'";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return json::parse(read_file(out, 1 << 20)).get<std::vector<double>>();
  }

  fs::path folder_;
};

TEST_P(Torch, LaplacianIsTheTraceOfItsHessian) {
  const Classifier classifier = random_classifier({6, 9, 7, 4}, GetParam(), 80, 1);
  ThermodynamicsOptions options;
  options.rows = 0;
  options.temperatures.clear();
  const Thermodynamics found = measure_thermodynamics(classifier.network, classifier.data, options);
  const std::vector<double> expected = traces(in_measured_units(classifier));
  ASSERT_EQ(expected.size(), found.layers.size());
  for (std::size_t l = 0; l < expected.size(); ++l) {
    EXPECT_EQ(found.layers[l].how, "exact");
    EXPECT_NEAR(found.layers[l].laplacian.value / expected[l], 1, 1e-10) << "layer " << l + 1;
  }
}

INSTANTIATE_TEST_SUITE_P(Laplacian, Torch, testing::Values(Activation::kSigmoid, Activation::kTanh, Activation::kRelu),
                         [](const auto& test) { return std::string(to_string(test.param)); });

}  // namespace
}  // namespace poise
