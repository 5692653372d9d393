#include "data/table_notes.h"

#include <fmt/core.h>

#include <algorithm>

#include "data/classes.h"
#include "data/number.h"
#include "data/text_look.h"

namespace poise {
namespace {

constexpr double kIdentifierShare = 0.9;
constexpr Index kIdentifierRows = 20;

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

}  // namespace

Index count_missing(const ParsedTable& parsed, Index position) {
  const Index slot = parsed.slots[at(position)];
  if (parsed.modes[at(position)] == CellMode::kNumber) return parsed.odd[at(slot)].missing;
  Index count = 0;
  for (const Dictionary::Entry& entry : parsed.texts[at(slot)].entries)
    count += is_missing(entry.text) ? entry.count : 0;
  return count;
}

std::string reason_to_leave_out(const ParsedTable& parsed, Index position, const std::string& name) {
  const Index slot = parsed.slots[at(position)], rows = parsed.rows();
  if (parsed.modes[at(position)] == CellMode::kNumber) {
    if (parsed.odd[at(slot)].missing < rows) return {};
    return fmt::format("{} has no values and is left out", name);
  }
  const TextColumn& texts = parsed.texts[at(slot)];
  const std::size_t distinct = texts.entries.size();
  if (rows <= kIdentifierRows || static_cast<double>(distinct) <= kIdentifierShare * static_cast<double>(rows))
    return {};
  if (const TextLook look = look_of(texts); look != TextLook::kOther) {
    return fmt::format("{} holds {}, which are text here, {} different ones in {} rows, and is left out; {}", name,
                       describe(look, texts), distinct, rows, hint_at(look));
  }
  return fmt::format("{} has {} different strings in {} rows: taken for an identifier and left out", name, distinct,
                     rows);
}

bool note_look(const std::string& name, const TextColumn& texts, std::size_t categories,
               std::vector<std::string>& notices) {
  const TextLook look = look_of(texts);
  if (look == TextLook::kOther) return false;
  notices.push_back(fmt::format("{} holds {}, which are text here: {} categories, a feature each; {}", name,
                                describe(look, texts), categories, hint_at(look)));
  return true;
}

void note_missing(TableColumns& columns) {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < columns.columns.size(); ++k) {
    const std::vector<std::string>& categories = columns.columns[k].categories;
    const bool own = std::find(categories.begin(), categories.end(), kMissingCategory) != categories.end();
    if (columns.missing[k] > 0 && !own) names.push_back(columns.columns[k].name);
  }
  if (names.empty()) return;
  columns.notices.push_back(fmt::format("{} column{} missing values: {}; train asks for --missing mean or category",
                                        names.size(), names.size() == 1 ? " has" : "s have", list_names(names)));
}

void note_categories(const std::vector<std::string>& columns, std::vector<std::string>& notices) {
  if (columns.empty()) return;
  constexpr std::size_t kMost = 8;
  std::string list;
  for (std::size_t k = 0; k < std::min(kMost, columns.size()); ++k) list += (k == 0 ? "" : ", ") + columns[k];
  if (columns.size() > kMost) list += fmt::format(" and {} more", columns.size() - kMost);
  notices.push_back(fmt::format("text became categories, a feature each, in {} column{}: {}", columns.size(),
                                columns.size() == 1 ? "" : "s", list));
}

}  // namespace poise
