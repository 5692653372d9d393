#include <fmt/core.h>

#include <cmath>

#include "poise/version.h"
#include "report/words.h"
#include "report/write/assets.h"
#include "report/write/html.h"

namespace poise::report {
namespace {

/// Nothing is loaded, whatever a page may have been made to ask for.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
constexpr const char* kWhereServed = "; connect-src 'self'";
constexpr const char* kNoIcon = "<link rel=\"icon\" href=\"data:,\">\n";  // or a browser asks the server for one

const char* class_of(Document::Mood mood) {
  switch (mood) {
    case Document::Mood::kGood:
      return "good";
    case Document::Mood::kBad:
      return "bad";
    case Document::Mood::kLive:
      return "live";
    case Document::Mood::kPlain:
      break;
  }
  return "plain";
}

std::string head_of(const Document& document, const Served* served) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}{}\">\n{}"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"generator\" content=\"poise {}\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>{} – Poise</title>\n<style>\n{}\n{}</style>\n</head>\n",
      kPolicy, served ? kWhereServed : "", served ? kNoIcon : "", kVersion, escaped(document.title),
      asset(kPlotStyle, kPlotStyleSize), asset(kReportStyle, kReportStyleSize));
}

std::string header_of(const Document& document) {
  std::string text = "<header>\n";
  if (!document.subtitle.empty()) text += "<p class=\"over\">" + escaped(document.subtitle) + "</p>\n";
  text += "<h1>" + escaped(document.title) + "</h1>\n";
  if (!document.status.empty())
    text += fmt::format("<p class=\"how\"><span class=\"status {}\">{}</span> {}</p>\n", class_of(document.mood),
                        escaped(document.status), escaped(document.why));
  if (!std::isnan(document.done))
    text += fmt::format("<progress aria-label=\"time that is over\" max=\"100\" value=\"{:.1f}\"></progress>\n",
                        100 * document.done);
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

/// Where no scripts run, the page stays as it was.
std::string note_of(const Served& served) {
  const std::string note = escaped(served.note);
  return fmt::format(
      "<p id=\"live\" class=\"following\">{}</p>\n<p id=\"said\" class=\"hidden\" role=\"status\"></p>\n",
      served.following ? "<noscript>" + note + "</noscript>" : note);
}

std::string scripts(bool following) {
  std::string text = "<script>\n/*\n";
  text += asset(kPlotLicense, kPlotLicenseSize);
  text += "*/\n";
  text += asset(kPlotScript, kPlotScriptSize);
  text += "\n</script>\n<script>\n";
  text += asset(kReportScript, kReportScriptSize);
  text += "</script>\n";
  if (!following) return text;
  text += "<script>\n";
  text += asset(kLiveScript, kLiveScriptSize);
  return text + "</script>\n";
}

std::string page_of(const Document& document, const Served* served) {
  const bool following = served && served->following;
  const std::string data = following ? fmt::format(" data-version=\"{}\"", served->version) : "";
  std::string page = head_of(document, served) + "<body" + data +
                     ">\n<a class=\"skip\" href=\"#main\">To the content</a>\n" + contents_of(document) +
                     "<main id=\"main\">\n" + (served ? note_of(*served) : "");
  for (const PagePart& part : parts_of(document)) {
    if (part.id != "nav") page += part.html;
  }
  page += fmt::format("<footer>Made by Poise {}. {}</footer>\n</main>\n", kVersion,
                      following ? "Served while it trains." : "One file, no network.");
  return page + scripts(following) + "</body>\n</html>\n";
}

}  // namespace

std::vector<PagePart> parts_of(const Document& document) {
  std::vector<PagePart> parts{{"nav", contents_of(document)}, {"header", header_of(document)}};
  for (const Section& section : document.sections) parts.push_back({section.id, html_of(section)});
  return parts;
}

std::string html_of(const Document& document) { return page_of(document, nullptr); }

std::string html_of(const Document& document, const Served& served) { return page_of(document, &served); }

}  // namespace poise::report
