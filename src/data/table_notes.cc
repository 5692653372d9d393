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

std::vector<Index> counting_columns(const ParsedTable& parsed, const std::vector<Index>& positions) {
  std::vector<Index> counting;
  if (parsed.rows() <= kIdentifierRows) return counting;
  std::vector<double> first(at(parsed.number_columns())), x(at(parsed.number_columns()));
  const auto begin = std::ranges::find_if(parsed.chunks, [](const TableChunk& chunk) { return chunk.rows > 0; });
  begin->numbers.unpack(0, first.data());
  for (const Index position : positions) {
    if (parsed.modes[at(position)] != CellMode::kNumber) continue;
    const double start = first[at(parsed.slots[at(position)])];
    if (start == 0 || start == 1) counting.push_back(position);
  }
  for (std::size_t c = 0; c < parsed.chunks.size(); ++c) {
    for (Index i = 0; i < parsed.chunks[c].rows && !counting.empty(); ++i) {
      parsed.chunks[c].numbers.unpack(i, x.data());
      const auto row = static_cast<double>(parsed.first_row[c] + i);
      std::erase_if(counting, [&](Index position) {
        const std::size_t slot = at(parsed.slots[at(position)]);
        return x[slot] != first[slot] + row;
      });
    }
  }
  return counting;
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
