#include "network/graph_builder.h"

#include <fmt/core.h>

namespace poise::inline network {

GraphBuilder::GraphBuilder(onnx::Graph& graph, std::vector<std::string> reserved)
    : graph_(graph), taken_(reserved.begin(), reserved.end()) {}

std::string GraphBuilder::input(const std::string& name, Index number, Type type, Index width,
                                const std::string& meaning) {
  std::string free_name = name;
  if (name.empty() || name.starts_with("poise/") || taken_.contains(name))
    free_name = fmt::format("{}#{}", name, number);
  while (!taken_.insert(free_name).second) free_name += "#";
  graph_.inputs.push_back({free_name, type, {width}, meaning});
  return free_name;
}

void GraphBuilder::output(const std::string& name, Type type, const std::vector<Index>& shape_after_rows) {
  graph_.outputs.push_back({name, type, shape_after_rows, ""});
}

onnx::Tensor& GraphBuilder::tensor(const std::string& name, Type type, const std::vector<Index>& shape) {
  onnx::Tensor& tensor = graph_.constants.emplace_back();
  tensor.name = name;
  tensor.type = static_cast<Index>(type);
  tensor.shape = shape;
  return tensor;
}

std::string GraphBuilder::constant(const std::string& name, const double* values, const std::vector<Index>& shape) {
  Index count = 1;
  for (Index size : shape) count *= size;
  tensor(name, Type::kDouble, shape).doubles.assign(values, values + count);
  return name;
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<float>& values) {
  tensor(name, Type::kFloat, {std::ssize(values)}).floats = values;
  return name;
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<Index>& values) {
  tensor(name, Type::kInt64, {std::ssize(values)}).int64s = values;
  return name;
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<std::string>& values) {
  tensor(name, Type::kString, {std::ssize(values)}).strings = values;
  return name;
}

std::string GraphBuilder::node(const std::string& operation, const std::vector<std::string>& inputs,
                               const std::string& output) {
  onnx::Node& node = graph_.nodes.emplace_back();
  node.inputs = inputs;
  node.outputs = {output};
  node.name = output;
  node.operation = operation;
  return output;
}

std::string GraphBuilder::cast(const std::string& value, Type type, const std::string& output) {
  node("Cast", {value}, output);
  attribute("to", static_cast<Index>(type));
  return output;
}

std::string GraphBuilder::concatenate(const std::vector<std::string>& values, const std::string& output) {
  if (values.size() == 1) return values.front();
  node("Concat", values, output);
  attribute("axis", 1);
  return output;
}

onnx::Attribute& GraphBuilder::new_attribute(const std::string& name, onnx::Attribute::Kind kind) {
  onnx::Attribute& attribute = graph_.nodes.back().attributes.emplace_back();
  attribute.name = name;
  attribute.kind = kind;
  return attribute;
}

void GraphBuilder::attribute(const std::string& name, Index value) {
  new_attribute(name, onnx::Attribute::Kind::kInt).ints = {value};
}

void GraphBuilder::attribute(const std::string& name, const std::vector<Index>& values) {
  new_attribute(name, onnx::Attribute::Kind::kInts).ints = values;
}

void GraphBuilder::attribute(const std::string& name, const std::vector<std::string>& values) {
  new_attribute(name, onnx::Attribute::Kind::kStrings).strings = values;
}

void GraphBuilder::domain(const std::string& name) { graph_.nodes.back().domain = name; }

}  // namespace poise::inline network
