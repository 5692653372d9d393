// Tables written as other tables: no digit is lost.
#include "data/table/copy.h"

#include "data/table/csv_cell.h"
#include "helpers.h"

namespace poise {
namespace {

std::string copied(const std::string& text, char delimiter = ',', const ReadOptions& options = {}) {
  const TempDir dir;
  copy_table(copy_bytes(text), "t.csv", dir.path("out.csv"), delimiter, options);
  return slurp(dir.path("out.csv"));
}

TEST(TableCopy, KeepsEveryCellAsItStands) {
  const std::string text =
      "account,balance,code,label\n4658593030733141,1994266.21,1,a\n4658593030733147,1402155.3700,+7,b\n"
      "123456789012345678901234567890,NA,1e9,a\n007,\"$1,234.50\",,\"b\"\"c, d\"\n";
  EXPECT_EQ(copied(text), text);
  EXPECT_EQ(copied(copied(text, '\t')), text);
}

TEST(TableCopy, PutsTheLabelLastAndLeavesOutWhatIsIgnored) {
  ReadOptions options;
  options.label = "kind";
  options.ignore = {"b"};
  EXPECT_EQ(copied("kind;a;b;c\nx;1;2;3,5\ny;4;5;6,25\n", ',', options), "a,c,kind\n1,\"3,5\",x\n4,\"6,25\",y\n");
}

TEST(TableCopy, KeepsRowsWithoutLabelAndColumnsThatTrainingWouldLeaveOut) {
  std::string text = "id,x,label\n";
  for (int i = 0; i < 50; ++i) text += std::to_string(i) + ",1.50," + (i % 3 == 0 ? "" : "ab") + "\n";
  EXPECT_EQ(copied(text), text);
}

TEST(TableCopy, NamesColumnsWithoutAHeader) {
  EXPECT_EQ(copied("1|x\n2|y\n3|x\n", '\t'), "column 0\tcolumn 1\n1\tx\n2\ty\n3\tx\n");
}

TEST(TableCopy, QuotesWhatReadersWouldTakeForSomethingElse) {
  EXPECT_EQ(csv_cell("plain text"), "plain text");
  EXPECT_EQ(csv_cell("#p"), "\"#p\"");
  EXPECT_EQ(csv_cell(" lead"), "\" lead\"");
  EXPECT_EQ(csv_cell("tail\t"), "\"tail\t\"");
  EXPECT_EQ(csv_cell("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(csv_cell("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_cell("a;b"), "a;b");
  EXPECT_EQ(csv_cell("a;b", ",;"), "\"a;b\"");
  const std::string strange = "k,label\n\"#p\",\" lead\"\n\"tail \",\"two\nlines\"\n\"#p\",\" lead\"\n";
  EXPECT_EQ(copied(strange), strange);
}

TEST(TableCopy, RefusesRaggedRows) {
  expect_error([] { copied("a,b,label\n1,2,x\n3,y\n4,5,x\n"); }, ErrorKind::kData, "this row has 2 cells; expected 3",
               3);
}

}  // namespace
}  // namespace poise
