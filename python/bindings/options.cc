#include "options.h"

#include <fmt/core.h>
#include <nanobind/stl/string.h>

#include <concepts>
#include <initializer_list>
#include <type_traits>

#include "poise/error.h"

namespace poise::python {

namespace nb = nanobind;

namespace {

template <typename Enum>
struct Choices {
  std::initializer_list<Enum> values;
};

const char* to_string(MissingPolicy policy) {
  if (policy == MissingPolicy::kError) return "error";
  return policy == MissingPolicy::kMean ? "mean" : "category";
}

[[noreturn]] void refuse(const char* name, nb::handle given, const std::string& expected) {
  throw Error(ErrorKind::kUsage, fmt::format("{} is {}", name, nb::repr(given).c_str()), expected)
      .with_code(fmt::format("usage.{}", name));
}

/// A value of Python as one of C++.
template <typename T>
void set(T& to, const char* name, nb::handle given) {
  if constexpr (std::same_as<T, bool>) {
    const int truth = PyObject_IsTrue(given.ptr());
    if (truth < 0) throw nb::python_error();
    to = truth == 1;
  } else if constexpr (std::same_as<T, std::string>) {
    const nb::object text = PyUnicode_Check(given.ptr()) ? nb::borrow(given) : nb::steal(PyOS_FSPath(given.ptr()));
    if (!text.is_valid()) PyErr_Clear();
    if (!text.is_valid() || !nb::try_cast(text, to)) refuse(name, given, "text");
  } else if constexpr (std::same_as<T, char>) {
    std::string text;
    if (!nb::try_cast(given, text) || text.size() > 1) refuse(name, given, "one character");
    to = text.empty() ? '\0' : text[0];
  } else if constexpr (std::is_arithmetic_v<T>) {
    const bool is_truth = PyBool_Check(given.ptr());
    if (is_truth || !nb::try_cast(given, to)) {
      refuse(name, given, std::is_integral_v<T> ? "a whole number" : "a number");
    }
  } else if constexpr (requires {
                         to.emplace();
                         to.has_value();
                       }) {
    set(to.emplace(), name, given);
  } else {  // a list; a single value is one of one
    to.clear();
    if (PyUnicode_Check(given.ptr()) || !PySequence_Check(given.ptr())) {
      set(to.emplace_back(), name, given);
    } else {
      for (const nb::handle each : given) set(to.emplace_back(), name, each);
    }
  }
}

template <typename Enum>
void set(Enum& to, const char* name, nb::handle given, const Choices<Enum>& choices) {
  std::string text, names;
  const bool is_text = nb::try_cast(given, text);
  for (const Enum value : choices.values) {
    if (is_text && text == to_string(value)) {
      to = value;
      return;
    }
    names += fmt::format("{}'{}'", names.empty() ? "one of " : ", ", to_string(value));
  }
  refuse(name, given, names);
}

template <typename Enum>
void set(std::optional<Enum>& to, const char* name, nb::handle given, const Choices<Enum>& choices) {
  set(to.emplace(), name, given, choices);
}

/// 'balanced', or a factor for each of some classes.
void set_class_weight(ObjectiveOptions& o, nb::handle given) {
  if (std::string text; nb::try_cast(given, text) && text == "balanced") {
    o.balanced_classes = true;
    return;
  }
  if (!nb::isinstance<nb::dict>(given)) refuse("class_weight", given, "'balanced' or a dict of factors by class");
  for (const auto& [name, factor] : nb::borrow<nb::dict>(given)) {
    ClassWeight& weight = o.class_weights.emplace_back(ClassWeight{nb::str(name).c_str(), 1});
    set(weight.factor, "class_weight", factor);
  }
}

/// Where the options lie: visit(name, member) or visit(name, member, choices of an enum).
void fields(ReadOptions& o, auto&& visit) {
  visit("label", o.label);
  visit("ignore", o.ignore);
  visit("categorical", o.categorical);
  visit("numeric", o.numeric);
  visit("sample_weight", o.sample_weight);
  visit("labels_file", o.labels_file);
  visit("missing", o.missing, Choices{{MissingPolicy::kError, MissingPolicy::kMean, MissingPolicy::kCategory}});
  visit("missing_values", o.missing_values);
  visit("min_category_rows", o.min_category_rows);
  visit("delimiter", o.delimiter);
  visit("comment", o.comment);
  visit("quote", o.quote);
  visit("decimal", o.decimal);
  visit("header", o.header);
  visit("strip_label_dot", o.strip_label_dot);
  visit("data_dir", o.data_dir);
}

void fields(ObjectiveOptions& o, auto&& visit) {
  visit("scale", o.scale, Choices{{Scale::kAuto, Scale::kNone, Scale::kStandard, Scale::kNumbers}});
  visit("unit", o.unit);
  visit("label_smoothing", o.label_smoothing);
}

void fields(SolveOptions& o, auto&& visit) {
  visit("solver", o.solver,
        Choices{{Solver::kAuto, Solver::kNewton, Solver::kLbfgs, Solver::kGolden, Solver::kDescent}});
  visit("tolerance", o.tolerance);
  visit("max_iterations", o.max_iterations);
  visit("time_limit", o.time_limit);
  visit("threads", o.threads);
}

void fields(NetworkOptions& o, auto&& visit) {
  visit("hidden", o.hidden);
  visit("activation", o.activation,
        Choices{{Activation::kIdentity, Activation::kSigmoid, Activation::kTanh, Activation::kRelu}});
  visit("loss", o.loss, Choices{{Loss::kCrossEntropy, Loss::kBinaryCrossEntropy, Loss::kSquared}});
  visit(
      "initialization", o.initialization,
      Choices{{Initialization::kAuto, Initialization::kXavier, Initialization::kKaiming, Initialization::kOrthogonal}});
  visit("gain", o.gain);
  visit("dropout", o.dropout);
  visit("rule", o.rule, Choices{{Rule::kAdjoint, Rule::kEquilibrium, Rule::kPredictiveCoding}});
  visit("order", o.order, Choices{{Order::kJacobi, Order::kGaussSeidel}});
  visit("relaxation", o.relaxation, Choices{{Relaxation::kLayerByLayer, Relaxation::kSimultaneous}});
  visit("relaxation_rate", o.relaxation_rate);
  visit("relaxation_steps", o.relaxation_steps);
  visit("step", o.step, Choices{{Step::kGolden, Step::kSgd, Step::kAdam}});
  visit("learning_rate", o.learning_rate);
  visit("momentum", o.momentum);
  visit("momentum_phase", o.momentum_phase);
  visit("reduction", o.reduction, Choices{{Reduction::kMean, Reduction::kSum}});
  visit("cooling", o.cooling);
  visit("epochs", o.epochs);
  visit("batch", o.batch);
  visit("patience", o.patience);
  visit("stop_at_rest", o.stop_at_rest);
  visit("solve_head_every", o.solve_head_every);
  visit("precision", o.precision, Choices{{Precision::kFloat32, Precision::kBfloat16}});
}

void fields(TrainingRequest& o, auto&& visit) {
  visit("l2_path", o.l2_path);
  visit("calibrate", o.calibrate);
  visit("seed", o.seed);
  visit("telemetry", o.telemetry, Choices{{Telemetry::kOff, Telemetry::kLight, Telemetry::kFull}});
  visit("measure", o.measure);
  visit("start", o.start);
  visit("out", o.directory);
}

/// The one option among those that have been told of.
class Setter {
 public:
  Setter(std::string_view name, nb::handle given) : name_(name), given_(given) {}

  void operator()(const char* name, auto& member, const auto&... choices) {
    if (name_ != name) return;
    set(member, name, given_, choices...);
    found_ = true;
  }
  bool found() const { return found_; }

 private:
  std::string_view name_;
  nb::handle given_;
  bool found_ = false;
};

/// Those that are no single member.
bool set_special(TrainingRequest& request, std::string_view name, nb::handle given) {
  if (name == "class_weight") {
    set_class_weight(request.objective, given);
  } else if (name == "l2") {
    std::string text;
    request.choose_l2 = nb::try_cast(given, text) && text == "auto";
    if (!request.choose_l2) set(request.objective.l2, "l2", given);
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
    set_one(key, given, request, request.objective, request.solve, request.network, request.read);
  }
  request.read.threads = request.solve.threads;
}

void set_options(ReadOptions& read, const nb::dict& options) {
  for (const auto& [key, given] : options) {
    if (given.is_none()) continue;
    if (std::string_view(nb::str(key).c_str()) == "threads") {
      set(read.threads, "threads", given);
    } else {
      set_one(key, given, read);
    }
  }
}

}  // namespace poise::python
