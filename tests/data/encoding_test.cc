// Text in other encodings, and files of other formats.
#include "helpers.h"

namespace poise {
namespace {

/// UTF-16 by the standard's table; `text` has no characters beyond U+FFFF but those given as pairs.
std::string utf16(const std::u16string& text, bool big, bool mark) {
  std::string bytes;
  for (const char16_t unit : (mark ? u"\uFEFF" : u"") + text) {
    const char low = static_cast<char>(unit & 0xFF), high = static_cast<char>(unit >> 8);
    bytes += big ? high : low;
    bytes += big ? low : high;
  }
  return bytes;
}

TEST(Encoding, ReadsUtf16) {
  const std::u16string text =
      u"größe,x,label\r\n\"zwei €\",1,caf\u00e9\r\n\U0001D11E,2,日本\r\n\"zwei €\",3,caf\u00e9\r\n";
  const std::string expected =
      "größe,x,label\r\n\"zwei €\",1,caf\u00e9\r\n\U0001D11E,2,日本\r\n\"zwei €\",3,caf\u00e9\r\n";
  const Dataset plain = read_text(expected);
  EXPECT_EQ(plain.schema.columns[0].categories, (std::vector<std::string>{"zwei €", "\U0001D11E"}));
  for (const bool big : {false, true}) {
    for (const bool mark : {false, true}) {
      EXPECT_EQ(fingerprint(read_text(utf16(text, big, mark))), fingerprint(plain)) << big << mark;
    }
  }
  const TempDir dir;  // packed, too
  EXPECT_EQ(fingerprint(read_dataset(dir.write("t.csv.gz", gzip(utf16(text, false, true))))), fingerprint(plain));
}

TEST(Encoding, SaysWhereUtf16IsDamaged) {
  const std::string text = utf16(u"a,label\n1,x\n2,y\n", false, true);
  expect_text_error(text + 'z', ErrorKind::kData, "an odd number of bytes", 4);
  for (const std::u16string half : {u"\xD834", u"\xDD1E"}) {
    expect_text_error(text + utf16(u"3," + half + u"\n", false, false), ErrorKind::kData, "half of a surrogate pair",
                      4);
  }
}

struct ForeignCase {
  const char* name;
  std::string bytes;
  const char* what;
  const char* hint;
};

class Foreign : public testing::TestWithParam<ForeignCase> {};

TEST_P(Foreign, IsNamedWithTheWayToConvert) {
  const TempDir dir;
  const std::string path = dir.write("x.bin", GetParam().bytes);
  expect_error([&] { read_dataset(path); }, ErrorKind::kData, GetParam().what);
  expect_error([&] { read_dataset(path); }, ErrorKind::kData, GetParam().hint);
}

using std::string_literals::operator""s;

std::string zip(const std::string& entry) {
  std::string bytes = "PK\3\4"s + std::string(22, '\0');
  bytes += static_cast<char>(entry.size());
  return bytes + std::string(3, '\0') + entry + "content";
}

INSTANTIATE_TEST_SUITE_P(
    All, Foreign,
    testing::Values(ForeignCase{"zip", zip("x.csv"), "a zip archive", "unzip -p"},
                    ForeignCase{"xlsx", zip("[Content_Types].xml") + zip("xl/workbook.xml"), "an Excel workbook",
                                "pandas.read_excel"},
                    ForeignCase{"bzip2", "BZh91AY&SY\x12\x34"s, "a bzip2 file", "bunzip2 --stdout"},
                    ForeignCase{"compress", "\x1f\x9d\x90rest"s, "compress (.Z)", "gunzip --stdout"},
                    ForeignCase{"parquet", "PAR1\x15\x04"s, "a Parquet file", "pandas.read_parquet"},
                    ForeignCase{"pickle", "\x80\x04\x95\x00\x00."s, "a pickle", "pandas.read_pickle"},
                    ForeignCase{"hdf5", "\x89HDF\r\n\x1a\n\0\0"s, "an HDF5 file", "pandas.read_hdf"},
                    ForeignCase{"rds", "X\n\0\0\0\3\0"s, "an R object", "readRDS"},
                    ForeignCase{"xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0"s, "an Excel workbook (.xls)",
                                "pandas.read_excel"},
                    ForeignCase{"arff", "% a comment\n\n@RELATION iris\n@attribute a numeric\n@data\n1,x\n"s,
                                "an ARFF file", "sed '1,/^@data/Id'"},
                    ForeignCase{"json", " [ {\"a\": 1}]"s, "JSON", "pandas.read_json"},
                    ForeignCase{"html", "<!DOCTYPE html>\n<html>"s, "a web page", "Download the file itself"}),
    [](const auto& chosen) { return chosen.param.name; });

TEST(ForeignHints, CanBePasted) {
  const TempDir dir;
  expect_error([&] { read_dataset(dir.write("my file.csv.bz2", "BZh91AY&SY\1")); }, ErrorKind::kData,
               "my file.csv.bz2' > 'my file.csv'");
  expect_error([&] { read_dataset(dir.write("it's.parquet", "PAR1\1")); }, ErrorKind::kData, "it\\'s.parquet')");
}

TEST(ForeignHints, AreNotForColumnsOfSuchNames) {
  EXPECT_EQ(feature_names(read_text("ORC,PAR1,label\n1,2,x\n3,5,y\n")), (std::vector<std::string>{"ORC", "PAR1"}));
  EXPECT_EQ(feature_names(read_text("BZh,b,label\n1,2,x\n3,5,y\n")), (std::vector<std::string>{"BZh", "b"}));
}

}  // namespace
}  // namespace poise
