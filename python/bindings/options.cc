#include "options.h"

#include <fmt/core.h>
#include <nanobind/stl/string.h>

#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "convex/fields.h"
#include "data/fields.h"
#include "learning/fields.h"
#include "poise/error.h"
#include "run/choosing/fields.h"
#include "run/training/fields.h"
#include "thermo/fields.h"

namespace poise::python {

namespace nb = nanobind;

namespace {

[[noreturn]] void refuse(const char* name, nb::handle given, const std::string& expected) {
  throw Error(ErrorKind::kUsage, fmt::format("{} is {}", name, nb::repr(given).c_str()), expected)
      .with_code(fmt::format("usage.{}", name));
}

/// A factor for each of some classes.
std::vector<ClassWeight> class_weights(const char* name, nb::handle given) {
  if (!nb::isinstance<nb::dict>(given)) refuse(name, given, "'balanced' or a dict of factors by class");
  std::vector<ClassWeight> weights;
  for (const auto& [label, factor] : nb::borrow<nb::dict>(given)) {
    double value = 0;
    if (!nb::try_cast(factor, value)) refuse(name, given, "factors that are numbers");
    weights.push_back({nb::str(label).c_str(), value});
  }
  return weights;
}

/// A value of Python as one of C++. A single one is a list of one.
template <typename T>
void set(T& to, const char* name, nb::handle given) {
  if constexpr (std::same_as<T, bool>) {
    const int truth = PyObject_IsTrue(given.ptr());
    if (truth < 0) throw nb::python_error();
    to = truth == 1;
  } else if constexpr (std::same_as<T, std::string>) {
    const nb::object text = nb::steal(PyOS_FSPath(given.ptr()));
    if (!text.is_valid()) PyErr_Clear();
    if (!text.is_valid() || !nb::try_cast(text, to)) refuse(name, given, "text");
  } else if constexpr (std::same_as<T, char>) {
    std::string text;
    if (!nb::try_cast(given, text) || text.size() > 1) refuse(name, given, "one character");
    to = text.empty() ? '\0' : text[0];
  } else if constexpr (NamedEnum<T>) {
    std::string text;
    const std::optional<T> value = nb::try_cast(given, text) ? value_named<T>(text) : std::nullopt;
    if (!value) refuse(name, given, alternatives(all_names<T>()));
    to = *value;
  } else if constexpr (std::is_arithmetic_v<T>) {
    const bool is_truth = PyBool_Check(given.ptr());
    if (is_truth || !nb::try_cast(given, to)) {
      refuse(name, given, std::is_integral_v<T> ? "a whole number" : "a number");
    }
  } else if constexpr (std::same_as<T, std::vector<ClassWeight>>) {
    to = class_weights(name, given);
  } else if constexpr (requires { to.has_value(); }) {
    set(to.emplace(), name, given);
  } else {
    to.clear();
    const bool is_list = PySequence_Check(given.ptr()) && !PyUnicode_Check(given.ptr());
    if (!is_list) set(to.emplace_back(), name, given);
    for (std::size_t i = 0; is_list && i < nb::len(given); ++i) set(to.emplace_back(), name, nb::object(given[i]));
  }
}

/// The one option among those that have been told of.
class Setter {
 public:
  Setter(std::string_view name, nb::handle given) : name_(name), given_(given) {}

  void operator()(const Field& field, auto& member) {
    if (found_ || name_ != field.name) return;
    set(member, field.name, given_);
    found_ = true;
  }
  bool found() const { return found_; }

 private:
  std::string_view name_;
  nb::handle given_;
  bool found_ = false;
};

/// Those that Python has in another form, or alone.
bool set_special(TrainingRequest& request, std::string_view name, nb::handle given) {
  std::string text;
  const bool is_text = nb::try_cast(given, text);
  if (name == "l2" && is_text && (text == "auto" || text == "loo")) {
    request.choose_l2 = true;
    request.search.leave_one_out = text == "loo";
  } else if (name == "l2_from") {  // where the search begins
    set(request.objective.l2, "l2_from", given);
  } else if (name == "fold_of_row") {
    set(request.search.fold_of_row, "fold_of_row", given);
  } else if (name == "class_weight" && is_text && text == "balanced") {
    request.objective.balanced_classes = true;
  } else if (name == "class_weight") {
    set(request.objective.class_weights, "class_weight", given);
  } else if (name == "measure") {
    set(request.measure, "measure", given);
  } else if (name == "out") {
    set(request.directory, "out", given);
  } else {
    return false;
  }
  return true;
}

template <typename... Structs>
void set_one(nb::handle key, nb::handle given, Structs&... structs) {
  const std::string name = nb::str(key).c_str();
  Setter setter(name, given);
  (fields(structs, setter), ...);
  if (setter.found()) return;
  throw Error(ErrorKind::kUsage, fmt::format("there is no option '{}'", name), "one that docs/python.md lists")
      .with_code("usage.unknown_option");
}

}  // namespace

void set_options(TrainingRequest& request, const nb::dict& options) {
  for (const auto& [key, given] : options) {
    if (given.is_none() || set_special(request, nb::str(key).c_str(), given)) continue;
    set_one(key, given, request, request.objective, request.search, request.solve, request.network, request.read);
  }
  request.read.threads = request.solve.threads;
  request.read.memory = request.solve.memory;
}

void set_options(ReadOptions& read, const nb::dict& options) {
  SolveOptions limits;  // has the memory of all that a run does
  for (const auto& [key, given] : options) {
    if (given.is_none()) continue;
    if (std::string_view(nb::str(key).c_str()) == "memory") {
      set_one(key, given, limits);
      check_fields(limits);
      read.memory = limits.memory;
    } else {
      set_one(key, given, read);
    }
  }
}

void set_options(InferenceOptions& inference, const nb::dict& options) {
  for (const auto& [key, given] : options) {
    if (!given.is_none()) set_one(key, given, inference);
  }
}

void set_options(GenerateOptions& generate, const nb::dict& options) {
  for (const auto& [key, given] : options) {
    if (!given.is_none()) set_one(key, given, generate);
  }
}

}  // namespace poise::python
