#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "data/schema_json.h"
#include "network/model_file.h"
#include "poise/error.h"
#include "poise/version.h"
#include "sample_models.h"

namespace poise {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

// A folder of its own for each test.
class ModelFile : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = fs::temp_directory_path() / ("poise-model-" + name + "-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string file_with(const std::string& bytes) const {
    std::ofstream(path("model.onnx"), std::ios::binary) << bytes;
    return path("model.onnx");
  }

  fs::path folder_;
};

template <typename Action>
void expect_error(ErrorKind kind, const std::string& part_of_message, Action action) {
  try {
    action();
    ADD_FAILURE() << "no error; expected one with \"" << part_of_message << "\"";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(part_of_message));
  }
}

void expect_same(const Network& a, const Network& b) {
  ASSERT_TRUE(a.is_softmax_layer() && b.is_softmax_layer());
  const Layer &of_a = a.layers[0], &of_b = b.layers[0];
  ASSERT_EQ(of_a.weights.rows(), of_b.weights.rows());
  ASSERT_EQ(of_a.weights.cols(), of_b.weights.cols());
  EXPECT_TRUE(of_a.weights == of_b.weights);  // to the bit
  EXPECT_TRUE(of_a.bias == of_b.bias);
  EXPECT_TRUE(a.center == b.center);
  EXPECT_EQ(a.metadata, b.metadata);
  EXPECT_EQ(schema_to_json(a.schema), schema_to_json(b.schema));
}

onnx::ModelProto proto_of(const Network& model) {
  onnx::ModelProto proto;
  EXPECT_TRUE(proto.ParseFromString(serialize_network(model)));
  return proto;
}

onnx::TensorProto& constant(onnx::ModelProto& proto, const std::string& name) {
  for (auto& tensor : *proto.mutable_graph()->mutable_initializer()) {
    if (tensor.name() == name) return tensor;
  }
  throw std::runtime_error("no constant " + name);
}

TEST_F(ModelFile, RoundTripIsExact) {
  Network model = random_model(mixed_schema(), 1);
  model.layers[0].weights(0, 0) = 5e-324;
  model.layers[0].weights(1, 1) = -1.7976931348623157e308;
  model.layers[0].weights(2, 2) = 0.1;
  model.metadata = {{"l2", "0.0001"}, {"", "empty key"}, {"empty value", ""}, {"note", "line\nline \"ü\""}};
  save_model(model, path("model.onnx"));
  expect_same(load_model(path("model.onnx")), model);
}

TEST_F(ModelFile, RoundTripOfArrays) {
  Schema images = array_schema(6, {"cat", "dog"});
  images.format = FileFormat::kIdx;
  images.image_shape = {2, 3};
  Schema libsvm = array_schema(1000, {"-1", "+1"});
  libsvm.format = FileFormat::kLibsvm;
  for (const Schema& schema : {images, libsvm, array_schema(1, {"only"})}) {
    const Network model = random_model(schema, 2);
    expect_same(parse_network(serialize_network(model), "memory"), model);
  }
}

TEST_F(ModelFile, ReadsARunDirectoryAndReplacesWhatIsThere) {
  save_model(random_model(mixed_schema(), 3), path("model.onnx"));
  const Network model = random_model(mixed_schema(), 4);
  save_model(model, path("model.onnx"));
  expect_same(load_model(folder_.string()), model);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "a temporary file is left";
}

TEST_F(ModelFile, SaysWhoWroteIt) {
  const onnx::ModelProto proto = proto_of(random_model(array_schema(2, {"a", "b"}), 1));
  EXPECT_EQ(proto.producer_name(), "poise");
  EXPECT_EQ(proto.producer_version(), kVersion);
}

TEST_F(ModelFile, InputsAreTheColumnsOnceThereAreCategories) {
  const onnx::ModelProto proto = proto_of(random_model(mixed_schema(), 1));
  std::vector<std::string> names;
  for (const auto& input : proto.graph().input()) names.push_back(input.name());
  EXPECT_THAT(names, testing::ElementsAre("age", "color", "weights#2", "size", "kind, or type", "#5"));
  EXPECT_THAT(proto.graph().input(3).doc_string(), HasSubstr("\"L\", \"M\", \"S\"; \"\" (missing) counts as \"M\""));
}

TEST_F(ModelFile, MissingFiles) {
  expect_error(ErrorKind::kIo, "no such file", [&] { load_model(path("nothing.onnx")); });
  expect_error(ErrorKind::kIo, "the folder holds no model.onnx", [&] { load_model(folder_.string()); });
  const Network model = random_model(mixed_schema(), 1);
  expect_error(ErrorKind::kIo, "cannot write", [&] { save_model(model, path("no/such/folder/model.onnx")); });
  expect_error(ErrorKind::kIo, "cannot write", [&] { save_model(model, folder_.string()); });
  fs::create_directories(folder_ / "model.onnx");
  expect_error(ErrorKind::kIo, "cannot read", [&] { load_model(folder_.string()); });
}

TEST_F(ModelFile, NotAModel) {
  expect_error(ErrorKind::kData, "empty", [&] { load_model(file_with("")); });
  expect_error(ErrorKind::kData, "not an ONNX file", [&] { load_model(file_with("age,color,label\n1,red,x\n")); });
  expect_error(ErrorKind::kData, "", [&] { load_model(file_with(std::string(1000, '\0'))); });
}

