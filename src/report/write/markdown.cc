#include "report/write/markdown.h"

#include <fmt/core.h>

#include <algorithm>

#include "report/words.h"

namespace poise::report {
namespace {

constexpr std::size_t kLongestText = 400, kLongestCell = 40;

class Writer {
 public:
  /// Tables of at most so many rows.
  explicit Writer(std::size_t most_rows) : most_rows_(most_rows) {}

  std::string operator()(const Paragraph& text) const {
    return in_markdown(shortened(text.text, kLongestText)) + "\n\n";
  }

  std::string operator()(const List& list) const {
    std::string out;
    for (std::size_t k = 0; k < std::min(most_rows_, list.items.size()); ++k)
      out += "- " + in_markdown(shortened(list.items[k], kLongestText)) + "\n";
    return out + "\n";
  }

  std::string operator()(const Findings& findings) const {
    std::string out;
    for (const Finding& one : findings.all) {
      std::string notes;
      for (const std::string& note : one.notes) notes += " Noted: " + note + ".";
      out += fmt::format("- **{} {}** {}: {} (ok: {}). {}\n", one.code, one.severity, in_markdown(one.name),
                         in_markdown(one.found), in_markdown(one.threshold),
                         in_markdown(shortened(one.advice + notes, kLongestText)));
    }
    return out + "\n";
  }

  /// Indented, so that no character of it means anything; line ends cannot be in it.
  std::string operator()(const Command& command) const {
    std::string text = command.text;
    std::replace(text.begin(), text.end(), '\n', ' ');
    return "    " + text + "\n\n";
  }

  std::string operator()(const Facts& facts) const {
    std::string out;
    for (const auto& [name, value] : facts.all)
      out += fmt::format("{}{} {}", out.empty() ? in_markdown(facts.caption) + ": " : "; ", in_markdown(name),
                         in_markdown(shortened(value, 120)));
    return out + "\n\n";
  }

  std::string operator()(const Table& table) const {
    std::vector<std::vector<std::string>> rows;
    for (const auto& row : table.rows) {
      std::vector<std::string>& cells = rows.emplace_back();
      for (const Cell& cell : row)
        cells.push_back(in_markdown(shortened(cell.text, kLongestCell)) + (cell.best ? " (best)" : ""));
    }
    std::vector<std::string> names;
    std::vector<bool> numbers;
    for (const Column& column : table.columns)
      names.push_back(in_markdown(column.name)), numbers.push_back(column.is_number);
    return grid(table.caption, names, numbers, rows);
  }

  std::string operator()(const Confusion& matrix) const {
    std::vector<std::string> names{""};
    std::vector<bool> numbers{false};
    for (const std::string& name : matrix.classes)
      names.push_back(in_markdown(shortened(name, 12))), numbers.push_back(true);
    std::vector<std::vector<std::string>> rows;
    for (std::size_t r = 0; r < matrix.classes.size(); ++r) {
      rows.push_back({names[r + 1]});
      for (const double weight : matrix.weights[r]) rows.back().push_back(weight > 0 ? count(weight) : "·");
    }
    return grid(matrix.caption, names, numbers, rows);
  }

  std::string operator()(const Charts& charts) const {
    std::string out;
    for (const Chart& chart : charts.all) {
      if (has_points(chart))
        out += fmt::format("- {}: {}\n", in_markdown(chart.title), in_markdown(description_of(chart)));
    }
    return out + "\n";
  }

  std::string operator()(const Pictures& pictures) const {
    std::string out;
    for (std::size_t k = 0; k < std::min(most_rows_, pictures.all.size()); ++k) {
      const Picture& picture = pictures.all[k];
      out += (k == 0 ? in_markdown(pictures.title) + ": " : "; ") + in_markdown(picture.name) +
             (picture.note.empty() ? "" : " (" + in_markdown(picture.note) + ")");
    }
    return out + "\n\n";
  }

 private:
  std::string grid(const std::string& caption, const std::vector<std::string>& names, const std::vector<bool>& numbers,
                   const std::vector<std::vector<std::string>>& rows) const {
    std::string out = in_markdown(caption) + ":\n\n|", rule = "\n|";
    for (std::size_t k = 0; k < names.size(); ++k) {
      out += " " + names[k] + " |";
      rule += numbers[k] ? " ---: |" : " --- |";
    }
    out += rule + "\n";
    for (std::size_t r = 0; r < std::min(most_rows_, rows.size()); ++r) {
      out += "|";
      for (const std::string& text : rows[r]) out += " " + text + " |";
      out += "\n";
    }
    return out + (rows.size() > most_rows_ ? fmt::format("\n{} more in the HTML report.\n\n", rows.size() - most_rows_)
                                           : "\n");
  }

  std::size_t most_rows_;
};

std::string text_of(const Section& section, const Writer& writer) {
  std::string text = "## " + section.heading + "\n\n";
  for (const Block& block : section.blocks) text += std::visit(writer, block);
  return text;
}

std::string opening_of(const Document& document) {
  std::string text = "# " + in_markdown(shortened(document.title, 100)) + "\n\n";
  if (!document.verdict.empty()) text += "**" + in_markdown(shortened(document.verdict, kLongestText)) + "**\n\n";
  if (!document.why.empty())
    text += in_markdown(document.status) + ": " + in_markdown(shortened(document.why, kLongestText)) + ".\n\n";
  for (const Headline& one : document.headlines)
    text += fmt::format("- {}: {} ({})\n", in_markdown(one.name), in_markdown(one.value), in_markdown(one.note));
  return text + (document.headlines.empty() ? "" : "\n");
}

/// As many sections as fit.
std::string cut_to(const Document& document, const Writer& writer, std::size_t most) {
  const std::string cut = "More is in the HTML report.\n";
  std::string text = opening_of(document);
  for (const Section& section : document.sections) {
    const std::string next = text_of(section, writer);
    if (text.size() + next.size() + cut.size() > most) return text + cut;
    text += next;
  }
  return text;
}

}  // namespace

std::string markdown_of(const Document& document, std::size_t most) {
  for (const std::size_t rows : {20, 10, 5}) {
    const Writer writer(rows);
    std::string text = opening_of(document);
    for (const Section& section : document.sections) text += text_of(section, writer);
    if (text.size() <= most) return text;
  }
  return cut_to(document, Writer(5), most);
}

}  // namespace poise::report
