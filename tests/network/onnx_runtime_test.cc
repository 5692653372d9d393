// The model file in the hands of others: ONNX's own checker accepts it, and ONNX Runtime computes from raw cells what
// Poise computes from features. Needs `scripts/install-deps.sh --test`; skipped, saying so, where that has not run.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fmt/core.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <variant>

#include "base/file.h"
#include "data/table/missing_values.h"
#include "network/float64_inputs.h"
#include "paths.h"
#include "poise/network.h"
#include "poise/read.h"
#include "sample_convolutions.h"

namespace poise {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Cell = std::variant<double, std::string>;  // NaN and "" are missing
using Row = std::vector<Cell>;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

bool succeeds(const std::string& command) { return std::system(command.c_str()) == 0; }

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

// The features of a row, from the words of schema.h.
std::vector<double> encode(const Schema& schema, const Row& row) {
  std::vector<double> features;
  for (std::size_t j = 0; j < row.size(); ++j) {
    const Column& column = schema.columns[j];
    if (column.kind == ColumnKind::kNumeric) {
      const double value = std::get<double>(row[j]);
      features.push_back(std::isnan(value) && column.can_fill ? column.fill : value);
      if (column.has_missing_feature) features.push_back(std::isnan(value) ? 1 : 0);
    } else {
      std::string value = std::get<std::string>(row[j]);
      if (value.empty() && column.can_fill) value = column.categories[static_cast<std::size_t>(column.fill)];
      for (const std::string& category : column.categories) features.push_back(category == value ? 1 : 0);
    }
  }
  return features;
}

Dataset encode(const Schema& schema, const std::vector<Row>& rows) {
  Matrix features = Matrix::Zero(std::ssize(rows), schema.feature_count());
  Dataset data = float_data(features.cast<float>(), schema);
  for (Index i = 0; i < features.rows(); ++i) {
    const std::vector<double> row = encode(schema, rows[static_cast<std::size_t>(i)]);
    for (Index j = 0; j < features.cols(); ++j) {
      features(i, j) = row[static_cast<std::size_t>(j)];
    }
  }
  data.features = Features::from_values(std::vector<double>{features.data(), features.data() + features.size()},
                                        features.rows(), features.cols());
  return data;
}

json tensor(Index rows, Index width) { return {{"dims", {rows, width}}, {"data", json::array()}}; }

// One input a column, in the order of the schema; `names` are those of the inputs.
json column_inputs(const std::vector<Row>& rows, const std::vector<std::string>& names) {
  json inputs;
  for (std::size_t j = 0; j < names.size(); ++j) {
    json& input = inputs[names[j]] = tensor(std::ssize(rows), 1);
    for (const Row& row : rows) std::visit([&](const auto& cell) { input["data"].push_back(cell); }, row[j]);
  }
  return inputs;
}

// All columns in one input.
json matrix_input(const std::vector<Row>& rows) {
  json input = tensor(std::ssize(rows), std::ssize(rows[0]));
  for (const Row& row : rows) {
    for (const Cell& cell : row) input["data"].push_back(std::get<double>(cell));  // NaN becomes null
  }
  return {{"features", input}};
}

class OnnxRuntime : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = fs::temp_directory_path() / ("poise-onnx-" + name + "-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Runs the model in ONNX Runtime; null if that is not installed.
  json run(const Network& network, const json& inputs) {
    const fs::path onnx = fs::path(source_dir()) / "tests" / "onnx";
    save_model(network, (folder_ / "model.onnx").string());
    if (!fs::exists(onnx / "node_modules" / "onnxruntime-node") || !succeeds("node --version >/dev/null 2>&1"))
      return {};
    std::ofstream(folder_ / "inputs.json") << inputs;
    EXPECT_TRUE(succeeds("node " + quoted(onnx / "run_model.mjs") + " " + quoted(folder_ / "model.onnx") + " " +
                         quoted(folder_ / "inputs.json") + " " + quoted(folder_ / "outputs.json")));
    return json::parse(read_file((folder_ / "outputs.json").string(), 1 << 30));
  }

  fs::path folder_;

 public:
  const fs::path& folder() const { return folder_; }
};

#define RUN_OR_SKIP(outputs, model, inputs) \
  const json outputs = run(model, inputs);  \
  if (outputs.is_null()) GTEST_SKIP() << "onnxruntime-node is not installed (scripts/install-deps.sh --test)"

template <typename Model>  // a softmax layer or a network
void expect_equal(const json& outputs, const Model& model, const Dataset& data, double tolerance = 1e-5) {
  const Matrix expected = predict_probabilities(model, data);
  const Matrix scores = predict_scores(model, data);
  ASSERT_LT(expected.maxCoeff(), 0.9999) << "certain for some rows, so that errors would not show";
  const Index K = expected.cols();
  ASSERT_EQ(outputs["probabilities"]["dims"], (json{expected.rows(), K}));
  ASSERT_EQ(outputs["label"]["dims"], (json{expected.rows()}));
  for (Index i = 0; i < expected.rows(); ++i) {
    for (Index c = 0; c < K; ++c) {
      EXPECT_NEAR(outputs["probabilities"]["data"][static_cast<std::size_t>(i * K + c)].get<double>(), expected(i, c),
                  tolerance);
    }
    Index best = 0;
    scores.row(i).maxCoeff(&best);
    EXPECT_EQ(outputs["label"]["data"][static_cast<std::size_t>(i)],
              model.schema.classes[static_cast<std::size_t>(best)]);
  }
}

Schema numeric_schema(const std::vector<Column>& columns) {
  Schema schema;
  schema.columns = columns;
  schema.classes = {"no", "maybe", "yes"};
  return schema;
}

std::vector<Row> numeric_rows(Index rows, const std::vector<double>& middles, bool with_missing) {
  std::vector<Row> table;
  for (Index i = 0; i < rows; ++i) {
    Row row;
    for (std::size_t j = 0; j < middles.size(); ++j) {
      // Quarters, so that float32 holds the numbers themselves, and only the computation is compared.
      const double value = middles[j] + std::round(4 * random_normalish(j, static_cast<std::uint64_t>(i))) / 4;
      const bool missing = with_missing && i > 0 && random_bits(j, static_cast<std::uint64_t>(i)) % 4 == 0;
      row.emplace_back(missing ? kMissing : value);
    }
    table.push_back(row);
  }
  return table;
}

TEST_F(OnnxRuntime, Images) {
  Schema schema = array_schema(64, {"0", "1", "2", "3"});
  schema.format = FileFormat::kIdx;
  schema.image_shape = {8, 8};
  Network model = random_model(schema, 1);
  model.layers[0].weights /= 255;
  model.center.setZero();
  std::vector<std::uint8_t> pixels(100 * 64);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(random_bits(2, i));
  Dataset data = float_data(MatrixF(100, 64), schema);
  data.features = Features::from_values(pixels, 100, 64);
  json input = tensor(100, 64);
  input["data"] = pixels;
  RUN_OR_SKIP(outputs, model, (json{{"features", input}}));
  expect_equal(outputs, model, data);
}

// Pixels about 0, and about an offset that float32 is too coarse for: centered in float64.
TEST_F(OnnxRuntime, Convolutions) {
  for (const double middle : {0.0, 4e6}) {
    Network model;
    model.schema = array_schema(9 * 8 * 2, {"0", "1", "2"});
    model.layers = random_layers({{{9, 8, 2}, 5, 3, 1, 2}, {{4, 4, 5}, 17, 3, 0, 1}}, {6, 3}, Activation::kTanh, 3);
    model.center = NormalStream(4).matrix(144, 1).cast<float>().cast<double>();
    if (middle > 0) model.center.setConstant(middle);
    const Matrix rows = NormalStream(5).matrix(50, 144).array() + middle;
    json input = tensor(50, 144);
    input["data"] = std::vector<double>(rows.data(), rows.data() + rows.size());
    Dataset data = float_data(rows.cast<float>(), model.schema);
    data.features = Features::from_values(input["data"].get<std::vector<double>>(), 50, 144);
    RUN_OR_SKIP(outputs, model, (json{{"features", input}}));
    expect_equal(outputs, model, data);
  }
}

TEST_F(OnnxRuntime, NumbersFarFromZero) {
  const std::vector<double> middles{0, 2000, 1e6, -3e5};
  Network model = random_model(
      numeric_schema({numeric_column("a", 0), numeric_column("b", 1), numeric_column("c", 2), numeric_column("d", 3)}),
      3);
  // A center that float32 cannot hold: 1e6 + 0.03 is off by up to 0.03 there.
  for (Index j = 0; j < 4; ++j) model.center[j] = middles[static_cast<std::size_t>(j)] + 0.03;
  const std::vector<Row> rows = numeric_rows(200, middles, false);
  RUN_OR_SKIP(outputs, model, matrix_input(rows));
  expect_equal(outputs, model, encode(model.schema, rows));
}

// Unix seconds within minutes, degrees within meters, account numbers: float32 would round them by 64 s, by 0.2 m, and
// one account into the next. Each column's weights are in units of its spread.
Row far_row(std::uint64_t i) {
  return {1.7e9 + 100 * random_normalish(0, i), 52.5 + 1e-5 * random_normalish(1, i),
          std::round(4658593030733141.0 + 20 * random_normalish(2, i)), random_normalish(3, i)};
}

constexpr double kFarCenters[] = {1.7e9, 52.5, 4658593030733141.0, 0.1}, kFarSpreads[] = {100, 1e-5, 20, 1};

void use_far_units(Vector& center, Matrix& weights, const std::vector<Index>& features) {
  for (std::size_t j = 0; j < features.size(); ++j) {
    center[features[j]] = kFarCenters[j];
    weights.col(features[j]) *= 0.5 / kFarSpreads[j];
  }
}

TEST_F(OnnxRuntime, NumbersThatFloat32WouldRound) {
  Network model = random_model(
      numeric_schema({numeric_column("time", 0), numeric_column("latitude", 1),
                      filled(numeric_column("account", 2), 4658593030733150.0, true), numeric_column("x", 3)}),
      14);
  model.center[3] = 0.25;  // of the indicator
  use_far_units(model.center, model.layers[0].weights, {0, 1, 2, 4});
  EXPECT_EQ(float64_columns(model), (std::vector<std::string>{"time", "latitude", "account"}));
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < 200; ++i) rows.push_back(far_row(i));
  rows[7][2] = kMissing;
  RUN_OR_SKIP(outputs, model, matrix_input(rows));
  expect_equal(outputs, model, encode(model.schema, rows));
}

