// Files of networks; what softmax layers and networks have in common is in model_file_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/schema_json.h"
#include "network/model_check.h"
#include "network/model_file.h"
#include "poise/error.h"
#include "sample_convolutions.h"

namespace poise {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

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
  ASSERT_EQ(a.architecture(), b.architecture());
  for (std::size_t l = 0; l < a.layers.size(); ++l) {
    EXPECT_TRUE(a.layers[l].weights == b.layers[l].weights);  // to the bit
    EXPECT_TRUE(a.layers[l].bias == b.layers[l].bias);
    EXPECT_EQ(a.layers[l].activation, b.layers[l].activation);
  }
  EXPECT_EQ(a.head, b.head);
  EXPECT_EQ(a.output_unit, b.output_unit);
  EXPECT_TRUE(a.center == b.center);
  EXPECT_EQ(a.metadata, b.metadata);
  EXPECT_EQ(schema_to_json(a.schema), schema_to_json(b.schema));
}

onnx::ModelProto proto_of(const Network& network) {
  onnx::ModelProto proto;
  EXPECT_TRUE(proto.ParseFromString(serialize_network(network)));
  return proto;
}

onnx::TensorProto& constant(onnx::ModelProto& proto, const std::string& name) {
  for (auto& tensor : *proto.mutable_graph()->mutable_initializer()) {
    if (tensor.name() == name) return tensor;
  }
  throw std::runtime_error("no constant " + name);
}

std::string& property(onnx::ModelProto& proto, const std::string& key) {
  for (auto& entry : *proto.mutable_metadata_props()) {
    if (entry.key() == "poise." + key) return *entry.mutable_value();
  }
  throw std::runtime_error("no property " + key);
}

Network small_autoencoder(Head head) {
  Network network = random_network(array_schema(5, {}), {4, 2}, Activation::kTanh, head, 1);
  network.output_unit = 16;
  return network;
}

Network small_network() {
  return random_network(array_schema(5, {"a", "b", "c"}), {4, 6}, Activation::kRelu, Head::kSoftmax, 1);
}

Network small_image_network() {
  Network network;
  network.schema = array_schema(6 * 5 * 2, {"a", "b", "c"});
  network.layers = random_layers({{{6, 5, 2}, 4, 3, 1, 2}, {{3, 2, 4}, 3, 2, 0, 1}}, {5, 3}, Activation::kTanh, 3);
  network.center = Vector::Constant(60, 0.5);
  return network;
}

TEST(NetworkFile, ConvolutionsRoundTrip) {
  const Network network = small_image_network();
  const Network back = parse_network(serialize_network(network), "a file");
  expect_same(network, back);
  for (std::size_t l = 0; l < 2; ++l) EXPECT_EQ(back.layers[l].convolution, network.layers[l].convolution);
  onnx::ModelProto proto = proto_of(network);
  EXPECT_EQ(property(proto, "format"), "4");
  const auto& kernels = constant(proto, "layer1/weights").dims();
  EXPECT_THAT(std::vector<Index>(kernels.begin(), kernels.end()), testing::ElementsAre(4, 2, 3, 3));
}

TEST(NetworkFile, ConvolutionsThatDoNotFitAreRefused) {
  const auto with = [](const std::string& from, const std::string& to) {
    onnx::ModelProto proto = proto_of(small_image_network());
    std::string& form = property(proto, "network");
    const std::size_t at = form.find(from);
    EXPECT_NE(at, std::string::npos) << form;
    form.replace(at, from.size(), to);
    return proto.SerializeAsString();
  };
  const std::pair<const char*, const char*> changes[] = {{"[6,5,2]", "[5,6,3]"},
                                                         {"[6,5,2]", "[6,5]"},
                                                         {"[6,5,2]", "[6,1099511627776,2]"},
                                                         {"\"kernels\":4", "\"kernels\":-4"},
                                                         {"\"kernels\":4", "\"kernels\":5"},
                                                         {"\"pool\":2", "\"pool\":0"},
                                                         {"\"pool\":2", "\"pool\":1"},
                                                         {"\"side\":3", "\"side\":2"},
                                                         {"\"padding\":1", "\"padding\":7"},
                                                         {",\"convolutions\"", ",\"others\""},
                                                         {"null]", "null,null]"}};
  for (const auto& [from, to] : changes) {
    SCOPED_TRACE(std::string(from) + " -> " + to);
    EXPECT_THROW((void)parse_network(with(from, to), "a file"), Error);
  }
}

