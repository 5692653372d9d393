// Appends inputs, constants and nodes to an ONNX graph: the little that the model file needs.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "base/index.h"
#include "network/onnx_file.h"

namespace poise::inline network {

/// A value of the graph is known by its name; every name is used once. The functions return the name of what they add.
class GraphBuilder {
 public:
  using Type = onnx::Type;

  /// Names that inputs must not take, besides those that start with "poise/".
  GraphBuilder(onnx::Graph& graph, std::vector<std::string> reserved);

  /// An input of shape [rows, width], named `name`, or that with `#number` behind it if the name is empty or taken.
  std::string input(const std::string& name, Index number, Type type, Index width, const std::string& meaning);
  void output(const std::string& name, Type type, const std::vector<Index>& shape_after_rows);

  std::string constant(const std::string& name, const double* values, const std::vector<Index>& shape);
  std::string constant(const std::string& name, const std::vector<float>& values);
  std::string constant(const std::string& name, const std::vector<Index>& values);
  std::string constant(const std::string& name, const std::vector<std::string>& values);

  /// A node with one output, which gives the node its name; attributes are added with `attribute`.
  std::string node(const std::string& operation, const std::vector<std::string>& inputs, const std::string& output);
  std::string cast(const std::string& value, Type type, const std::string& output);
  /// Puts [rows, ·] values side by side; a single one stays as it is.
  std::string concatenate(const std::vector<std::string>& values, const std::string& output);

  /// Of the node added last.
  void attribute(const std::string& name, Index value);
  void attribute(const std::string& name, const std::vector<Index>& values);
  void attribute(const std::string& name, const std::vector<std::string>& values);
  void domain(const std::string& name);

 private:
  onnx::Tensor& tensor(const std::string& name, Type type, const std::vector<Index>& shape);
  onnx::Attribute& new_attribute(const std::string& name, onnx::Attribute::Kind kind);

  onnx::Graph& graph_;
  std::unordered_set<std::string> taken_;
};

}  // namespace poise::inline network
