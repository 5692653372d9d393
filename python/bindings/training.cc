#include "training.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "json.h"
#include "options.h"
#include "poise/run.h"
#include "run/training/run_json.h"
#include "workers.h"

namespace poise::python {

namespace nb = nanobind;

namespace {

/// Keeps the events of a run and lets Python's signal handlers have their turn. The thread has the interpreter's lock
/// only here.
class PythonWatcher : public Watcher {
 public:
  explicit PythonWatcher(nb::object on_event) : on_event_(std::move(on_event)) {}

  Answer on_event(const Event& event) override {
    const bool is_frequent = event.kind == Event::Kind::kTick || event.kind == Event::Kind::kWork;
    if (is_frequent && !is_due()) return answer_;
    const nb::gil_scoped_acquire lock;
    try {
      look_for_signals();
      tell(event);
    } catch (nb::python_error&) {
      stop_with(std::current_exception());
    }
    return answer_;
  }

  nb::list history() const { return history_; }
  /// What was raised by a handler or by `on_event`, but for the KeyboardInterrupt of Ctrl-C.
  void rethrow() const {
    if (raised_) std::rethrow_exception(raised_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kBetweenLooks{20};

  bool is_due() {
    const Clock::time_point now = Clock::now();
    if (now < next_look_) return false;
    next_look_ = now + kBetweenLooks;
    return true;
  }

  /// On other threads than the main one there are none.
  void look_for_signals() {
    if (PyErr_CheckSignals() == 0) return;
    nb::python_error raised;
    if (!raised.matches(PyExc_KeyboardInterrupt)) throw raised;
    answer_ = Answer::kStop;
  }

  void tell(const Event& event) {
    const nlohmann::json line = to_json(event);
    if (line.is_null()) return;
    const nb::object entry = to_python(line);
    history_.append(entry);
    if (!on_event_.is_none() && nb::cast<bool>(nb::bool_(on_event_(entry)))) answer_ = Answer::kStop;
  }

  void stop_with(std::exception_ptr raised) {
    answer_ = Answer::kStop;
    if (!raised_) raised_ = std::move(raised);
  }

  nb::object on_event_;
  nb::list history_;
  std::exception_ptr raised_;
  Answer answer_ = Answer::kGoOn;
  Clock::time_point next_look_;
};

DataSource source_of(nb::handle given) {
  if (given.is_none()) return {};
  if (nb::isinstance<Dataset>(given)) {
    const auto& rows = nb::cast<const Dataset&>(given);
    return {.path = rows.name, .rows = rows};
  }
  return {.path = nb::cast<std::string>(given)};
}

/// Of a run that was to be resumed and had ended: what its run.json has.
nlohmann::json figures_of_ended(const TrainingResult& result) {
  const auto run = nlohmann::json::parse(std::ifstream(std::filesystem::path(result.directory) / "run.json"));
  return run.at("result");
}

/// (model, what came of it, events)
nb::tuple train_for_python(nb::object data, nb::object test, nb::object validation, const nb::dict& options,
                           const Network* start, nb::object on_event, PythonWorkers* workers) {
  TrainingRequest request;
  set_options(request, options);
  request.data = source_of(data);
  request.test = source_of(test);
  if (double share = 0; nb::try_cast(validation, share)) {
    request.validation_share = share;
  } else {
    request.validation = source_of(validation);
  }
  if (start) request.start_model = *start;
  if (workers) request.solve.workers = &workers->workers;
  PythonWatcher watcher(std::move(on_event));
  std::optional<TrainingResult> result;
  {
    const nb::gil_scoped_release unlock;
    result = train(request, watcher);
  }
  watcher.rethrow();
  nlohmann::json figures = result->ended_before ? figures_of_ended(*result) : result_json(*result);
  figures["notices"] = result->notices;
  return nb::make_tuple(nb::cast(std::move(result->model)), to_python(figures), watcher.history());
}

}  // namespace

void bind_training(nb::module_& module) {
  module.def("train", &train_for_python, nb::arg("data"), nb::arg("test").none(), nb::arg("validation").none(),
             nb::arg("options"), nb::arg("start").none(), nb::arg("on_event").none(),
             nb::arg("workers").none() = nb::none());
}

}  // namespace poise::python