TEST(NetworkFile, AConvolutionsCenterIsFloat32AndItIsNotTheLast) {
  Network network = small_image_network();
  network.center[3] = 0.1;
  EXPECT_EQ(network_fault(network), "the center of a convolution is not float32");
  network = small_image_network();
  network.layers.resize(1);
  EXPECT_EQ(network_fault(network), "the last layer is a convolution");
  EXPECT_THROW(require_dense(network.layers, "a thing"), Error);
}

TEST(NetworkFile, RoundTripIsExact) {
  for (Head head : {Head::kSoftmax, Head::kSigmoid, Head::kLinear, Head::kLogistic}) {
    for (const std::vector<Index>& hidden : {std::vector<Index>{}, {1}, {9, 3, 12}}) {
      Network network = random_network(mixed_schema(), hidden, Activation::kTanh, head, 2);
      network.layers[0].weights(0, 0) = 5e-324;
      network.layers[0].bias[0] = -1.7976931348623157e308;
      if (hidden.size() == 3) network.layers[1].activation = Activation::kIdentity;
      if (network.reconstructs()) network.output_unit = 1.0 / 3;
      network.metadata = {{"epochs", "12"}, {"note", "line\nline \"ü\""}};
      expect_same(parse_network(serialize_network(network), "memory"), network);
    }
  }
}

TEST(NetworkFile, TheFormatSaysWhetherAnOlderPoiseCanReadIt) {
  const Schema schema = array_schema(2, {"a", "b"});
  const auto format = [&](const std::vector<Index>& hidden, Head head) {
    onnx::ModelProto proto = proto_of(random_network(schema, hidden, Activation::kTanh, head, 1));
    return property(proto, "format");
  };
  EXPECT_EQ(format({}, Head::kSoftmax), "1");
  EXPECT_EQ(format({}, Head::kSigmoid), "2");
  EXPECT_EQ(format({3}, Head::kSoftmax), "2");
  EXPECT_EQ(format({}, Head::kLinear), "3");
  EXPECT_EQ(format({3}, Head::kLogistic), "3");
}

TEST(NetworkFile, TheSoftmaxLayerReadsAsANetwork) {
  const Network network = random_model(mixed_schema(), 3);
  expect_same(parse_network(serialize_network(network), "memory"), network);
}

