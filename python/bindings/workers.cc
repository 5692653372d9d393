#include "workers.h"

#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <string>
#include <utility>

#include "poise/dataset.h"

namespace poise::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

std::string_view look(const nb::bytes& bytes) { return {bytes.c_str(), bytes.size()}; }

/// `call`, again where Ctrl-C has ended it: that is for those to see who look for signals between passes. Pressed once
/// more while it waits, it ends the waiting.
template <typename Call>
auto despite_interrupt(const Call& call) {
  bool is_interrupted = false;
  for (;;) {
    try {
      auto found = call();
      if (is_interrupted) PyErr_SetInterrupt();
      return found;
    } catch (nb::python_error& raised) {
      if (is_interrupted || !raised.matches(PyExc_KeyboardInterrupt)) throw;
      is_interrupted = true;
    }
  }
}

/// Tasks that an object of Python runs: submit(task) begins one, and result() waits for it; both may be called again.
/// The thread has the interpreter's lock only here.
class PythonChannel : public TaskChannel {
 public:
  explicit PythonChannel(nb::object channel) : channel_(std::move(channel)) {}

 protected:
  void submit(std::string_view task) override {
    const nb::gil_scoped_acquire lock;
    const nb::bytes bytes(task.data(), task.size());
    despite_interrupt([&] { return channel_.attr("submit")(bytes); });
  }
  std::string result() override {
    const nb::gil_scoped_acquire lock;
    return std::string(look(despite_interrupt([&] { return nb::cast<nb::bytes>(channel_.attr("result")()); })));
  }

 private:
  nb::object channel_;
};

std::unique_ptr<PythonWorkers> workers_of(const nb::list& channels) {
  auto team = std::make_unique<PythonWorkers>();
  for (const nb::handle channel : channels)
    team->workers.channels.push_back(std::make_unique<PythonChannel>(nb::borrow(channel)));
  return team;
}

Dataset rows(PythonWorkers& team) {
  const nb::gil_scoped_release unlock;
  return rows_of(team.workers);
}

nb::bytes run(RowServer& server, const nb::bytes& task) {
  std::string result;
  {
    const nb::gil_scoped_release unlock;
    result = server.run(look(task));
  }
  return nb::bytes(result.data(), result.size());
}

}  // namespace

void bind_workers(nb::module_& module) {
  nb::class_<PythonWorkers>(module, "Workers", "Channels to processes that have rows: each has submit and result.")
      .def(nb::new_(&workers_of), "channels"_a)
      .def("rows", rows);
  nb::class_<RowServer>(module, "RowServer", "Rows of a process that runs tasks for others.")
      .def(nb::init<Dataset, int>(), "own"_a, "threads"_a)
      .def("run", run, "task"_a);
  module.def("chunk_bounds", chunk_bounds, "rows"_a, "features"_a);
}

}  // namespace poise::python
