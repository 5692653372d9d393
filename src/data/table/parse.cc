#include "data/table/parse.h"

#include <algorithm>
#include <utility>

#include "base/parallel.h"
#include "base/watched_work.h"
#include "data/table/chunk_parser.h"

namespace poise::inline data {
namespace {

ParsedTable empty_table(const TableReading& reading, std::size_t chunks) {
  ParsedTable table;
  table.chunks.resize(chunks);
  std::size_t numbers = 0, texts = 0;
  for (const ColumnReading& column : reading.columns) {
    const CellMode mode = column.mode;
    table.modes.push_back(mode);
    std::size_t* const counter = mode == CellMode::kNumber ? &numbers : mode == CellMode::kText ? &texts : nullptr;
    table.slots.push_back(counter == nullptr ? -1 : static_cast<Index>((*counter)++));
  }
  table.odd.resize(numbers);
  table.texts.resize(texts);
  return table;
}

TextColumn merge_texts(std::vector<TableChunk>& chunks, std::size_t slot) {
  TextColumn merged;
  Dictionary all;
  for (TableChunk& chunk : chunks) {
    std::vector<std::uint32_t> numbers;
    for (const Dictionary::Entry& entry : chunk.dictionaries[slot].entries()) {
      // A string of rows that were left out is no value of the column; its number does not occur.
      numbers.push_back(entry.count == 0 ? 0 : all.add(entry.text, entry.first, entry.count));
    }
    merged.numbers.push_back(std::move(numbers));
    chunk.dictionaries[slot] = {};
  }
  merged.entries = all.entries();
  return merged;
}

}  // namespace

void OddCells::add(const OddCells& later) {
  missing += later.missing;
  text += later.text;
  unsure += later.unsure;
  if (first_missing == nullptr) first_missing = later.first_missing;
  if (first_text == nullptr) first_text = later.first_text;
  if (first_infinite == nullptr) first_infinite = later.first_infinite;
}

TableReading TableReading::plain(const std::vector<CellMode>& modes) {
  TableReading reading;
  for (const CellMode mode : modes) reading.columns.push_back({mode, {}, {}});
  return reading;
}

Index ParsedTable::left_out() const {
  Index count = 0;
  for (const TableChunk& chunk : chunks) count += static_cast<Index>(chunk.left_out.size());
  return count;
}

Index ParsedTable::comments() const {
  Index count = 0;
  for (const TableChunk& chunk : chunks) count += chunk.comments;
  return count;
}

const char* ParsedTable::first_left_out() const {
  const auto found = std::ranges::find_if(chunks, [](const TableChunk& chunk) { return !chunk.left_out.empty(); });
  return found == chunks.end() ? nullptr : found->first_left_out;
}

Index ParsedTable::file_row(Index row) const {
  Index before = 0;  // rows left out, in the chunks before
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    const TableChunk& chunk = chunks[c];
    if (row >= first_row[c] + chunk.rows) {
      before += static_cast<Index>(chunk.left_out.size());
      continue;
    }
    Index within = row - first_row[c];
    for (const Index left_out : chunk.left_out) within += left_out <= within ? 1 : 0;
    return first_row[c] + before + within;
  }
  return row + before;
}

TableChunk ParsedTable::parse(Index number) const {
  const char *const begin = source.starts[number], *const end = source.starts[number + 1];
  TableChunk chunk = parse_chunk(*source.text, source.reading, *this, begin, end);
  source.text->touched(begin, end);
  return chunk;
}

ParsedTable parse_table(const TableText& text, const char* data, const TableReading& reading, int threads,
                        Watcher* watcher) {
  std::vector<const char*> starts = chunk_rows(text, data);
  ParsedTable table = empty_table(reading, starts.size() - 1);
  table.source = {&text, reading, std::move(starts)};
  WatchedWork work(watcher, "reading " + text.file, std::ssize(table.chunks));
  parallel_for(std::ssize(table.chunks), threads, [&](Index k) {
    TableChunk& chunk = table.chunks[k] = table.parse(k);
    if (!table.keeps_cells()) chunk.numbers = {}, chunk.texts = {};
    work.go_on(1);
  });
  work.go_on(0);
  table.first_row.push_back(0);
  for (const TableChunk& chunk : table.chunks) {
    table.first_row.push_back(table.first_row.back() + chunk.rows);
    for (std::size_t k = 0; k < table.odd.size(); ++k) table.odd[k].add(chunk.odd[k]);
  }
  parallel_for(static_cast<Index>(table.texts.size()), threads,
               [&](Index slot) { table.texts[slot] = merge_texts(table.chunks, slot); });
  return table;
}

std::string cell_at(const TableText& text, const char* place) { return text.read_cell(place).text(text.dialect.quote); }

}  // namespace poise::inline data