TEST(NetworkFile, LoadModelSaysWhatItIs) {
  const fs::path folder = fs::temp_directory_path() / ("poise-network-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  save_model(small_network(), (folder / "model.onnx").string());
  expect_same(load_model(folder.string()), small_network());
  expect_error(ErrorKind::kData, "model.onnx: this is a network with hidden layers, 5 -> 4 relu -> 6 relu -> 3 softmax",
               [&] { load_softmax_layer(folder.string()); });
  expect_error(ErrorKind::kData, "certificates and warm starts exist for it alone",
               [&] { load_softmax_layer((folder / "model.onnx").string()); });
  fs::remove_all(folder);
  expect_error(ErrorKind::kIo, "no such file", [&] { load_softmax_layer(folder.string()); });
}

TEST(NetworkFile, InconsistentParts) {
  const auto refused = [&](const std::string& message, auto change) {
    onnx::ModelProto proto = proto_of(small_network());
    change(proto);
    expect_error(ErrorKind::kData, message, [&] { parse_network(proto.SerializeAsString(), "memory"); });
  };
  const auto form = [](const std::string& text) { return [=](auto& proto) { property(proto, "network") = text; }; };
  refused("layer 2 has the unknown activation \"swish\"", form(R"({"hidden":["relu","swish"],"head":"softmax"})"));
  refused("unknown head \"hinge\"", form(R"({"hidden":["relu","relu"],"head":"hinge"})"));
  refused("metadata poise.network is not a network's", form("{"));
  refused("metadata poise.network is not a network's", form("[]"));
  refused("metadata poise.network is not a network's", form(R"({"hidden":[1],"head":"softmax"})"));
  refused("metadata poise.network is not a network's", form(R"({"hidden":["relu"]})"));
  refused("no constant \"layer4/weights\"", form(R"({"hidden":["relu","relu","relu"],"head":"softmax"})"));
  refused("the shape of \"layer2/weights\" does not fit", form(R"({"hidden":["relu"],"head":"softmax"})"));
  refused("the shape of \"layer1/weights\" does not fit", form(R"({"hidden":[],"head":"sigmoid"})"));
  refused("no constant \"layer1/weights\"", [](auto& proto) { constant(proto, "layer1/weights").set_name("w"); });
  refused("does not say what its layers are",
          [](auto& proto) { proto.mutable_metadata_props(1)->set_key("poise.form"); });
  refused("the shape of \"layer2/weights\"", [](auto& proto) { constant(proto, "layer2/weights").set_dims(0, 5); });
  refused("\"layer2/weights\" is not a matrix", [](auto& proto) { constant(proto, "layer2/weights").clear_dims(); });
  refused("the shape of \"layer2/bias\"", [](auto& proto) { constant(proto, "layer2/bias").set_dims(0, 7); });
  refused("\"layer1/bias\" does not hold the numbers",
          [](auto& proto) { constant(proto, "layer1/bias").mutable_double_data()->RemoveLast(); });
  refused("of layer 3 is not finite", [](auto& proto) { constant(proto, "layer3/weights").set_double_data(1, NAN); });
  refused("\"layer3/bias\" is not float64",
          [](auto& proto) { constant(proto, "layer3/bias").set_data_type(onnx::TensorProto::INT64); });
  refused("no constant \"weights\"", [](auto& proto) { property(proto, "format") = "1"; });
}

TEST(NetworkFile, InconsistentPartsOfWhatReconstructs) {
  const auto refused = [&](const std::string& message, auto change) {
    onnx::ModelProto proto = proto_of(small_autoencoder(Head::kLogistic));
    change(proto);
    expect_error(ErrorKind::kData, message, [&] { parse_network(proto.SerializeAsString(), "memory"); });
  };
  const auto form = [](const std::string& text) { return [=](auto& proto) { property(proto, "network") = text; }; };
  refused("metadata poise.network is not a network's", form(R"({"hidden":["relu","relu"],"head":"logistic"})"));
  refused("metadata poise.network is not a network's",
          form(R"({"hidden":["relu","relu"],"head":"logistic","output_unit":null})"));
  refused("the unit of the outputs is 0", form(R"({"hidden":["relu","relu"],"head":"logistic","output_unit":0})"));
  refused("the unit of the outputs is -1", form(R"({"hidden":["relu","relu"],"head":"linear","output_unit":-1})"));
  refused("the file has format 3, which knows no softmax head", form(R"({"hidden":["relu","relu"],"head":"softmax"})"));
  refused("the file has format 2, which knows no logistic head", [](auto& proto) { property(proto, "format") = "2"; });
  refused("the shape of \"layer3/weights\"", [](auto& proto) { constant(proto, "layer3/weights").set_dims(1, 4); });
  refused("2 classes of a network that reconstructs features", [](auto& proto) {
    property(proto, "schema") = schema_to_json(array_schema(5, {"a", "b"})).dump();
  });
}

TEST(NetworkFile, ANetworkThatCannotReconstructIsNotSaved) {
  const auto refused = [](const std::string& message, auto change) {
    Network network = small_autoencoder(Head::kLinear);
    change(network);
    expect_error(ErrorKind::kUsage, message, [&] { serialize_network(network); });
  };
  refused("2 classes of a network that reconstructs features", [](Network& n) { n.schema.classes = {"a", "b"}; });
  refused("the unit of the outputs is inf", [](Network& n) { n.output_unit = INFINITY; });
  refused("4 rows of weights, 5 features to reconstruct", [](Network& n) {
    n.layers.back().weights.conservativeResize(4, 2);
    n.layers.back().bias.conservativeResize(4);
  });
}

TEST(NetworkFile, SaysThatWhatReconstructsIsNoSoftmaxLayer) {
  for (const std::vector<Index>& hidden : {std::vector<Index>{}, {2}}) {
    const Network network = random_network(array_schema(5, {}), hidden, Activation::kTanh, Head::kLinear, 1);
    expect_error(ErrorKind::kData, "this is a network that reconstructs features, 5 -> ",
                 [&] { require_softmax_layer(network); });
  }
}

TEST(NetworkFile, HugeClaimsAreComparedNotBelieved) {
  const Index huge = std::numeric_limits<Index>::max();
  for (Index claim : {huge, Index{1} << 62, Index{0}, Index{-1}}) {
    onnx::ModelProto proto = proto_of(small_network());
    constant(proto, "layer1/weights").set_dims(1, claim);
    constant(proto, "layer1/bias").set_dims(0, claim);
    constant(proto, "layer2/weights").set_dims(0, claim);
    expect_error(ErrorKind::kData, "does not hold the numbers",
                 [&] { parse_network(proto.SerializeAsString(), "memory"); });
  }
  onnx::ModelProto proto = proto_of(small_network());
  nlohmann::json hidden = std::vector<std::string>(100000, "relu");
  property(proto, "network") = nlohmann::json{{"hidden", hidden}, {"head", "softmax"}}.dump();
  expect_error(ErrorKind::kData, "no constant \"layer4/weights\"",
               [&] { parse_network(proto.SerializeAsString(), "memory"); });
}

TEST(NetworkFile, EveryTruncationIsRefused) {
  for (const Network& network : {small_network(), small_autoencoder(Head::kLinear)}) {
    const std::string bytes = serialize_network(network);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_THROW(parse_network(std::string_view(bytes).substr(0, size), "cut"), Error)
          << size << " of " << bytes.size();
    }
  }
}

