#include "data/table/readings.h"

#include <algorithm>

#include "base/index.h"

namespace poise::inline data {
TableReadings::TableReadings(const TableHead& head, const TableRoles& roles, const ReadOptions& options)
    : head_(head),
      roles_(roles),
      columns_(roles.features),
      stages_(head.names.size(), Stage::kGuessed),
      looks_(head.names.size()),
      decimal_(options.decimal) {
  if (roles.weight >= 0) columns_.push_back(roles.weight);
  reading_.missing = head.missing;
  reading_.columns.resize(head.names.size());
  std::erase_if(columns_, [&](Index column) { return std::ranges::count(roles.categorical, column) > 0; });
  for (const Index column : columns_) {
    reading_.columns[column] = head.looks[column].decide(decimal_, forced_number(column));
  }
  for (const Index column : roles.categorical) reading_.columns[column].mode = CellMode::kText;
  if (roles.label >= 0) reading_.columns[roles.label].mode = CellMode::kText;
  if (decimal_ == 0 && prefer_comma()) look_again();
}

bool TableReadings::forced_number(Index column) const {
  return column == roles_.weight || std::ranges::count(roles_.numeric, column) > 0;
}

bool TableReadings::settle(const ParsedTable& parsed) {
  const std::vector<ColumnReading> before = reading_.columns;
  for (const Index column : columns_) {
    if (stages_[column] != Stage::kSettled) settle_column(parsed, column);
  }
  if (decimal_ == 0 && prefer_comma()) look_again();
  return std::ranges::equal(before, reading_.columns, &ColumnReading::same);
}

/// Text is decided on by its distinct cells. Numbers are as guessed, unless there is text among them: then a second
/// parse looks at the cells.
void TableReadings::settle_column(const ParsedTable& parsed, Index column) {
  ColumnReading& reading = reading_.columns[column];
  const Index slot = parsed.slots[column];
  if (parsed.modes[column] == CellMode::kText) {
    ColumnLook& look = looks_[column];
    for (const Dictionary::Entry& entry : parsed.texts[slot].entries) look.add(entry.text, head_.missing, entry.count);
    reading = look.decide(decimal_, forced_number(column));
    stages_[column] = Stage::kSettled;
    return;
  }
  const OddCells& odd = parsed.odd[slot];
  const bool numbers = odd.missing + odd.text < parsed.rows();
  if (odd.text == 0 && (numbers || odd.unsure == 0)) return;
  reading = {CellMode::kText, {}, {}};
  stages_[column] = Stage::kLooking;
}

/// One column that shows decimal commas tells how the file's other columns are to be understood.
bool TableReadings::prefer_comma() {
  const auto shows = [&](Index column) {
    return reading_.columns[column].mode == CellMode::kNumber && look_at(column).shows_comma();
  };
  if (std::none_of(columns_.begin(), columns_.end(), shows)) return false;
  decimal_ = ',';
  return true;
}

/// With decimal commas, "1,234" is not 1234, and "1.234" may be.
void TableReadings::look_again() {
  for (const Index column : columns_) {
    if (stages_[column] == Stage::kLooking) continue;
    reading_.columns[column] = look_at(column).decide(decimal_, forced_number(column));
  }
}

const ColumnLook& TableReadings::look_at(Index column) const {
  return (stages_[column] == Stage::kSettled ? looks_ : head_.looks)[column];
}

TableReading readings_of(const Schema& schema, const TableHead& head, const TableRoles& roles, char decimal) {
  TableReading reading;
  reading.missing = head.missing;
  reading.columns.resize(head.names.size());
  for (std::size_t k = 0; k < schema.columns.size(); ++k) {
    const Column& column = schema.columns[k];
    ColumnReading& own = reading.columns[roles.features[k]];
    own.mode = column.kind == ColumnKind::kNumeric ? CellMode::kNumber : CellMode::kText;
    own.form = column.form;
    if (decimal != 0) own.form.decimal = decimal;
  }
  if (roles.label >= 0) reading.columns[roles.label].mode = CellMode::kText;
  if (roles.weight >= 0) reading.columns[roles.weight].mode = CellMode::kNumber;
  return reading;
}

}  // namespace poise::inline data