// Units that float32 has no numbers for, with a missing number and a feature that no weight is beside.
TEST_F(OnnxRuntime, NumbersThatFloat32DoesNotHave) {
  const std::vector<double> units{1e300, 1e-300, 1, 1e200};
  Network model = random_model(numeric_schema({filled(numeric_column("huge", 0), 3e300), numeric_column("tiny", 1),
                                               numeric_column("x", 2), numeric_column("idle", 3)}),
                               21);
  for (Index j = 0; j < 4; ++j) {
    model.center[j] *= units[static_cast<std::size_t>(j)];
    model.layers[0].weights.col(j) /= units[static_cast<std::size_t>(j)];
  }
  model.layers[0].weights.col(3).setZero();
  EXPECT_EQ(float64_columns(model), (std::vector<std::string>{"huge", "tiny", "idle"}));
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < 100; ++i) {
    Row row;
    for (std::size_t j = 0; j < 4; ++j) row.emplace_back(units[j] * random_normalish(22, 4 * i + j));
    rows.push_back(std::move(row));
  }
  rows[7][0] = kMissing;
  RUN_OR_SKIP(outputs, model, matrix_input(rows));
  expect_equal(outputs, model, encode(model.schema, rows));
}

TEST_F(OnnxRuntime, ANetworkOfNumbersThatFloat32WouldRoundAndCategories) {
  Column kind = mixed_schema().columns[1];  // "color", with a fill
  kind.position = 4;
  const Schema schema = numeric_schema({numeric_column("time", 0), numeric_column("latitude", 1),
                                        numeric_column("account", 2), numeric_column("x", 3), kind});
  Network network = random_network(schema, {12}, Activation::kTanh, Head::kSoftmax, 15);
  network.center.setZero();
  use_far_units(network.center, network.layers[0].weights, {0, 1, 2, 3});
  EXPECT_EQ(float64_columns(network), (std::vector<std::string>{"time", "latitude", "account"}));
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < 200; ++i) {
    rows.push_back(far_row(i));
    rows.back().emplace_back(i % 3 == 0 ? std::string() : kind.categories[i % kind.categories.size()]);
  }
  RUN_OR_SKIP(outputs, network, column_inputs(rows, {"time", "latitude", "account", "x", "color"}));
  expect_equal(outputs, network, encode(schema, rows));
}