TEST(NetworkFile, DamagedBytesGiveAnErrorOrAConsistentNetwork) {
  for (const Network& given : {small_network(), small_autoencoder(Head::kLogistic)}) {
    const std::string bytes = serialize_network(given);
    for (std::uint64_t seed = 0; seed < 5000; ++seed) {
      std::string damaged = bytes;
      damaged[random_bits(seed, 0) % bytes.size()] = static_cast<char>(random_bits(seed, 1));
      try {
        const Network network = parse_network(damaged, "damaged");
        EXPECT_EQ(network.widths(), given.widths());
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kData) << error.what();
      }
    }
  }
}

TEST(NetworkFile, UnusableNetworksAreNotWritten) {
  const auto refused = [&](const std::string& message, auto change) {
    Network network = small_network();
    change(network);
    expect_error(ErrorKind::kUsage, message, [&] { serialize_network(network); });
  };
  refused("no layers", [](Network& network) { network.layers.clear(); });
  refused("inputs", [](Network& network) { network.layers[1].weights.resize(6, 5); });
  refused("biases of layer 2", [](Network& network) { network.layers[1].bias.resize(1); });
  refused("not at least 1×1", [](Network& network) { network.layers[0].weights.resize(0, 5); });
  refused("of layer 2 is not finite", [](Network& network) { network.layers[1].weights(0, 0) = INFINITY; });
  refused("center", [](Network& network) { network.center.resize(1); });
  refused("classes", [](Network& network) { network.schema.classes.pop_back(); });
  refused("an activation and a head",
          [](Network& network) { network.layers.back().activation = Activation::kSigmoid; });
  refused("reserved", [](Network& network) { network.metadata["network"] = ""; });
}

}  // namespace
}  // namespace poise
