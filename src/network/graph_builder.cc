#include "network/graph_builder.h"

#include <fmt/core.h>

namespace poise::inline network {
namespace {

void set_shape(onnx::ValueInfoProto& value, GraphBuilder::Type type, const std::vector<Index>& shape_after_rows) {
  auto& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape()->add_dim()->set_dim_param("rows");
  for (Index size : shape_after_rows) tensor.mutable_shape()->add_dim()->set_dim_value(size);
}

}  // namespace

GraphBuilder::GraphBuilder(onnx::GraphProto& graph, std::vector<std::string> reserved)
    : graph_(graph), taken_(reserved.begin(), reserved.end()) {}

std::string GraphBuilder::input(const std::string& name, Index number, Type type, Index width,
                                const std::string& meaning) {
  std::string free_name = name;
  if (name.empty() || name.starts_with("poise/") || taken_.contains(name))
    free_name = fmt::format("{}#{}", name, number);
  while (!taken_.insert(free_name).second) free_name += "#";
  auto& value = *graph_.add_input();
  value.set_name(free_name);
  value.set_doc_string(meaning);
  set_shape(value, type, {width});
  return free_name;
}

void GraphBuilder::output(const std::string& name, Type type, const std::vector<Index>& shape_after_rows) {
  auto& value = *graph_.add_output();
  value.set_name(name);
  set_shape(value, type, shape_after_rows);
}

onnx::TensorProto& GraphBuilder::tensor(const std::string& name, Type type, const std::vector<Index>& shape) {
  auto& tensor = *graph_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (Index size : shape) tensor.add_dims(size);
  return tensor;
}

std::string GraphBuilder::constant(const std::string& name, const double* values, const std::vector<Index>& shape) {
  Index count = 1;
  for (Index size : shape) count *= size;
  tensor(name, onnx::TensorProto::DOUBLE, shape).mutable_double_data()->Add(values, values + count);
  return name;
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<float>& values) {
  tensor(name, onnx::TensorProto::FLOAT, {std::ssize(values)}).mutable_float_data()->Add(values.begin(), values.end());
  return name;
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<Index>& values) {
  tensor(name, onnx::TensorProto::INT64, {std::ssize(values)}).mutable_int64_data()->Add(values.begin(), values.end());
  return name;
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<std::string>& values) {
  tensor(name, onnx::TensorProto::STRING, {std::ssize(values)})
      .mutable_string_data()
      ->Add(values.begin(), values.end());
  return name;
}

std::string GraphBuilder::node(const std::string& operation, const std::vector<std::string>& inputs,
                               const std::string& output) {
  auto& node = *graph_.add_node();
  node.set_op_type(operation);
  node.set_name(output);
  for (const std::string& name : inputs) node.add_input(name);
  node.add_output(output);
  return output;
}

std::string GraphBuilder::cast(const std::string& value, Type type, const std::string& output) {
  node("Cast", {value}, output);
  attribute("to", Index{type});
  return output;
}

std::string GraphBuilder::concatenate(const std::vector<std::string>& values, const std::string& output) {
  if (values.size() == 1) return values.front();
  node("Concat", values, output);
  attribute("axis", 1);
  return output;
}

onnx::AttributeProto& GraphBuilder::new_attribute(const std::string& name, onnx::AttributeProto::AttributeType type) {
  auto& attribute = *graph_.mutable_node(graph_.node_size() - 1)->add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

void GraphBuilder::attribute(const std::string& name, Index value) {
  new_attribute(name, onnx::AttributeProto::INT).set_i(value);
}

void GraphBuilder::attribute(const std::string& name, const std::vector<Index>& values) {
  new_attribute(name, onnx::AttributeProto::INTS).mutable_ints()->Add(values.begin(), values.end());
}

void GraphBuilder::attribute(const std::string& name, const std::vector<std::string>& values) {
  new_attribute(name, onnx::AttributeProto::STRINGS).mutable_strings()->Add(values.begin(), values.end());
}

void GraphBuilder::domain(const std::string& name) { graph_.mutable_node(graph_.node_size() - 1)->set_domain(name); }

}  // namespace poise::inline network
