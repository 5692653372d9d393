#include "report.h"

#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <utility>
#include <vector>

#include "poise/report.h"

namespace poise::python {

namespace nb = nanobind;

namespace {

/// HTML and Markdown.
std::pair<std::string, std::string> report_of(const std::vector<std::string>& directories) {
  std::vector<RunRecord> runs;
  for (const std::string& directory : directories) runs.push_back(read_run(directory));
  return {report_html(runs), report_markdown(runs)};
}

}  // namespace

void bind_report(nb::module_& module) {
  module.def("report_of", &report_of, nb::arg("directories"), nb::call_guard<nb::gil_scoped_release>());
}

}  // namespace poise::python