// Each feature alone is well within float32; what 300 centers are off by in float32 adds up, to 1e-4 of a probability.
TEST_F(OnnxRuntime, ManyFeaturesWhoseCentersAreRounded) {
  Network model = random_model(array_schema(300, {"a", "b"}), 17);
  model.center.setConstant(2000.03);
  model.layers[0].weights.row(0).setConstant(0.03);
  model.layers[0].weights.row(1).setConstant(-0.03);
  EXPECT_TRUE(float64_columns(model).empty());
  const std::vector<Row> rows = numeric_rows(50, std::vector<double>(300, 2000), false);
  RUN_OR_SKIP(outputs, model, matrix_input(rows));
  Schema schema = model.schema;
  for (Index j = 0; j < 300; ++j) schema.columns.push_back(numeric_column("", j));
  expect_equal(outputs, model, encode(schema, rows));
}

TEST(Float64Inputs, AreForNumbersFarFromZeroBesideTheirSpreadAlone) {
  Network model = random_model(array_schema(3, {"a", "b"}), 16);
  model.center << 0, 100, 2000;
  model.layers[0].weights << 1, 0.1, 0.01, -1, -0.1, -0.01;  // pixels, percents, years within a century
  EXPECT_TRUE(float64_columns(model).empty());
  model.layers[0].weights(0, 2) = 10;  // years within weeks
  EXPECT_EQ(needs_float64(model), (std::vector<bool>{false, false, true}));
  EXPECT_EQ(float64_columns(model), (std::vector<std::string>{"features"}));
}

