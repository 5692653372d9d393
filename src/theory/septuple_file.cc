#include "poise/theory/septuple_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "base/parse_json.h"
#include "base/words.h"
#include "poise/error.h"

namespace poise {
namespace {

using nlohmann::json;

constexpr const char* kPlaces[] = {"bulk", "outputs", "inputs", "boundary"};  // by LossPlace

/// Reads the members of the file's object, each error with the file and the member.
class Reader {
 public:
  Reader(const json& object, const std::string& path) : object_(object), path_(path) {}

  Septuple run() {
    if (!object_.is_object()) fail("the file", object_.type_name(), "an object: {\"weights\": …}");
    check_names();
    Septuple out;
    out.weights = weights();
    const Index n = out.weights.rows();
    out.bias = object_.contains("bias") ? vector("bias") : Vector(Vector::Zero(n));
    out.activation = activations(n);
    out.inputs = neurons("inputs"), out.outputs = neurons("outputs");
    out.place = place();
    if (object_.contains("mass_squared")) out.mass_squared = number(object_["mass_squared"], "mass_squared");
    read_clamped(out);
    try {
      out.validate();
    } catch (const Error& error) {
      throw Error(ErrorKind::kData, error.found(), error.expected(), error.hint(), {path_});
    }
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& found, const std::string& expected) const {
    throw Error(ErrorKind::kData, fmt::format("{} is {}", what, found), expected, "docs/septuple.md has an example",
                {path_});
  }

  void check_names() const {
    static const std::set<std::string> kNames{"weights", "bias", "activation",   "inputs",
                                              "outputs", "loss", "mass_squared", "clamped"};
    for (const auto& [name, value] : object_.items()) {
      if (!kNames.contains(name))
        fail(fmt::format("the member \"{}\"", name), "unknown",
             "weights, bias, activation, inputs, outputs, loss, mass_squared or clamped");
    }
    if (!object_.contains("weights")) fail("the member \"weights\"", "missing", "N rows of N numbers");
  }

  static std::string quoted(const json& value) {
    return value.is_structured() ? value.type_name() : std::string(first_characters(value.dump(), 40));
  }

  double number(const json& value, const std::string& what) const {
    if (!value.is_number()) fail(what, quoted(value), "a number");
    return value.get<double>();
  }

  Vector vector_of(const json& value, const std::string& what) const {
    if (!value.is_array()) fail(what, value.type_name(), "an array of numbers");
    Vector out(std::ssize(value));
    for (std::size_t k = 0; k < value.size(); ++k)
      out[static_cast<Index>(k)] = number(value[k], fmt::format("entry {} of {}", k, what));
    return out;
  }
  Vector vector(const char* name) const { return vector_of(object_[name], name); }

  Matrix weights() const {
    const json& rows = object_["weights"];
    if (!rows.is_array() || rows.empty()) fail("weights", rows.type_name(), "N rows of N numbers");
    const Index n = std::ssize(rows);
    Matrix out(n, n);
    for (Index i = 0; i < n; ++i) {
      const std::string what = fmt::format("row {} of weights", i);
      const Vector row = vector_of(rows[i], what);
      if (row.size() != n) fail(what, fmt::format("of {} numbers", row.size()), fmt::format("{}, one a neuron", n));
      out.row(i) = row.transpose();
    }
    return out;
  }

  Activation activation(const json& value, const std::string& what) const {
    for (const Activation known : {Activation::kIdentity, Activation::kSigmoid, Activation::kTanh, Activation::kRelu}) {
      if (value.is_string() && value.get<std::string>() == to_string(known)) return known;
    }
    fail(what, quoted(value), "\"identity\", \"sigmoid\", \"tanh\" or \"relu\"");
  }

  std::vector<Activation> activations(Index n) const {
    if (!object_.contains("activation")) return std::vector<Activation>(n, Activation::kTanh);
    const json& given = object_["activation"];
    if (!given.is_array()) return std::vector<Activation>(n, activation(given, "activation"));
    std::vector<Activation> out;
    for (const json& one : given) out.push_back(activation(one, fmt::format("activation of neuron {}", out.size())));
    return out;
  }

