#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "report/plot/svg.h"
#include "report/words.h"
#include "report/write/html.h"

namespace poise::report {
namespace {

std::string paragraph(const std::string& text) { return "<p>" + escaped(text) + "</p>\n"; }

/// So that the keyboard can scroll what is wider than the page.
std::string scrolling(const std::string& label, const std::string& inside) {
  return fmt::format("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">{}</div>\n",
                     escaped(label), inside);
}

std::string cell(const Cell& cell, const Column& column, bool is_head) {
  std::string attributes = column.is_number ? " class=\"n" : " class=\"";
  if (cell.best) attributes += " best";
  if (!std::isnan(cell.bar)) attributes += cell.bar < 0 ? " bar minus" : " bar";
  if (cell.mood) attributes += fmt::format(" {}", class_of(*cell.mood));
  attributes += '"';
  if (attributes == " class=\"\"") attributes.clear();
  if (!std::isnan(cell.bar)) attributes += fmt::format(" style=\"--b:{:.3f}\"", std::abs(cell.bar));
  if (!std::isnan(cell.value)) attributes += " data-v=\"" + plain(cell.value) + "\"";
  const char* tag = is_head ? "th" : "td";
  const std::string best = cell.best ? "<span class=\"hidden\"> (best)</span>" : "";
  return fmt::format("<{}{}{}>{}{}</{}>", tag, is_head ? " scope=\"row\"" : "", attributes, escaped(cell.text), best,
                     tag);
}

std::string head(const std::vector<Column>& columns) {
  std::string row = "<thead><tr>";
  for (const Column& column : columns) {
    const std::string help = column.help.empty() ? "" : fmt::format(" title=\"{}\"", escaped(column.help));
    const bool is_named = !column.name.empty();
    row += fmt::format("<{0}{1}{2}{3}>{4}</{0}>", is_named ? "th" : "td", is_named ? " scope=\"col\"" : "",
                       column.is_number ? " class=\"n\"" : "", help, escaped(column.name));
  }
  return row + "</tr></thead>";
}

/// What the columns mean, for who has no pointer to rest on a name.
std::string meanings(const std::vector<Column>& columns) {
  std::string text;
  for (const Column& column : columns) {
    if (!column.help.empty())
      text += fmt::format("{}<b>{}</b>: {}", text.empty() ? "" : "; ", escaped(column.name), escaped(column.help));
  }
  return text.empty() ? "" : "<p class=\"meaning\">" + text + ".</p>\n";
}

std::string html(const Table& table, const std::string&) {
  std::string body = fmt::format("<table{}><caption>{}</caption>{}<tbody>", table.can_sort ? " class=\"sortable\"" : "",
                                 escaped(table.caption), head(table.columns));
  for (const auto& row : table.rows) {
    body += "<tr>";
    for (std::size_t k = 0; k < row.size(); ++k) body += cell(row[k], table.columns[k], k == 0 && table.row_heads);
    body += "</tr>\n";
  }
  return scrolling(table.caption, body + "</tbody></table>") + meanings(table.columns);
}

std::string html(const Facts& facts, const std::string&) {
  std::string body = fmt::format("<table class=\"facts\"><caption>{}</caption><tbody>", escaped(facts.caption));
  for (const auto& [name, value] : facts.all)
    body += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(name), escaped(value));
  return scrolling(facts.caption, body + "</tbody></table>");
}

/// How much of a class: 0 for none, else 1 … 7; a root, so that single rows can be seen. No level is so dark that
/// neither ink is legible on it.
int shade(double share) { return share > 0 ? 1 + std::clamp(static_cast<int>(7 * std::sqrt(share)), 0, 6) : 0; }

std::string html(const Confusion& matrix, const std::string&) {
  std::string body =
      fmt::format("<table class=\"confusion\"><caption>{}</caption><thead><tr><td></td>", escaped(matrix.caption));
  for (const std::string& name : matrix.classes) body += fmt::format("<th scope=\"col\">{}</th>", escaped(name));
  body += "</tr></thead><tbody>";
  for (std::size_t r = 0; r < matrix.classes.size(); ++r) {
    body += fmt::format("<tr><th scope=\"row\">{}</th>", escaped(matrix.classes[r]));
    for (std::size_t c = 0; c < matrix.classes.size(); ++c) {
      const double weight = matrix.weights[r][c], share = matrix.totals[r] > 0 ? weight / matrix.totals[r] : 0;
      body +=
          fmt::format("<td class=\"{}{}\">{}</td>", r == c ? 'g' : 'e', shade(share), weight > 0 ? count(weight) : "·");
    }
    body += "</tr>\n";
  }
  return scrolling(matrix.caption, body + "</tbody></table>");
}

std::string html(const Pictures& pictures, const std::string& id) {
  std::string body =
      fmt::format("<section class=\"pictures\" aria-labelledby=\"{0}-p\"><h3 id=\"{0}-p\">{1}</h3><p>{2}</p><ul>", id,
                  escaped(pictures.title), escaped(pictures.caption));
  for (const Picture& picture : pictures.all) {
    body +=
        fmt::format("<li><img src=\"{}\" alt=\"picture of {}\"><b>{}</b>{}</li>", picture.url, escaped(picture.name),
                    escaped(picture.name), picture.note.empty() ? "" : "<span>" + escaped(picture.note) + "</span>");
  }
  return body + "</ul></section>\n";
}

/// The numbers behind a chart: a row for every x.
std::string data_table(const Chart& chart) {
  std::map<double, std::vector<std::string>> rows;
  std::string names = fmt::format("<th scope=\"col\" class=\"n\">{}</th>", escaped(chart.x.name));
  for (std::size_t k = 0; k < chart.series.size(); ++k) {
    names += fmt::format("<th scope=\"col\" class=\"n\">{}</th>", escaped(chart.series[k].name));
    for (const Point& p : chart.series[k].points) {
      if (!std::isfinite(p.x)) continue;
      auto& cells = rows.try_emplace(p.x, chart.series.size()).first->second;
      cells[k] = std::isfinite(p.y) ? fmt::format("{:.5g}", p.y) : "";
      if (std::isfinite(p.high)) cells[k] += fmt::format(" ({:.3g} to {:.3g})", p.low, p.high);
    }
  }
  std::string body = fmt::format("<table class=\"data\"><caption>{}</caption><thead><tr>{}</tr></thead><tbody>",
                                 escaped(chart.title), names);
  for (const auto& [x, cells] : rows) {
    body += fmt::format("<tr><td class=n>{:.6g}", x);
    for (const std::string& text : cells) body += "<td class=n>" + text;
  }
  return body + "</tbody></table>";
}

std::string legend(const Chart& chart) {
  std::string items;
  for (std::size_t k = 0; k < chart.series.size(); ++k) {
    const Series& series = chart.series[k];
    const int style = series.style < 0 ? static_cast<int>(k) : series.style;
    items += fmt::format("<li data-style=\"{}\">{}{}</li>", style % kStyles, swatch(style, series.mark),
                         escaped(series.name));
  }
  const char* shown = chart.series.size() > 1 ? "legend" : "legend hidden";  // one curve is what the axis says
  return fmt::format("<ul class=\"{}\">", shown) + items + "</ul>";
}

std::string html(const Chart& chart, const std::string& id) {
  const std::string svg = svg_of(chart, id);
  if (svg.empty()) return {};
  const std::string zoom = chart.can_zoom ? fmt::format(" data-zoom=\"{}{}\" data-y=\"{}\"", chart.x.log ? "x" : "",
                                                        chart.y.log ? "y" : "", escaped(chart.y.name))
                                          : "";
  return fmt::format(
      "<figure class=\"chart\"{}><figcaption><h3>{}</h3>{}{}</figcaption><div class=\"plot\">{}</div>"
      "<details><summary>Numbers<span class=\"hidden\"> of {}</span></summary>{}</details></figure>\n",
      zoom, escaped(chart.title), chart.caption.empty() ? "" : "<p>" + escaped(chart.caption) + "</p>", legend(chart),
      svg, escaped(chart.title), scrolling(chart.title + ", numbers", data_table(chart)));
}

std::string html(const Charts& charts, const std::string& id) {
  std::string body = "<div class=\"charts\">";
  for (std::size_t k = 0; k < charts.all.size(); ++k) body += html(charts.all[k], fmt::format("{}-{}", id, k));
  return body + "</div>\n";
}

std::string html(const Paragraph& text, const std::string&) { return paragraph(text.text); }

std::string html(const Findings& findings, const std::string&) {
  std::string body = "<ul class=\"findings\">\n";
  for (const Finding& one : findings.all) {
    body += fmt::format(
        "<li><p><span class=\"status {}\">{}</span><b>{}</b> {}: <b>{}</b> <span>ok: {}</span></p><p>{}</p>",
        class_of(one.mood), escaped(one.severity), escaped(one.code), escaped(one.name), escaped(one.found),
        escaped(one.threshold), escaped(one.advice));
    for (const std::string& note : one.notes) body += "<p class=\"noted\">" + escaped(note) + "</p>";
    body += "</li>\n";
  }
  return body + "</ul>\n";
}

std::string html(const List& list, const std::string&) {
  std::string body = "<ul class=\"list\">";
  for (const std::string& item : list.items) body += "<li>" + escaped(item) + "</li>";
  return body + "</ul>\n";
}

std::string html(const Command& command, const std::string&) {
  return "<div class=\"command\"><pre tabindex=\"0\" role=\"region\" aria-label=\"" + escaped(command.name) +
         "\"><code>" + escaped(command.text) + "</code></pre></div>\n";
}

}  // namespace

const char* class_of(Mood mood) { return mood == Mood::kGood ? "good" : mood == Mood::kBad ? "bad" : "plain"; }

std::string html_of(const Block& block, const std::string& id) {
  return std::visit([&](const auto& one) { return html(one, id); }, block);
}

}  // namespace poise::report
