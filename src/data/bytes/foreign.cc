#include "data/bytes/foreign.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "base/shell_word.h"
#include "data/bytes/bytes.h"
#include "poise/error.h"

namespace poise::inline data {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kBytesForControl = 4096;
constexpr const char* kReadable =
    "CSV and similar tables, LIBSVM text, NPY, NPZ, safetensors or IDX, plain or packed by gzip, xz or zstd";

/// A format: bytes at a place, what it is called, and a command that converts it, with {in}, {out} and {name} (which
/// is {in} as a string of another language) in it; or which reader of pandas does.
struct Foreign {
  std::size_t place;
  std::string_view magic;
  const char* name;
  const char* hint;
  const char* pandas = "";
};

constexpr const char* kByPandas = "python3 -c \"import pandas; pandas.read_{how}({name}).to_csv({out}, index=False)\"";
constexpr const char* kAsText = "save the table as CSV";
constexpr const char* kAsArray = "Poise reads images as arrays: NPY (n, rows, columns) of uint8, or IDX";

const Foreign kForeign[] = {
    {4, "1AY&SY"sv, "a bzip2 file", "bunzip2 --stdout {in} > {out}"},
    {0, "\x1F\x9D"sv, "a file of compress (.Z)", "gunzip --stdout {in} > {out}"},
    {0, "\x04\x22\x4D\x18"sv, "an LZ4 file", "lz4 -dc {in} > {out}"},
    {0, "7z\xBC\xAF\x27\x1C"sv, "a 7z archive", "7z x {in}"},
    {0, "Rar!\x1A\x07"sv, "a RAR archive", "unrar x {in}"},
    {257, "ustar"sv, "a tar archive", "tar -xf {in}"},
    {0, "PAR1"sv, "a Parquet file", kByPandas, "parquet"},
    {0, "ARROW1"sv, "a Feather (Arrow) file", kByPandas, "feather"},
    {0, "FEA1"sv, "a Feather file", kByPandas, "feather"},
    {0, "ORC"sv, "an ORC file", kByPandas, "orc"},
    {0, "Obj\x01"sv, "an Avro file", kAsText},
    {0, "\x89HDF\r\n\x1A\n"sv, "an HDF5 file (also MATLAB's since 7.3)", kByPandas, "hdf"},
    {0, "MATLAB 5.0 MAT-file"sv, "a MATLAB file",
     "python3 -c \"import numpy, scipy.io; m = scipy.io.loadmat({name}); print(m.keys())\" shows its arrays; "
     "numpy.save writes one of them"},
    {0, "SQLite format 3\0"sv, "an SQLite database", "sqlite3 -header -csv {in} 'SELECT * FROM table' > {out}"},
    {0, "RDX2\n"sv, "an R workspace", "in R: load({name}); write.csv(x, {out}, row.names = FALSE)"},
    {0, "RDX3\n"sv, "an R workspace", "in R: load({name}); write.csv(x, {out}, row.names = FALSE)"},
    {0, "X\n\0\0\0\2"sv, "an R object (.rds)", "Rscript -e \"write.csv(readRDS({name}), {out}, row.names = FALSE)\""},
    {0, "X\n\0\0\0\3"sv, "an R object (.rds)", "Rscript -e \"write.csv(readRDS({name}), {out}, row.names = FALSE)\""},
    {0, "<stata_dta>"sv, "a Stata file", kByPandas, "stata"},
    {0, "$FL2"sv, "an SPSS file", kByPandas, "spss"},
    {84, "SAS FILE"sv, "a SAS file", kByPandas, "sas"},
    {0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "an Excel workbook (.xls) or another file of Microsoft Office", kByPandas,
     "excel"},
    {0, "%PDF-"sv, "a PDF document", kAsText},
    {0, "\x89PNG\r\n\x1A\n"sv, "a picture (PNG)", kAsArray},
    {0, "\xFF\xD8\xFF"sv, "a picture (JPEG)", kAsArray},
    {0, "GIF8"sv, "a picture (GIF)", kAsArray},
};

std::string with_all_replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t p = text.find(from); p != std::string::npos; p = text.find(from, p + to.size())) {
    text.replace(p, from.size(), to);
  }
  return text;
}

/// 'x' inside of a string in double quotes of the shell.
std::string as_literal(const std::string& name) {
  std::string text = "'";
  for (const char c : name) {
    if (c == '\'' || c == '\\' || c == '"' || c == '$' || c == '`') text += '\\';
    text += c;
  }
  return text + "'";
}

