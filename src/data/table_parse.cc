#include "data/table_parse.h"

#include <utility>

#include "base/parallel.h"
#include "data/chunk_parser.h"

namespace poise {
namespace {

ParsedTable empty_table(const std::vector<CellMode>& modes, std::size_t chunks) {
  ParsedTable table;
  table.modes = modes;
  table.chunks.resize(chunks);
  std::size_t numbers = 0, texts = 0;
  for (CellMode mode : modes) {
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
      numbers.push_back(all.add(entry.text, entry.first, entry.count));
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
  if (first_missing == nullptr) first_missing = later.first_missing;
  if (first_text == nullptr) first_text = later.first_text;
  if (first_infinite == nullptr) first_infinite = later.first_infinite;
}

ParsedTable parse_table(const TableText& text, const char* data, const std::vector<CellMode>& modes, int threads) {
  const std::vector<const char*> starts = chunk_rows(text, data);
  ParsedTable table = empty_table(modes, starts.size() - 1);
  parallel_for(static_cast<Index>(table.chunks.size()), threads, [&](Index i) {
    const auto k = static_cast<std::size_t>(i);
    table.chunks[k] = parse_chunk(text, table, starts[k], starts[k + 1]);
  });
  table.first_row.push_back(0);
  for (const TableChunk& chunk : table.chunks) {
    table.first_row.push_back(table.first_row.back() + chunk.rows);
    for (std::size_t k = 0; k < table.odd.size(); ++k) table.odd[k].add(chunk.odd[k]);
  }
  parallel_for(static_cast<Index>(table.texts.size()), threads, [&](Index slot) {
    const auto k = static_cast<std::size_t>(slot);
    table.texts[k] = merge_texts(table.chunks, k);
  });
  return table;
}

std::string cell_at(const TableText& text, const char* place) { return text.read_cell(place).text(); }

}  // namespace poise
