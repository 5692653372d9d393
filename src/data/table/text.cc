#include "data/table/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/parallel.h"
#include "base/shell_word.h"
#include "data/bytes/number.h"

namespace poise::inline data {
namespace {

constexpr std::ptrdiff_t kChunk = 1 << 18;
constexpr const char* kQuoteHint =
    "write a quote inside a quoted cell twice; --quote none takes quotes for characters like others";

const char* find_char(const char* p, const char* end, char c) {
  const void* found = p == end ? nullptr : std::memchr(p, c, end - p);
  return found == nullptr ? end : static_cast<const char*>(found);
}

/// Length of the UTF-8 sequence at p (RFC 3629), or 0 if it is none.
int utf8_length(const unsigned char* p, const unsigned char* end) {
  const auto tail = [&](int k) { return p + k < end && (p[k] & 0xC0) == 0x80; };
  if (p[0] < 0x80) return 1;
  if (p[0] < 0xC2) return 0;
  if (p[0] < 0xE0) return tail(1) ? 2 : 0;
  if (p[0] < 0xF0) {
    const bool overlong = p[0] == 0xE0 && tail(1) && p[1] < 0xA0;
    const bool surrogate = p[0] == 0xED && tail(1) && p[1] >= 0xA0;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  const bool overlong = p[0] == 0xF0 && tail(1) && p[1] < 0x90;
  const bool too_large = p[0] > 0xF4 || (p[0] == 0xF4 && tail(1) && p[1] >= 0x90);
  return tail(1) && tail(2) && tail(3) && !overlong && !too_large ? 4 : 0;
}

/// Whether the 64 bytes at p are ASCII and not NUL; `quote` becomes true if one of them is a quote.
bool is_plain(const char* p, bool& quote) {
#if defined(__SSE2__)
  const __m128i* const part = reinterpret_cast<const __m128i*>(p);
  const __m128i a = _mm_loadu_si128(part), b = _mm_loadu_si128(part + 1);
  const __m128i c = _mm_loadu_si128(part + 2), d = _mm_loadu_si128(part + 3), mark = _mm_set1_epi8('"');
  const __m128i any = _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d));
  const __m128i least = _mm_min_epu8(_mm_min_epu8(a, b), _mm_min_epu8(c, d));
  const __m128i quotes = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(a, mark), _mm_cmpeq_epi8(b, mark)),
                                      _mm_or_si128(_mm_cmpeq_epi8(c, mark), _mm_cmpeq_epi8(d, mark)));
  quote = quote || _mm_movemask_epi8(quotes) != 0;
  return (_mm_movemask_epi8(any) | _mm_movemask_epi8(_mm_cmpeq_epi8(least, _mm_setzero_si128()))) == 0;
#else
  std::uint64_t any = 0;
  for (int k = 0; k < 64; k += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p + k, sizeof word);
    any |= word;
  }
  quote = quote || bytes_equal(p, '"') != 0;
  return (any & 0x8080808080808080) == 0 && bytes_equal(p, '\0') == 0;
#endif
}

/// First byte in [p, stop) that is NUL or begins something that is not UTF-8, or null. Sequences may reach to `end`.
/// `quote` becomes true if there is a quote before it.
const char* find_bad_text(const char* p, const char* stop, const char* end, bool& quote) {
  while (p < stop) {
    if (stop - p >= 64 && is_plain(p, quote)) {
      p += 64;
      continue;
    }
    quote = quote || *p == '"';
    const int length =
        *p == 0 ? 0
                : utf8_length(reinterpret_cast<const unsigned char*>(p), reinterpret_cast<const unsigned char*>(end));
    if (length == 0) return p;
    p += length;
  }
  return nullptr;
}

[[noreturn]] void fail_bad_text(const char* begin, const char* bad, const std::string& file) {
  const Location where{file, 1 + std::count(begin, bad, '\n'), 0};
  if (*bad == 0) {
    throw Error(ErrorKind::kData, "a NUL byte: this is a binary file, or UTF-16 text", "UTF-8 text",
                fmt::format("if it is UTF-16: iconv -f UTF-16 -t UTF-8 {} > utf8.csv", file), where);
  }
  throw Error(ErrorKind::kData, fmt::format("the byte 0x{:02x} is not UTF-8 text", static_cast<unsigned char>(*bad)),
              "UTF-8 text", fmt::format("iconv -f ISO-8859-1 -t UTF-8 {} > utf8.csv converts it", file), where);
}

}  // namespace

std::string Cell::text(char quote) const {
  std::string result(raw());
  if (!escaped) return result;
  std::size_t out = 0;
  for (std::size_t in = 0; in < result.size(); ++in) {
    result[out++] = result[in];
    if (result[in] == quote) ++in;  // of "" only one stays
  }
  result.resize(out);
  return result;
}

const char* TableText::find_row(const char* p, const char* stop, Index& comments) const {
  while (p < stop) {
    if (dialect.comment != 0 && *p == dialect.comment) {
      p = find_char(p, end, '\n');
      ++comments;
    } else {
      const char* first = skip_blanks(p);
      if (blank_rows || !at_row_end(first)) return p;
      p = first;
    }
    p = next_line(p);
  }
  return p;
}