/// The file's name with another ending: "folder/x.csv.bz2" is unpacked to "x.csv", "x.parquet" converted to "x.csv".
std::string target_of(const std::string& file, bool packed, const char* ending) {
  const std::string name = base_name(file);
  const std::size_t dot = name.rfind('.');
  const std::string stem = dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
  return packed && stem.find('.') != std::string::npos ? stem : stem + ending;
}

[[noreturn]] void refuse(const char* what, const char* command, const std::string& file, const char* pandas = "",
                         const char* ending = ".csv") {
  const bool by_shell = std::string_view(command).find("{in}") != std::string_view::npos;
  const std::string target = target_of(file, by_shell, ending);
  std::string hint = with_all_replaced(command, "{how}", pandas);
  hint = with_all_replaced(hint, "{in}", shell_word(file));
  hint = with_all_replaced(hint, "{name}", as_literal(file));
  hint = with_all_replaced(hint, "{out}", by_shell ? shell_word(target) : as_literal(target));
  throw Error(ErrorKind::kData, std::string("this is ") + what, kReadable, hint, {file});
}

[[noreturn]] void refuse_zip(std::string_view bytes, const std::string& file) {
  const auto holds = [&](std::string_view name) { return bytes.find(name) != std::string_view::npos; };
  if (holds("xl/workbook") || holds("xl/worksheets")) refuse("an Excel workbook (.xlsx)", kByPandas, file, "excel");
  if (holds("application/vnd.oasis.opendocument")) {
    refuse("a spreadsheet of OpenDocument (.ods)", "libreoffice --headless --convert-to csv {in}", file);
  }
  refuse("a zip archive", "unzip -p {in} > {out}", file);
}

bool starts_with_word(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  return std::equal(word.begin(), word.end(), text.begin(),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

/// Whether there is a byte that no text has.
bool has_control(std::string_view bytes) {
  return std::any_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0 && c < ' ' && !std::isspace(c); });
}

/// Weka's format: comments that begin with %, then @relation.
bool is_arff(std::string_view text) {
  for (text = without_blanks(text); text.starts_with('%'); text = without_blanks(text)) {
    const std::size_t line_end = text.find('\n');
    if (line_end == std::string_view::npos) return false;
    text.remove_prefix(line_end);
  }
  return starts_with_word(text, "@relation");
}

bool is_json(std::string_view text) {
  if (!text.starts_with('{') && !text.starts_with('[')) return false;
  const std::string_view rest = without_blanks(text.substr(1));
  return text.starts_with('{') ? rest.starts_with('"') : rest.starts_with('{') || rest.starts_with('[');
}

/// A pickle of protocol 2 or later: its mark, the protocol, and at the end a point.
bool is_pickle(std::string_view bytes) {
  return bytes.size() > 3 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5 && bytes.back() == '.';
}

void refuse_text(std::string_view bytes, const std::string& file) {
  std::string_view text = bytes;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (is_arff(text)) {
    refuse("an ARFF file", "what follows @data is CSV without a header: sed '1,/^@data/Id' {in} > {out}", file);
  }
  text = without_blanks(text);
  if (is_json(text)) refuse("JSON", kByPandas, file, "json");
  for (const std::string_view tag : {"<!doctype"sv, "<html"sv, "<?xml"sv}) {
    if (!starts_with_word(text, tag)) continue;
    refuse(tag == "<?xml" ? "XML" : "a web page (HTML)",
           "was the page saved instead of the file? Download the file itself", file);
  }
}

}  // namespace

void refuse_foreign(std::string_view bytes, const std::string& file) {
  const bool binary = has_control(bytes.substr(0, kBytesForControl));
  if (bytes.starts_with("PK\3\4") || bytes.starts_with("PK\5\6")) refuse_zip(bytes, file);
  for (const Foreign& format : kForeign) {
    if (!bytes.substr(std::min(bytes.size(), format.place)).starts_with(format.magic)) continue;
    if (binary || format.place > 0 || format.magic.size() > 4) {  // ORC may be the name of a column
      refuse(format.name, format.hint, file, format.pandas);
    }
  }
  if (is_pickle(bytes)) refuse("a pickle of Python (open none that you do not trust)", kByPandas, file, "pickle");
  refuse_text(bytes, file);
}

}  // namespace poise::inline data