  std::vector<Index> neurons(const char* name) const {
    std::vector<Index> out;
    if (!object_.contains(name)) return out;
    if (!object_[name].is_array()) fail(name, object_[name].type_name(), "an array of numbers of neurons, from 0");
    for (const json& one : object_[name]) {
      if (!one.is_number_unsigned() || one.get<std::uint64_t>() > kLargestNumber)
        fail(fmt::format("{} of {}", quoted(one), name), "no neuron", "the number of a neuron, from 0");
      out.push_back(one.get<Index>());
    }
    return out;
  }

  LossPlace place() const {
    if (!object_.contains("loss")) return LossPlace::kBulk;
    const json& given = object_["loss"];
    const auto* const found = std::ranges::find_if(
        kPlaces, [&](const char* name) { return given.is_string() && given.get<std::string>() == name; });
    if (found == std::end(kPlaces)) fail("loss", quoted(given), "\"bulk\", \"outputs\", \"inputs\" or \"boundary\"");
    return static_cast<LossPlace>(found - std::begin(kPlaces));
  }

  void read_clamped(Septuple& out) const {
    if (!object_.contains("clamped")) return;
    const json& given = object_["clamped"];
    if (!given.is_object()) fail("clamped", given.type_name(), "an object: {\"0\": 1.5} holds neuron 0 at 1.5");
    out.data.resize(std::ssize(given));
    for (const auto& [name, value] : given.items()) {
      if (name.empty() || name.size() > 9 || !std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; }))
        fail(fmt::format("\"{}\" in clamped", name), "no neuron", "the number of a neuron, from 0");
      out.data[std::ssize(out.clamped)] = number(value, fmt::format("neuron {} of clamped", name));
      out.clamped.push_back(std::stol(name));
    }
  }

  static constexpr std::uint64_t kLargestNumber = 999'999'999;

  const json& object_;
  const std::string& path_;
};

/// Line and column, from 1, of a byte.
std::pair<Index, Index> place_of(const std::string& text, std::size_t byte) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size()));
  const Index line = 1 + std::count(text.begin(), end, '\n');
  const auto last = std::find(std::make_reverse_iterator(end), text.rend(), '\n').base();
  return {line, std::max<Index>(1, end - last)};
}

json rows_of(const Matrix& weights) {
  json rows = json::array();
  for (const auto& row : weights.rowwise()) rows.push_back(std::vector<double>(row.begin(), row.end()));
  return rows;
}

}  // namespace

Septuple read_septuple(const std::string& path) {
  std::error_code unknown;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  const bool readable = file.is_open() && !std::filesystem::is_directory(path, unknown);
  if (readable) text.assign(std::istreambuf_iterator<char>(file), {});
  if (!readable || file.bad())
    throw Error(ErrorKind::kIo, "the file cannot be read", "a septuple as JSON", "docs/septuple.md has an example",
                {path});
  JsonFault fault;
  const json object = parse_json(text, &fault);
  const std::size_t byte = fault.byte;
  if (fault.has_repeated)
    throw Error(ErrorKind::kData, repeats(fault), "each member once", "docs/septuple.md has an example", {path});
  if (object.is_discarded()) {
    const auto [line, column] = byte > 0 ? place_of(text, byte) : std::pair<Index, Index>(0, 0);
    throw Error(ErrorKind::kData, byte > 0 ? "no JSON" : "numbers beyond float64, or too deep a nesting",
                "a septuple as JSON", "docs/septuple.md has an example", {path, line, column});
  }
  return Reader(object, path).run();
}

std::string septuple_text(const Septuple& septuple) {
  septuple.validate();
  json clamped = json::object();
  for (std::size_t k = 0; k < septuple.clamped.size(); ++k)
    clamped[std::to_string(septuple.clamped[k])] = septuple.data[static_cast<Index>(k)];
  json activation = json::array();
  for (const Activation f : septuple.activation) activation.push_back(to_string(f));
  const json out = {{"weights", rows_of(septuple.weights)},
                    {"bias", std::vector<double>(septuple.bias.begin(), septuple.bias.end())},
                    {"activation", activation},
                    {"inputs", septuple.inputs},
                    {"outputs", septuple.outputs},
                    {"loss", kPlaces[static_cast<std::size_t>(septuple.place)]},
                    {"mass_squared", septuple.mass_squared},
                    {"clamped", clamped}};
  return out.dump(1) + "\n";
}

}  // namespace poise