TEST_F(OnnxRuntime, MissingNumbers) {
  const std::vector<double> middles{0, 2000, 1e6};
  const Schema schema =
      numeric_schema({filled(numeric_column("a", 0), 0.125, true), filled(numeric_column("b", 1), 2000.7),
                      filled(numeric_column("c", 2), 1e6 + 0.01, true)});
  Network model = random_model(schema, 4);
  model.center << 0.1, 0.3, 2000.7, 1e6 + 0.02, 0.2;
  const std::vector<Row> rows = numeric_rows(200, middles, true);
  RUN_OR_SKIP(outputs, model, matrix_input(rows));
  expect_equal(outputs, model, encode(schema, rows));
}

TEST_F(OnnxRuntime, AMissingNumberThatHasNoFillGivesNoProbabilities) {
  const Network model = random_model(numeric_schema({numeric_column("a", 0), filled(numeric_column("b", 1), 1)}), 5);
  RUN_OR_SKIP(outputs, model, matrix_input({{kMissing, 1.0}, {1.0, kMissing}}));
  const json& probabilities = outputs["probabilities"]["data"];
  for (std::size_t c = 0; c < 3; ++c) EXPECT_TRUE(probabilities[c].is_null());
  for (std::size_t c = 3; c < 6; ++c) EXPECT_TRUE(probabilities[c].is_number());
}

