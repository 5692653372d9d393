#include "poise/report.h"

#include <filesystem>

#include "base/file.h"
#include "report/facts/sections.h"
#include "report/write/html.h"
#include "report/write/markdown.h"

namespace poise {

std::string report_html(std::span<const RunRecord> runs) { return report::html_of(report::document_of(runs)); }

std::string report_markdown(std::span<const RunRecord> runs) {
  return report::markdown_of(report::document_of(runs), kMostMarkdown);
}

void write_report(const std::string& directory) {
  const RunRecord run = read_run(directory);
  const report::Document document = report::document_of({&run, 1});
  const std::filesystem::path folder(directory);
  write_file_whole((folder / "report.html").string(), report::html_of(document));
  write_file_whole((folder / "report.md").string(), report::markdown_of(document, kMostMarkdown));
}

}  // namespace poise