Cell TableText::read_cell(const char*& p) const {
  p = skip_blanks(p);
  if (p != end && *p == dialect.quote && dialect.quote != 0) return read_quoted(p);
  Cell cell{p, p};
  while (!at_cell_end(p)) {
    if (!is_blank(*p)) cell.end = p + 1;
    ++p;
  }
  return cell;
}

Cell TableText::read_quoted(const char*& p) const {
  const char* const opening = p;
  Cell cell{p + 1, p + 1};
  for (const char* q = p + 1;; q = q + 2) {
    q = find_char(q, end, dialect.quote);
    if (q == end) {
      throw Error(ErrorKind::kData, "a quoted cell that is never closed", "a closing quote", kQuoteHint,
                  where(opening));
    }
    if (q + 1 == end || q[1] != dialect.quote) {
      cell.end = q;
      break;
    }
    cell.escaped = true;
  }
  p = skip_blanks(cell.end + 1);
  const bool ended = at_cell_end(p) || (dialect.runs() && p != cell.end + 1);
  if (!ended) {
    throw Error(ErrorKind::kData, fmt::format("'{}' behind a closing quote", *p), "the end of the cell", kQuoteHint,
                where(p));
  }
  return cell;
}

bool TableText::next_cell_slow(const char*& p) const {
  if (dialect.runs()) {
    p = skip_blanks(p);
    return !at_row_end(p);
  }
  if (at_row_end(p)) return false;
  ++p;
  return true;
}

const char* TableText::next_line(const char* p) const {
  if (p != end && *p == '\r') ++p;
  if (p != end && *p == '\n') ++p;
  return p;
}

const char* TableText::find_row_end(const char* p) const {
  const char* line_end = find_char(p, end, '\n');
  if (dialect.quote == 0 || find_char(p, line_end, dialect.quote) == line_end) return line_end;
  do read_cell(p);
  while (next_cell(p));
  return p;
}

const char* TableText::row_at(const char* data, Index row) const {
  const char* p = find_row(data);
  for (; row > 0; --row) p = find_row(next_line(find_row_end(p)));
  return p;
}

std::vector<std::string> TableText::row_cells(const char* p) const {
  std::vector<std::string> cells;
  do cells.push_back(read_cell(p).text(dialect.quote));
  while (next_cell(p));
  return cells;
}

Location TableText::where(const char* p, Index cell) const { return {file, 1 + std::count(begin, p, '\n'), cell}; }

void fail_ragged(const TableText& text, const char* row, Index columns) {
  const std::size_t cells = text.row_cells(row).size();
  const Location where = text.where(row);
  const std::string character(1, *row);
  const bool comment = where.line == 1 || character == "#" || character == "%";
  throw Error(ErrorKind::kData, fmt::format("this row has {} cell{}", cells, cells == 1 ? "" : "s"),
              fmt::format("{}, as in the other rows", columns),
              comment ? fmt::format("if this line is a comment: --comment {}", shell_word(character))
                      : "a cell that holds the delimiter must be in double quotes",
              where);
}

bool check_text(const Bytes& bytes, const std::string& file, int threads) {
  const char* const begin = bytes.data;
  const char* const end = begin + bytes.size;
  const auto chunks = static_cast<Index>(bytes.size / kChunk + 1);
  std::vector<const char*> bad(chunks, nullptr);
  std::vector<char> quotes(chunks, 0);
  const auto size = static_cast<Index>(bytes.size);
  parallel_for(chunks, threads, [&](Index i) {
    const char* first = begin + part_begin(size, chunks, i);
    const char* const stop = begin + part_begin(size, chunks, i + 1);
    // A sequence begun in the chunk before is that chunk's; it has at most three bytes here.
    for (int k = 0; i > 0 && k < 3 && first < stop && (*first & 0xC0) == 0x80; ++k) ++first;
    bool quote = false;
    bad[i] = find_bad_text(first, stop, end, quote);
    if (bytes.pages) bytes.pages->touched(first, stop);
    quotes[i] = quote;
  });
  for (const char* p : bad) {
    if (p != nullptr) fail_bad_text(begin, p, file);
  }
  const char* const line = begin + std::min<std::size_t>(bytes.size, kChunk);
  if (find_char(begin, line, '\n') == line && find_char(begin, line, '\r') < std::max(begin, line - 1)) {
    throw Error(ErrorKind::kData, "line ends of carriage returns alone", "LF or CRLF",
                "convert it with: tr '\\r' '\\n'", {file, 1});
  }
  return std::find(quotes.begin(), quotes.end(), 1) != quotes.end();
}

std::vector<const char*> chunk_rows(const TableText& text, const char* data) {
  std::vector<const char*> starts{data};
  const char quote = text.dialect.quote;
  const bool quotes = text.quotes && quote != 0 && find_char(data, text.end, quote) != text.end;
  const char* p = data;
  while (text.end - starts.back() > kChunk) {
    if (quotes) {  // only from row to row can one tell which line breaks are inside of quotes
      while (p != text.end && p - starts.back() < kChunk) {
        p = text.find_row(p);
        if (p != text.end) p = text.next_line(text.find_row_end(p));
      }
    } else {
      p = text.next_line(find_char(starts.back() + kChunk, text.end, '\n'));
    }
    text.touched(quotes ? starts.back() : p, p);
    starts.push_back(p);
  }
  if (starts.back() != text.end) starts.push_back(text.end);
  if (starts.size() == 1) starts.push_back(text.end);
  return starts;
}

}  // namespace poise::inline data
