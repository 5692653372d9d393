#include <fmt/core.h>

#include "poise/version.h"
#include "report/words.h"
#include "report/write/assets.h"
#include "report/write/html.h"

namespace poise::report {
namespace {

/// Nothing is loaded, whatever a page may have been made to ask for.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

std::string head_of(const Document& document) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"generator\" content=\"poise {}\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>{} – Poise</title>\n<style>\n{}\n{}</style>\n</head>\n",
      kPolicy, kVersion, escaped(document.title), asset(kPlotStyle, kPlotStyleSize),
      asset(kReportStyle, kReportStyleSize));
}

std::string header_of(const Document& document) {
  std::string text = "<header>\n";
  if (!document.subtitle.empty()) text += "<p class=\"over\">" + escaped(document.subtitle) + "</p>\n";
  text += "<h1>" + escaped(document.title) + "</h1>\n";
  if (!document.status.empty())
    text += fmt::format("<p class=\"how\"><span class=\"status {}\">{}</span> {}</p>\n", class_of(document.mood),
                        escaped(document.status), escaped(document.why));
  if (!document.verdict.empty()) text += "<p class=\"verdict\">" + escaped(document.verdict) + "</p>\n";
  if (!document.headlines.empty()) text += "<dl class=\"headlines\">";
  for (const Headline& one : document.headlines) {
    text += fmt::format("<div><dt>{}</dt><dd><b>{}</b><span>{}</span></dd></div>\n", escaped(one.name),
                        escaped(one.value), escaped(one.note));
  }
  return text + (document.headlines.empty() ? "" : "</dl>\n") + "</header>\n";
}

std::string contents_of(const Document& document) {
  std::string text = "<nav aria-label=\"Contents\"><ul>\n";
  for (const Section& section : document.sections)
    text += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, escaped(section.heading));
  return text + "</ul></nav>\n";
}

std::string html_of(const Section& section) {
  std::string text = fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-h\"><h2 id=\"{0}-h\">{1}</h2>\n",
                                 section.id, escaped(section.heading));
  for (std::size_t k = 0; k < section.blocks.size(); ++k)
    text += html_of(section.blocks[k], fmt::format("{}-{}", section.id, k));
  return text + "</section>\n";
}

}  // namespace

std::string html_of(const Document& document) {
  std::string page = head_of(document) + "<body>\n<a class=\"skip\" href=\"#main\">To the content</a>\n" +
                     contents_of(document) + "<main id=\"main\">\n" + header_of(document);
  for (const Section& section : document.sections) page += html_of(section);
  page += fmt::format("<footer>Made by Poise {}. One file, no network.</footer>\n</main>\n", kVersion);
  page += "<script>\n/*\n";
  page += asset(kPlotLicense, kPlotLicenseSize);
  page += "*/\n";
  page += asset(kPlotScript, kPlotScriptSize);
  page += "\n</script>\n<script>\n";
  page += asset(kReportScript, kReportScriptSize);
  return page + "</script>\n</body>\n</html>\n";
}

}  // namespace poise::report
