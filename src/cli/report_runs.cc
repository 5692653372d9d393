// poise report: run directories → one HTML page and its Markdown twin.
#include <fmt/core.h>

#include <exception>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "cli/arguments.h"
#include "cli/say.h"
#include "poise/checks.h"
#include "poise/error.h"
#include "poise/report.h"
#include "run/json_text.h"

namespace poise::cli {
namespace {

namespace fs = std::filesystem;

/// As asked, else in the run; of several runs in the folder one is in.
fs::path target_of(const Arguments& a, const std::vector<RunRecord>& runs) {
  if (!a.out.empty()) return a.out;
  return runs.size() == 1 ? fs::path(runs.front().directory) / "report.html" : fs::path("report.html");
}

nlohmann::json checks_json(const std::vector<std::string>& names, const std::vector<RunRecord>& runs) {
  nlohmann::json all = nlohmann::json::array();
  for (std::size_t k = 0; k < runs.size(); ++k) {
    for (const Check& check : checks_of(runs[k])) {
      all.push_back({{"run", names[k]},
                     {"code", check.code},
                     {"severity", to_string(check.severity)},
                     {"check", check.name},
                     {"found", check.found},
                     {"value", check.value},
                     {"threshold", check.threshold},
                     {"advice", check.advice},
                     {"notes", check.notes}});
    }
  }
  return all;
}

}  // namespace

int report_runs(const Arguments& a) {
  if (a.json && a.out == "-")
    throw Error(ErrorKind::kUsage, "--json with the page on standard output", "one of them", "name a file with -o");
  std::vector<RunRecord> runs;
  for (const std::string& run : a.runs) runs.push_back(read_run(run));
  const fs::path target = target_of(a, runs);
  const bool to_stdout = target == "-", is_markdown = target.extension() == ".md";
  const std::string page = is_markdown ? report_markdown(runs) : report_html(runs);
  if (to_stdout) {
    std::fwrite(page.data(), 1, page.size(), stdout);
    return 0;
  }
  write_file_whole(target.string(), page);
  fs::path twin = target;
  if (!is_markdown) write_file_whole(twin.replace_extension(".md").string(), report_markdown(runs));
  if (a.json) {
    const nlohmann::json written = {{"runs", a.runs},
                                    {"report", target.string()},
                                    {"markdown", twin.string()},
                                    {"bytes", page.size()},
                                    {"checks", checks_json(a.runs, runs)}};
    fmt::print("{}\n", to_text(written, 2));
  } else if (!a.quiet) {
    fmt::print("{}\n", target.string());
  }
  return 0;
}

void write_report_of(const std::string& directory, bool quiet) {
  try {
    write_report(directory);
  } catch (const std::exception& error) {  // the model is there, and the run is what was asked for
    if (!quiet) say("note: no report: {}\n", error.what());
  }
}

}  // namespace poise::cli