TEST_F(ModelFile, EveryTruncationIsRefused) {
  Network model = random_model(mixed_schema(), 1);
  model.metadata = {{"l2", "0.0001"}, {"rows", "100"}};
  const std::string bytes = serialize_network(model);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(parse_network(std::string_view(bytes).substr(0, size), "cut"), Error)
        << size << " of " << bytes.size();
  }
}

TEST_F(ModelFile, RandomBytesAreRefused) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    std::string bytes(static_cast<std::size_t>(1 + random_bits(seed, 0) % 200), '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(random_bits(seed, i + 1));
    EXPECT_THROW(parse_network(bytes, "random"), Error);
  }
}

TEST_F(ModelFile, DamagedBytesGiveAnErrorOrAConsistentModel) {
  const std::string bytes = serialize_network(random_model(mixed_schema(), 1));
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    std::string damaged = bytes;
    damaged[random_bits(seed, 0) % bytes.size()] = static_cast<char>(random_bits(seed, 1));
    try {
      const Network model = parse_network(damaged, "damaged");
      EXPECT_EQ(model.layers[0].weights.cols(), model.schema.feature_count());
      EXPECT_TRUE(model.layers[0].weights.allFinite());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData) << error.what();
    }
  }
}

TEST_F(ModelFile, OfAnotherProducer) {
  onnx::ModelProto proto;
  proto.set_ir_version(7);
  proto.set_producer_name("pytorch");
  proto.mutable_graph()->set_name("net");
  expect_error(ErrorKind::kData, "this ONNX file is by \"pytorch\"",
               [&] { load_model(file_with(proto.SerializeAsString())); });
  proto.clear_producer_name();
  expect_error(ErrorKind::kData, "an unnamed producer", [&] { load_model(file_with(proto.SerializeAsString())); });
}

TEST_F(ModelFile, OfALaterFormat) {
  onnx::ModelProto proto = proto_of(random_model(mixed_schema(), 1));
  auto& last = *proto.mutable_metadata_props(proto.metadata_props_size() - 1);
  EXPECT_EQ(last.key(), "poise.format");
  last.set_value("5");
  expect_error(ErrorKind::kData, "format \"5\"", [&] { load_model(file_with(proto.SerializeAsString())); });
}

TEST_F(ModelFile, InconsistentParts) {
  const auto refused = [&](const std::string& message, auto change) {
    onnx::ModelProto proto = proto_of(random_model(array_schema(3, {"a", "b"}), 1));
    change(proto);
    expect_error(ErrorKind::kData, message, [&] { load_model(file_with(proto.SerializeAsString())); });
  };
  refused("does not fit the schema", [](auto& proto) { constant(proto, "weights").set_dims(0, 4); });
  refused("does not hold the numbers",
          [](auto& proto) { constant(proto, "center").mutable_double_data()->RemoveLast(); });
  refused("is not float64", [](auto& proto) { constant(proto, "bias").set_data_type(onnx::TensorProto::FLOAT); });
  refused("no constant \"weights\"", [](auto& proto) { constant(proto, "weights").set_name("w"); });
  refused("is not finite", [](auto& proto) { constant(proto, "weights").set_double_data(1, NAN); });
  refused("schema is not JSON", [](auto& proto) { proto.mutable_metadata_props(0)->set_value("{"); });
  refused("\"columns\" is missing",
          [](auto& proto) { proto.mutable_metadata_props(0)->set_value(R"({"format":"npy"})"); });
  refused("no ONNX graph", [](auto& proto) { proto.clear_graph(); });
}

TEST_F(ModelFile, HugeClaimsAreComparedNotBelieved) {
  Network model = random_model(array_schema(3, {"a", "b"}), 1);
  onnx::ModelProto proto = proto_of(model);
  const Index huge = std::numeric_limits<Index>::max();
  model.schema.array_features = huge;
  proto.mutable_metadata_props(0)->set_value(schema_to_json(model.schema).dump());
  constant(proto, "weights").set_dims(0, huge);
  constant(proto, "center").set_dims(0, huge);
  expect_error(ErrorKind::kData, "does not hold the numbers",
               [&] { load_model(file_with(proto.SerializeAsString())); });
}

TEST_F(ModelFile, UnusableModelsAreNotWritten) {
  const Network good = random_model(mixed_schema(), 1);
  const auto refused = [&](ErrorKind kind, const std::string& message, auto change) {
    Network model = good;
    change(model);
    expect_error(kind, message, [&] { save_model(model, path("bad.onnx")); });
    EXPECT_FALSE(fs::exists(path("bad.onnx")));
  };
  refused(ErrorKind::kUsage, "not finite", [](auto& model) { model.layers[0].weights(0, 0) = INFINITY; });
  refused(ErrorKind::kUsage, "biases", [](auto& model) { model.layers[0].bias.resize(1); });
  refused(ErrorKind::kUsage, "reserved", [](auto& model) { model.metadata["schema"] = ""; });
  refused(ErrorKind::kUsage, "category twice", [](auto& model) { model.schema.columns[1].categories[1] = "?"; });
  refused(ErrorKind::kData, "UTF-8", [](auto& model) { model.schema.classes[0] = "gr\xfcn"; });
  refused(ErrorKind::kData, "UTF-8", [](auto& model) { model.metadata["k"] = "gr\xfcn"; });
}

}  // namespace
}  // namespace poise
