// Our own writer and reader of ONNX files beside protobuf's.
#include "network/onnx_file.h"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include "network/model_file.h"
#include "sample_models.h"

namespace poise {
namespace {

/// Files with every kind of field that is written: several layers and heads, categories, missing values.
std::vector<std::string> files() {
  std::vector<std::string> bytes{serialize_network(random_model(mixed_schema(), 1))};
  for (const Head head : {Head::kSoftmax, Head::kSigmoid}) {
    Network network = random_network(mixed_schema(), {300, 2}, Activation::kTanh, head, 2);
    network.metadata["note"] = std::string(200, 'n');
    bytes.push_back(serialize_network(network));
  }
  bytes.push_back(serialize_network(random_model(array_schema(3, {"a", "b", ""}), 4)));
  return bytes;
}

TEST(OnnxFile, HasTheBytesThatProtobufWrites) {
  for (const std::string& bytes : files()) {
    ::onnx::ModelProto proto;
    ASSERT_TRUE(proto.ParseFromString(bytes));
    EXPECT_TRUE(proto.GetReflection()->GetUnknownFields(proto).empty());
    EXPECT_EQ(proto.SerializeAsString(), bytes);
  }
}

/// Whoever cuts a file: both see it, or both see a whole message, at every place.
TEST(OnnxFile, IsCutShortWhereProtobufSaysSo) {
  for (const std::string& bytes : files()) {
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
      const std::string_view part(bytes.data(), size);
      ::onnx::ModelProto proto;
      onnx::Model model;
      const bool whole = proto.ParseFromArray(part.data(), static_cast<int>(size));
      ASSERT_EQ(onnx::read(part, model), whole) << size << " of " << bytes.size();
      if (whole) {
        ASSERT_EQ(std::ssize(model.metadata), proto.metadata_props_size());
      }
    }
  }
}

/// Fields of later versions of ONNX, numbers packed or not, parts that come in several pieces.
TEST(OnnxFile, IsReadAsProtobufReadsIt) {
  ::onnx::ModelProto proto;
  ASSERT_TRUE(proto.ParseFromString(files()[0]));
  proto.set_domain("org.example");
  proto.mutable_graph()->mutable_initializer(0)->set_raw_data("raw");
  proto.GetReflection()->MutableUnknownFields(&proto)->AddFixed32(900, 7);
  proto.GetReflection()->MutableUnknownFields(&proto)->AddFixed64(901, 7);
  proto.GetReflection()->MutableUnknownFields(&proto)->AddVarint(902, ~std::uint64_t{0});
  ::onnx::ModelProto second;
  auto& tensor = *second.mutable_graph()->add_initializer();
  tensor.set_name("late");
  tensor.set_data_type(1000);
  tensor.add_dims(-1);
  // double_data, 10, as fields of their own and packed; dims, 1, packed
  tensor.GetReflection()->MutableUnknownFields(&tensor)->AddFixed64(10, std::bit_cast<std::uint64_t>(2.5));
  tensor.GetReflection()->MutableUnknownFields(&tensor)->AddLengthDelimited(1, std::string("\x05\x80\x01", 3));
  onnx::Model model;
  ASSERT_TRUE(onnx::read(proto.SerializeAsString() + second.SerializeAsString(), model));
  ASSERT_EQ(std::ssize(model.graph.constants), proto.graph().initializer_size() + 1);
  for (int i = 0; i < proto.graph().initializer_size(); ++i) {
    const auto& expected = proto.graph().initializer(i);
    const onnx::Tensor& found = model.graph.constants[static_cast<std::size_t>(i)];
    EXPECT_EQ(found.name, expected.name());
    EXPECT_EQ(found.type, expected.data_type());
    EXPECT_TRUE(std::ranges::equal(found.shape, expected.dims()));
    EXPECT_TRUE(std::ranges::equal(found.doubles, expected.double_data()));
  }
  const onnx::Tensor& late = model.graph.constants.back();
  EXPECT_EQ(late.type, 1000);
  EXPECT_EQ(late.shape, (std::vector<Index>{-1, 5, 128}));
  EXPECT_EQ(late.doubles, std::vector<double>{2.5});
}

TEST(OnnxFile, IsNoOtherBytes) {
  const std::string endless(11, '\xff'), group("\x0b\x0c", 2), no_field(2, '\0'),
      third_of_a_double(
          "\x3a\x05\x2a\x03\x51"
          "ab",
          7);
  for (const std::string& bytes : {endless, group, no_field, third_of_a_double}) {
    onnx::Model model;
    EXPECT_FALSE(onnx::read(bytes, model));
  }
}

}  // namespace
}  // namespace poise
