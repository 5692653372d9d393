#include "helpers.h"

namespace poise {
namespace {

/// Both have the same rows in original units, labels, classes and names.
void expect_same(const Dataset& a, const Dataset& b, double tolerance = 0) {
  ASSERT_EQ(a.rows(), b.rows());
  ASSERT_EQ(a.features.cols(), b.features.cols());
  for (Index i = 0; i < a.rows(); ++i) {
    for (Index j = 0; j < a.features.cols(); ++j)
      ASSERT_NEAR(original(a, i, j), original(b, i, j), tolerance) << i << "," << j;
  }
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.schema.classes, b.schema.classes);
}

TEST(Write, CsvGivesTheFilesOwnNumbersBack) {
  const TempDir dir;
  const std::string text =
      "a,\"b, c\",color,label\n0.1,1000000001,red,x\n2.5,1000000002,\"a \"\"b\"\"\",y\n-3e-05,1000000007,red,x\n";
  const Dataset data = read_text(text);
  write_dataset(data, dir.path("out.csv"));
  EXPECT_EQ(slurp(dir.path("out.csv")), text);
  const Dataset again = read_dataset(dir.path("out.csv"));
  EXPECT_EQ(fingerprint(data), fingerprint(again));
}

TEST(Write, CsvOfManyNumbersRoundTripsBitForBit) {
  const TempDir dir;
  std::string text = "a,b,c,label\n";
  for (int i = 0; i < 500; ++i) {
    text += std::to_string(std::sin(i) * 1e-3) + "," + std::to_string(100 + std::cos(i)) + "," +
            std::to_string(i * 12345 % 9999) + ",k" + std::to_string(i % 3) + "\n";
  }
  const Dataset data = read_text(text);
  write_dataset(data, dir.path("out.csv.gz"));
  expect_same(data, read_dataset(dir.path("out.csv.gz")), 1e-12);
  EXPECT_EQ(fingerprint(data),
            fingerprint(read_dataset(dir.path("out.csv.gz"))));  // what float32 resolves beside the column's spread
}

TEST(Write, TsvIsTheSameTableWithTabs) {
  const TempDir dir;
  ReadOptions options;
  options.sample_weight = "w";
  const Dataset data = read_text("a,\"b\tc\",w,label\n0.1,\"x,y\",2,u\n2.5,\"p\tq\",1,v\n", options);
  write_dataset(data, dir.path("out.tsv"));
  EXPECT_EQ(slurp(dir.path("out.tsv")), "a\t\"b\tc\"\tsample_weight\tlabel\n0.1\t\"x,y\"\t2\tu\n2.5\t\"p\tq\"\t1\tv\n");
  write_dataset(data, dir.path("out.tsv.gz"));
  options.sample_weight = "sample_weight";
  EXPECT_EQ(fingerprint(read_dataset(dir.path("out.tsv"), options)), fingerprint(data));
  EXPECT_EQ(fingerprint(read_dataset(dir.path("out.tsv.gz"), options)), fingerprint(data));
}

TEST(Write, KeepsMissingMarksAndWeights) {
  const TempDir dir;
  ReadOptions options;
  options.missing = MissingPolicy::kCategory;
  options.sample_weight = "w";
  const Dataset data = read_text("a,c,w,label\n1,u,0.5,x\n?,?,2,y\n3,u,1,x\n5,w,1,y\n", options);
  write_dataset(data, dir.path("out.csv"));
  EXPECT_EQ(slurp(dir.path("out.csv")), "a,c,sample_weight,label\n1,u,0.5,x\n?,?,2,y\n3,u,1,x\n5,w,1,y\n");
}

TEST(Write, LibsvmRoundTrips) {
  const TempDir dir;
  const std::string text = "1 1:0.1 3:-2.5\n2\n1 2:1e-07\n";
  const Dataset data = read_text(text, {}, "t.svm");
  write_dataset(data, dir.path("out.libsvm"));
  EXPECT_EQ(slurp(dir.path("out.libsvm")), text);
  const Dataset digits = read_dataset("digits:test");
  write_dataset(digits, dir.path("d.svm.gz"));
  expect_same(digits, read_dataset(dir.path("d.svm.gz"), {}, digits.schema));
}

TEST(Write, NpyRoundTrips) {
  const TempDir dir;
  const Dataset digits = read_dataset("digits:test");
  write_dataset(digits, dir.path("d.npy"));
  EXPECT_EQ(dir.names(), (std::vector<std::string>{"d-labels.npy", "d.npy"}));
  expect_same(digits, read_dataset(dir.path("d.npy")));
  const Dataset table = read_text("a,b,label\n0.1,1e9,3\n0.2,1000000003,5\n0.4,1000000001,3\n");
  write_dataset(table, dir.path("t.npy.gz"));
  const Dataset again = read_dataset(dir.path("t.npy.gz"));
  EXPECT_EQ(fingerprint(table), fingerprint(again));
  EXPECT_TRUE(has_notice(again, "t-labels.npy.gz"));
  Dataset soft = digits;
  soft.targets = Matrix::Constant(450, 10, 0.1);
  soft.labels.clear();
  write_dataset(soft, dir.path("s.npy"));
  EXPECT_EQ(read_dataset(dir.path("s.npy")).targets, soft.targets);
}

TEST(Write, WritesMnistLikeImages) {
  const TempDir dir;
  dir.write("x-labels.idx", idx(8, {2}, std::string("\0\1", 2)));
  const Dataset images = read_dataset(dir.write("x-images.idx", idx(8, {2, 2, 2}, "abcdefgh")));
  write_dataset(images, dir.path("x.npy"));
  const Dataset again = read_dataset(dir.path("x.npy"));
  EXPECT_EQ(again.schema.image_shape, images.schema.image_shape);
  EXPECT_EQ(again.unit, 255);
  expect_same(images, again);
  write_dataset(images, dir.path("x.csv"));
  expect_same(images, read_dataset(dir.path("x.csv")), 1e-5);
}

TEST(Write, RefusesWhatAFormatCannotHold) {
  const TempDir dir;
  const Dataset table = read_text("a,label\n1,two words\n2,one\n");
  expect_error([&] { write_dataset(table, dir.path("t.svm")); }, ErrorKind::kUsage, "'two words'");
  expect_error([&] { write_dataset(table, dir.path("t.xls")); }, ErrorKind::kUsage,
               ".csv, .tsv, .libsvm, .npy or .safetensors");
  Dataset soft = table;
  soft.targets = Matrix::Constant(2, 2, 0.5F);
  expect_error([&] { write_dataset(soft, dir.path("t.csv")); }, ErrorKind::kUsage, "soft targets");
  Dataset weighted = table;
  weighted.sample_weight = Vector::Ones(2);
  expect_error([&] { write_dataset(weighted, dir.path("t.npy")); }, ErrorKind::kUsage, "row weights");
  EXPECT_TRUE(dir.names().empty());  // nothing half-written
}

TEST(Write, SaysWhereItCannotWrite) {
  const TempDir dir;
  const Dataset table = read_text("a,label\n1,x\n2,y\n");
  expect_error([&] { write_dataset(table, dir.path("no/such/folder.csv")); }, ErrorKind::kIo, "cannot write");
  std::filesystem::create_directories(dir.path("taken.csv/inside"));
  expect_error([&] { write_dataset(table, dir.path("taken.csv")); }, ErrorKind::kIo, "cannot write");
  EXPECT_EQ(dir.names(), std::vector<std::string>{"taken.csv"});
}

TEST(Fingerprint, TellsEveryChange) {
  const Dataset data = read_text("a,b,label\n1,5,x\n2,6,y\n3,9,x\n");
  Dataset other = data;
  EXPECT_EQ(fingerprint(data).size(), 18U);
  EXPECT_EQ(fingerprint(data), fingerprint(other));
  EXPECT_TRUE(same_storage(fingerprint(data), fingerprint(other)));
  EXPECT_FALSE(same_storage(fingerprint(data), fingerprint(read_dataset("digits"))));
  other.labels[0] = 1;
  EXPECT_NE(fingerprint(data), fingerprint(other));
  EXPECT_NE(fingerprint(data), fingerprint(read_text("a,b,label\n1,5,x\n2,6,y\n3,9.5,x\n")));
  EXPECT_NE(fingerprint(data), fingerprint(read_text("a,b,label\n1,5,x\n2,6,z\n3,9,x\n")));
  EXPECT_NE(fingerprint(data),
            fingerprint(read_text("a,b,label\n101,5,x\n102,6,y\n103,9,x\n")));  // the same once standardized
}

}  // namespace
}  // namespace poise
