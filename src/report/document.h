// What a report says, apart from how it is written down: the same for HTML and Markdown.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "report/plot/chart.h"

namespace poise::report {

enum class Mood { kGood, kPlain, kBad };

struct Cell {
  Cell(std::string shown = {}) : text(std::move(shown)) {}  // NOLINT: cells are written as what they show
  Cell(const char* shown) : text(shown) {}                  // NOLINT
  Cell(std::string shown, double number) : text(std::move(shown)), value(number) {}

  std::string text;
  double value = kNoValue;        ///< to sort by
  double bar = kNoValue;          ///< in [−1, 1]: a bar behind the text
  bool best = false;              ///< of its column
  std::optional<Mood> mood = {};  ///< the text is colored so
};

struct Column {
  std::string name;
  bool is_number = true;
  std::string help = {};  ///< what it means
};

struct Table {
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  bool can_sort = false;
  bool row_heads = true;  ///< the first cell of a row names it
};

/// Names and what they are.
struct Facts {
  std::string caption;
  std::vector<std::pair<std::string, std::string>> all;
};

/// Numbers of rows of a class (down) that are predicted as another (across).
struct Confusion {
  std::string caption;
  std::vector<std::string> classes;
  std::vector<std::vector<double>> weights;  ///< [true][predicted]
  std::vector<double> totals;                ///< of the classes shown, with what is predicted as others
};

struct Picture {
  std::string url, name, note;
};
struct Pictures {
  std::string title, caption;
  std::vector<Picture> all;
};

struct Paragraph {
  std::string text;
};
struct List {
  std::vector<std::string> items;
};
/// A line for a shell.
struct Command {
  std::string text;
  std::string name = "command";  ///< tells several apart
};
/// Beside each other, where there is room.
struct Charts {
  std::vector<Chart> all;
};

/// What a check has found that is not as it should be.
struct Finding {
  std::string code, severity;
  Mood mood = Mood::kPlain;
  std::string name, found, threshold;
  std::string advice;              ///< a sentence
  std::vector<std::string> notes;  ///< what was said of it in training
};
struct Findings {
  std::vector<Finding> all;
};

using Block = std::variant<Paragraph, List, Command, Facts, Table, Charts, Confusion, Pictures, Findings>;

struct Section {
  std::string id, heading;
  std::vector<Block> blocks;
};

/// A figure at the top.
struct Headline {
  std::string value, name, note;
};

struct Document {
  std::string title, subtitle;
  std::string status;  ///< a word or two
  Mood mood = Mood::kPlain;
  std::string why;      ///< the status, in a sentence
  std::string verdict;  ///< one sentence
  std::vector<Headline> headlines;
  std::vector<Section> sections;
};

}  // namespace poise::report