TEST_F(OnnxRuntime, CategoriesAndNumbers) {
  Network model = random_model(mixed_schema(), 6);
  model.layers[0].weights /= 4;  // far from certain, so that every feature shows in the probabilities
  model.layers[0].weights.col(0) /= 40;
  model.center[0] = 38.6;
  model.center[model.feature_count() - 1] = -333333.1;
  const std::vector<Row> rows{{25.0, "blue", 0.5, "S", "a", -333333.0},
                              {kMissing, "dark \"red\"", -1.5, "L", "?", -333333.5},
                              {38.5, "grün", 0.0, "", "a", kMissing},
                              {kMissing, "", 2.0, "M", "unseen", kMissing},
                              {70.0, "?", 1.0, "unseen", "", -333332.0}};
  const auto inputs = column_inputs(rows, {"age", "color", "weights#2", "size", "kind, or type", "#5"});
  RUN_OR_SKIP(outputs, model, inputs);
  expect_equal(outputs, model, encode(model.schema, rows));
}

TEST_F(OnnxRuntime, OtherSpellingsOfMissing) {
  Schema schema = mixed_schema();
  schema.columns = {schema.columns[3], categorical_column("literal", 1, {"?", "a"})};
  const Network model = random_model(schema, 7);
  const std::vector<Row> written{{"?", "?"}, {"NA", "NA"}, {"NaN", "a"}, {"", ""}};
  const std::vector<Row> meant{{"M", "?"}, {"M", "unknown"}, {"M", "a"}, {"M", "unknown"}};
  RUN_OR_SKIP(outputs, model, column_inputs(written, {"size", "literal"}));
  expect_equal(outputs, model, encode(schema, meant));
}

// The reader and the graph get the very same cells: every text that stands for a missing value everywhere, some that do
// so beside numbers only (and are categories here), and categories.
void expect_same_cells(OnnxRuntime& test, const Schema& schema, const std::vector<std::string>& texts,
                       const std::function<json(const Network&, const json&)>& run) {
  Network model = random_model(schema, 14);
  model.layers[0].weights /= 4;
  std::string file = "color,v\n";
  std::vector<Row> rows;
  for (const std::string& text : texts) {
    file += fmt::format("\"{}\",0.5\n", text);
    rows.push_back({text, 0.5});
  }
  std::ofstream(test.folder() / "new.csv") << file;
  const Dataset data = read_dataset((test.folder() / "new.csv").string(), {}, schema);
  ASSERT_EQ(data.rows(), std::ssize(texts));
  const json outputs = run(model, column_inputs(rows, {"color", "v"}));
  if (outputs.is_null()) GTEST_SKIP() << "onnxruntime-node is not installed (scripts/install-deps.sh --test)";
  expect_equal(outputs, model, data);
}

TEST_F(OnnxRuntime, TakesTheTextsForMissingThatTheReaderTakes) {
  std::vector<std::string> texts = MissingValues().everywhere();
  texts.insert(texts.end(), {"", "red", "None", "-", "unseen", "n.a.", " "});
  for (const bool own_texts : {false, true}) {
    ReadOptions options;
    if (own_texts) options.missing_values = {{"n.a.", "NA"}};
    std::ofstream(folder_ / "train.csv") << "color,v,label\nred,1,a\nblue,2,b\nNA,0.5,a\nred,3,c\n,1.5,b\nNone,1,c\n";
    const Schema schema = read_dataset((folder_ / "train.csv").string(), options).schema;
    expect_same_cells(*this, schema, texts, [&](const auto& model, const json& inputs) { return run(model, inputs); });
  }
}

