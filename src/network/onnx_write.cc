#include "base/protobuf_writer.h"
#include "network/onnx_file.h"

namespace poise::inline network::onnx {
namespace {

void write(ProtobufWriter& to, const Tensor& tensor) {
  for (const Index size : tensor.shape) to.number(1, size);
  to.number(2, tensor.type);
  to.packed(4, tensor.floats);
  to.texts(6, tensor.strings);
  to.packed(7, tensor.int64s);
  to.text(8, tensor.name);
  to.packed(10, tensor.doubles);
}

void write(ProtobufWriter& to, const Attribute& attribute) {
  to.text(1, attribute.name);
  const int field = attribute.kind == Attribute::Kind::kInt ? 3 : 8;
  for (const Index value : attribute.ints) to.number(field, value);
  to.texts(9, attribute.strings);
  to.number(20, static_cast<Index>(attribute.kind));
}

void write(ProtobufWriter& to, const Node& node) {
  to.texts(1, node.inputs);
  to.texts(2, node.outputs);
  to.text(3, node.name);
  to.text(4, node.operation);
  for (const Attribute& attribute : node.attributes) to.message(5, [&] { write(to, attribute); });
  to.text_if_any(7, node.domain);
}

void write(ProtobufWriter& to, const Value& value) {
  to.text(1, value.name);
  const auto shape = [&] {
    to.message(1, [&] { to.text(2, "rows"); });
    for (const Index size : value.shape_after_rows) to.message(1, [&] { to.number(1, size); });
  };
  const auto tensor_type = [&] {
    to.number(1, static_cast<Index>(value.type));
    to.message(2, shape);
  };
  to.message(2, [&] { to.message(1, tensor_type); });
  to.text_if_any(3, value.meaning);
}

void write(ProtobufWriter& to, const Graph& graph) {
  for (const Node& node : graph.nodes) to.message(1, [&] { write(to, node); });
  to.text(2, graph.name);
  for (const Tensor& constant : graph.constants) to.message(5, [&] { write(to, constant); });
  for (const Value& input : graph.inputs) to.message(11, [&] { write(to, input); });
  for (const Value& output : graph.outputs) to.message(12, [&] { write(to, output); });
}

}  // namespace

std::string write(const Model& model) {
  ProtobufWriter to;
  to.number(1, model.ir_version);
  to.text(2, model.producer_name);
  to.text(3, model.producer_version);
  to.text(6, model.description);
  to.message(7, [&] { write(to, model.graph); });
  for (const auto& set : model.operator_sets) {
    to.message(8, [&] {
      to.text_if_any(1, set.first);
      to.number(2, set.second);
    });
  }
  for (const auto& entry : model.metadata) {
    to.message(14, [&] {
      to.text(1, entry.first);
      to.text(2, entry.second);
    });
  }
  return to.take();
}

}  // namespace poise::inline network::onnx
