// An ONNX file: a protocol buffer, of which models of Poise need little. What is here is that little, field by field as
// in onnx.proto, so that no protobuf library has to be in the process; with it tests hold the two together.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/index.h"

namespace poise::inline network::onnx {

/// TensorProto.DataType
enum class Type { kUndefined = 0, kFloat = 1, kInt64 = 7, kString = 8, kDouble = 11 };

/// TensorProto: numbers or texts of one type, in `floats`, `int64s`, `strings` or `doubles`.
struct Tensor {
  std::string name;
  Index type = 0;  ///< a Type, or another number that a file has
  std::vector<Index> shape;
  std::vector<float> floats;
  std::vector<std::string> strings;
  std::vector<Index> int64s;
  std::vector<double> doubles;
};

/// AttributeProto: an integer, several, or several texts.
struct Attribute {
  enum class Kind { kInt = 2, kInts = 7, kStrings = 8 };
  std::string name;
  Kind kind = Kind::kInt;
  std::vector<Index> ints;
  std::vector<std::string> strings;
};

/// NodeProto
struct Node {
  std::vector<std::string> inputs, outputs;
  std::string name, operation;
  std::vector<Attribute> attributes;
  std::string domain;
};

/// ValueInfoProto of a tensor: its first size is called "rows", the others are numbers.
struct Value {
  std::string name;
  Type type = Type::kUndefined;
  std::vector<Index> shape_after_rows;
  std::string meaning;
};

/// GraphProto
struct Graph {
  std::vector<Node> nodes;
  std::string name;
  std::vector<Tensor> constants;
  std::vector<Value> inputs, outputs;
};

/// ModelProto
struct Model {
  Index ir_version = 0;
  std::string producer_name, producer_version, description;
  Graph graph;
  std::vector<std::pair<std::string, Index>> operator_sets;   ///< domain, version
  std::vector<std::pair<std::string, std::string>> metadata;  ///< key, value
  bool has_graph = false;                                     ///< of a file read
};

/// The bytes that protobuf writes, too.
std::string write(const Model& model);

/// What model files are read for: producer, metadata, and the graph's constants with their doubles. False if the bytes
/// are no protocol buffer, or are cut short. Fields that are not known, or of another kind, are skipped.
bool read(std::string_view bytes, Model& model);

}  // namespace poise::inline network::onnx