TEST_F(OnnxRuntime, OneCategoricalColumn) {
  Schema schema = mixed_schema();
  schema.columns = {categorical_column("label", 0, {"only"})};
  const Network model = random_model(schema, 8);
  const std::vector<Row> rows{{"only"}, {"other"}};
  RUN_OR_SKIP(outputs, model, column_inputs(rows, {"label#0"}));
  expect_equal(outputs, model, encode(schema, rows));
}

constexpr Activation kActivations[] = {Activation::kIdentity, Activation::kSigmoid, Activation::kTanh,
                                       Activation::kRelu};

TEST_F(OnnxRuntime, NetworksOfCategoriesAndNumbers) {
  const std::vector<Row> rows{{25.0, "blue", 0.5, "S", "a", -333333.0},
                              {kMissing, "dark \"red\"", -1.5, "L", "?", -333333.5},
                              {38.5, "grün", 0.0, "", "a", kMissing},
                              {kMissing, "", 2.0, "M", "unseen", kMissing},
                              {70.0, "?", 1.0, "unseen", "", -333332.0}};
  const auto inputs = column_inputs(rows, {"age", "color", "weights", "size", "kind, or type", "#5"});
  for (Activation activation : kActivations) {
    for (Head head : {Head::kSoftmax, Head::kSigmoid}) {
      Network network = random_network(mixed_schema(), {9, 5}, activation, head, 10);
      network.layers[0].weights.col(0) /= 40;
      network.center[0] = 38.6;
      network.center[network.feature_count() - 1] = -333333.1;
      RUN_OR_SKIP(outputs, network, inputs);
      expect_equal(outputs, network, encode(network.schema, rows));
    }
  }
}

TEST_F(OnnxRuntime, NetworksOfNumbersFarFromZero) {
  const std::vector<double> middles{0, 2000, 1e6};
  const Schema schema = numeric_schema({numeric_column("a", 0), numeric_column("b", 1), numeric_column("c", 2)});
  Network network = random_network(schema, {20}, Activation::kSigmoid, Head::kSigmoid, 11);
  for (Index j = 0; j < 3; ++j) network.center[j] = middles[static_cast<std::size_t>(j)] + 0.03;
  const std::vector<Row> rows = numeric_rows(200, middles, false);
  RUN_OR_SKIP(outputs, network, matrix_input(rows));
  expect_equal(outputs, network, encode(schema, rows));
}

void expect_values(const json& output, const Matrix& expected, double tolerance) {
  ASSERT_EQ(output["dims"], (json{expected.rows(), expected.cols()}));
  for (Index k = 0; k < expected.size(); ++k)
    EXPECT_NEAR(output["data"][static_cast<std::size_t>(k)].get<double>(), expected.data()[k], tolerance) << k;
}

TEST_F(OnnxRuntime, ReconstructionAndCodeOfCategoriesAndNumbers) {
  const std::vector<Row> rows{{25.0, "blue", 0.5, "S", "a", -333333.0},
                              {kMissing, "dark \"red\"", -1.5, "L", "?", -333333.5},
                              {38.5, "grün", 0.0, "", "a", kMissing},
                              {70.0, "?", 1.0, "unseen", "", -333332.0}};
  Schema schema = mixed_schema();
  schema.columns[3].name = "code";
  const auto inputs = column_inputs(rows, {"age", "color", "weights", "code#3", "kind, or type", "#5"});
  for (const std::vector<Index>& hidden : {std::vector<Index>{}, {3, 5, 3}}) {
    for (Head head : {Head::kLinear, Head::kLogistic}) {
      Network network = random_network(schema, hidden, Activation::kTanh, head, 18);
      network.layers[0].weights.col(0) /= 40;
      network.output_unit = 16;
      network.center[0] = 38.6;
      network.center[network.feature_count() - 1] = -333333.1;
      RUN_OR_SKIP(outputs, network, inputs);
      const Dataset data = encode(network.schema, rows);
      EXPECT_EQ(outputs.size(), hidden.empty() ? 1u : 2u);
      expect_values(outputs["reconstruction"], reconstruct(network, data), 16e-5);
      if (!hidden.empty()) expect_values(outputs["code"], hidden_states(network, data, 1), 1e-5);
    }
  }
}

