// A run as a page that opens anywhere, or several runs beside each other.
//
//   write_file("report.html", report_html({{read_run("runs/digits-1")}}));
#pragma once

#include <span>
#include <string>

#include "poise/run_record.h"

namespace poise {

/// One HTML file that needs no other and no network, and is complete without JavaScript. Its size does not grow with
/// rows or epochs. Throws Error(kUsage) for no run.
std::string report_html(std::span<const RunRecord> runs);

/// The same facts as Markdown, kMostMarkdown bytes at most: longer tables are cut, and say so.
inline constexpr std::size_t kMostMarkdown = 8000;
std::string report_markdown(std::span<const RunRecord> runs);

/// Writes report.html and report.md into a run directory. Throws Error(kIo), and as read_run does.
void write_report(const std::string& directory);

}  // namespace poise
