#include "errors.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "poise/error.h"
#include "poise/measuring.h"

namespace poise::python {

namespace nb = nanobind;

void translate_errors() {
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Error& error) {
      const nb::object classes = nb::module_::import_("poise.errors");
      const nb::object made = classes.attr("from_library")(to_string(error.kind()), error.code(), error.found(),
                                                           error.expected(), error.hint(), error.what());
      PyErr_SetObject(made.type().ptr(), made.ptr());
    } catch (const MeasurementStopped&) {
      PyErr_SetNone(PyExc_KeyboardInterrupt);
    }
  });
}

}  // namespace poise::python