TEST_F(OnnxRuntime, ReconstructionAndCodeOfImages) {
  Schema schema = array_schema(64, {});
  schema.format = FileFormat::kIdx;
  schema.image_shape = {8, 8};
  for (Activation activation : kActivations) {
    Network network = random_network(schema, {9, 4, 9}, activation, Head::kLinear, 19);
    network.layers[0].weights /= 255;
    network.layers.back().weights *= 255;  // x̂ is in the pixels' own unit
    network.layers.back().bias *= 255;
    network.center.setConstant(100.3);
    network.metadata = {{"scale", "none"}, {"unit", "255"}};
    EXPECT_TRUE(float64_columns(network).empty());
    std::vector<std::uint8_t> pixels(50 * 64);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(random_bits(2, i));
    Dataset data = float_data(MatrixF(50, 64), schema);
    data.features = Features::from_values(pixels, 50, 64);
    json input = tensor(50, 64);
    input["data"] = pixels;
    RUN_OR_SKIP(outputs, network, (json{{"features", input}}));
    expect_values(outputs["reconstruction"], reconstruct(network, data), 255 * 2e-5);
    expect_values(outputs["code"], hidden_states(network, data, 2), 1e-5);
  }
}

TEST_F(OnnxRuntime, SigmoidsThatAllUnderflowStillAddUpToOne) {
  const Schema schema = numeric_schema({numeric_column("a", 0)});
  Network network = random_network(schema, {}, Activation::kIdentity, Head::kSigmoid, 12);
  network.center.setZero();
  network.layers[0].weights << 1, 1, 1;
  network.layers[0].bias << 0, 1, -1;
  const std::vector<Row> rows{{-500.0}, {0.0}, {500.0}};
  RUN_OR_SKIP(outputs, network, matrix_input(rows));
  // Far below 0, σ(y) is e^y: softmax(0, 1, −1). Far above, every sigmoid is 1.
  const double e = std::exp(1.0), sum = 1 + e + 1 / e;
  const double expected[] = {1 / sum, e / sum, 1 / e / sum};
  const json& p = outputs["probabilities"]["data"];
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(p[c].get<double>(), expected[c], 1e-5);
    EXPECT_NEAR(p[6 + c].get<double>(), 1.0 / 3, 1e-5);
  }
}

TEST_F(OnnxRuntime, OnnxItselfAcceptsTheFiles) {
  if (!succeeds("/usr/bin/python3 -c 'import onnx' 2>/dev/null")) {
    GTEST_SKIP() << "python3-onnx is not installed (scripts/install-deps.sh --test)";
  }
  const std::vector<Schema> schemas{mixed_schema(), array_schema(3, {"a", "b"}),
                                    numeric_schema({filled(numeric_column("a", 0), 1, true), numeric_column("b", 1)})};
  std::string command =
      "/usr/bin/python3 -c 'import onnx, sys\nfor p in sys.argv[1:]: onnx.checker.check_model(onnx.load(p), "
      "full_check=True)'";
  for (std::size_t i = 0; i < schemas.size(); ++i) {
    const fs::path path = folder_ / (std::to_string(i) + ".onnx");
    save_model(random_model(schemas[i], 9), path.string());
    command += " " + quoted(path);
  }
  for (Activation activation : kActivations) {
    const fs::path path = folder_ / (std::string(to_string(activation)) + ".onnx");
    save_model(random_network(mixed_schema(), {4, 3}, activation, Head::kSigmoid, 13), path.string());
    command += " " + quoted(path);
    const fs::path features = folder_ / (std::string(to_string(activation)) + "-features.onnx");
    save_model(random_network(mixed_schema(), {4, 3}, activation, Head::kLogistic, 14), features.string());
    command += " " + quoted(features);
  }
  EXPECT_TRUE(succeeds(command));
}

}  // namespace
}  // namespace poise
