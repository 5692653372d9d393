// IDX and NPY arrays, and labels in files of their own.
#include "data/array/npy.h"

#include "helpers.h"

namespace poise {
namespace {

constexpr ErrorKind kData = ErrorKind::kData;

std::string images(int n) {
  std::string pixels;
  for (int i = 0; i < n * 6; ++i) pixels += static_cast<char>(i * 7);
  return idx(8, {static_cast<std::uint32_t>(n), 2, 3}, pixels);
}

TEST(Idx, ReadsImagesAndTheLabelsBesideThem) {
  const TempDir dir;
  dir.write("train-labels-idx1-ubyte", idx(8, {3}, std::string("\x05\x00\x05", 3)));
  const Dataset data = read_dataset(dir.write("train-images-idx3-ubyte", images(3)));
  ASSERT_EQ(data.rows(), 3);
  ASSERT_EQ(data.features.cols(), 6);
  EXPECT_EQ(data.features.array<std::uint8_t>()[10], 70);
  EXPECT_EQ(data.unit, 255);
  EXPECT_EQ(data.schema.image_shape, (std::vector<Index>{2, 3}));
  EXPECT_EQ(data.schema.feature_name(4), "pixel (1,1)");
  EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"0", "5"}));
  EXPECT_EQ(data.labels, (std::vector<std::int32_t>{1, 0, 1}));
}

TEST(Idx, ReadsGzipAndMixesOfIt) {
  const TempDir dir;
  dir.write("a-labels.idx.gz", gzip(idx(8, {3}, "abc")));
  EXPECT_EQ(read_dataset(dir.write("a-images.idx", images(3))).schema.classes,
            (std::vector<std::string>{"97", "98", "99"}));
  dir.write("b-labels.idx", idx(8, {3}, "aba"));
  EXPECT_EQ(read_dataset(dir.write("b-images.idx.gz", gzip(images(3)))).labels, (std::vector<std::int32_t>{0, 1, 0}));
}

TEST(Idx, ReadsBigEndianLabels) {
  const TempDir dir;
  ReadOptions options;
  options.labels_file = dir.write("l16", idx(0x0B, {3}, std::string("\x01\x02\xFF\xFF\x00\x07", 6)));
  EXPECT_EQ(read_dataset(dir.write("p.idx", images(3)), options).schema.classes,
            (std::vector<std::string>{"-1", "7", "258"}));
  options.labels_file = dir.write("l32", idx(0x0C, {3}, std::string("\0\x01\0\0\0\0\0\x02\0\0\0\x03", 12)));
  EXPECT_EQ(read_dataset(dir.path("p.idx"), options).schema.classes, (std::vector<std::string>{"2", "3", "65536"}));
}

TEST(Idx, RefusesBrokenFiles) {
  const TempDir dir;
  const auto read = [&](const std::string& content, const std::string& name = "x-images.idx") {
    return [&dir, content, name] { read_dataset(dir.write(name, content)); };
  };
  expect_error(read("not idx at all, but text"), kData, "wrong magic");
  expect_error(read(images(3).substr(0, 10)), kData, "header is cut short");
  expect_error(read(images(3).substr(0, 20)), kData, "claims 3×2×3 = 18 bytes and 4 follow");
  expect_error(read(images(3) + "x"), kData, "and 19 follow");
  expect_error(read(idx(8, {2000000000, 28, 28}, "short")), kData, "claims 2000000000×28×28 = 1568000000000 bytes");
  expect_error(read(idx(8, {4294967295U, 4294967295U, 4294967295U}, "short")), kData, "claims");
  expect_error(read(idx(8, {0, 28, 28}, "")), kData, "has no values");
  expect_error(read(idx(0x0D, {1, 2, 3}, std::string(24, 'x'))), kData, "type 0x0d; expected images");
  expect_error(read(idx(8, {3}, "abc")), kData, "looks like the labels");
  expect_error(read(images(3)), kData, "no labels beside the images");
  dir.write("x-labels.idx", idx(8, {2}, "ab"));
  expect_error(read(images(3)), kData, "has 2 labels; expected 3");
  dir.write("x-labels.idx", "hello");
  expect_error(read(images(3)), kData, "no file of arrays");
  dir.write("x-labels.idx", images(3));
  expect_error(read(images(3)), kData, "expected labels: one dimension");
}

TEST(Idx, KeepsToAModel) {
  const TempDir dir;
  dir.write("a-labels.idx", idx(8, {3}, std::string("\0\1\1", 3)));
  const Schema schema = read_dataset(dir.write("a-images.idx", images(3))).schema;
  const Dataset bare = read_dataset(dir.write("b.idx", images(2)), {}, schema);
  EXPECT_TRUE(bare.labels.empty());
  expect_error(
      [&] {
        read_dataset(dir.write("c.idx", idx(8, {1, 5}, "abcde")), {}, schema);
      },
      kData, "rows of 5 features; expected 6");
  dir.write("d-labels.idx", idx(8, {2}, std::string("\1\2", 2)));
  expect_error([&] { read_dataset(dir.write("d-images.idx", images(2)), {}, schema); }, kData, "the label 2 in row 2");
}

ReadOptions with_labels(const TempDir& dir, const std::string& content) {
  ReadOptions options;
  options.labels_file = dir.write("labels", content);
  return options;
}

const std::string kThreeLabels = npy(npy_dict("<i8", "(3,)"), raw<std::int64_t>({4, -2, 4}));

TEST(Npy, MapsFloats) {
  const TempDir dir;
  const std::vector<float> values = {1, 2, 3.5F, -4, 5, 6e30F};
  for (const int version : {1, 2, 3}) {
    const std::string file = dir.write("x.npy", npy(npy_dict("<f4", "(3, 2)"), raw(values), version));
    const Dataset data = read_dataset(file, with_labels(dir, kThreeLabels));
    ASSERT_NE(data.features.array<float>(), nullptr);
    EXPECT_EQ(std::vector<float>(data.features.array<float>(), data.features.array<float>() + 6), values);
    EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"-2", "4"}));
    EXPECT_EQ(data.labels, (std::vector<std::int32_t>{1, 0, 1}));
  }
}

TEST(Npy, TransposesFortranOrder) {
  const TempDir dir;
  const std::string file = dir.write("x.npy", npy(npy_dict("<f4", "(3, 2)", true), raw<float>({1, 3, 5, 2, 4, 6})));
  const Dataset data = read_dataset(file, with_labels(dir, kThreeLabels));
  EXPECT_EQ(std::vector<float>(data.features.array<float>(), data.features.array<float>() + 6),
            (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST(Npy, KeepsBytesAndImages) {
  const TempDir dir;
  const Dataset flat =
      read_dataset(dir.write("x.npy", npy(npy_dict("|u1", "(3, 2)"), "abcdef")), with_labels(dir, kThreeLabels));
  EXPECT_EQ(flat.features.array<std::uint8_t>()[3], 'd');
  EXPECT_EQ(flat.unit, 1);
  const Dataset image =
      read_dataset(dir.write("y.npy", npy(npy_dict("|u1", "(3, 1, 2)"), "abcdef")), with_labels(dir, kThreeLabels));
  EXPECT_EQ(image.schema.image_shape, (std::vector<Index>{1, 2}));
  EXPECT_EQ(image.unit, 255);
}

TEST(Npy, KeepsOtherNumbersExactly) {
  const TempDir dir;
  const Dataset doubles = read_dataset(
      dir.write("x.npy", npy(npy_dict("<f8", "(3, 2)"), raw<double>({1e9 + 1, 0, 1e9 + 2, 0, 1e9 + 3, 3}))),
      with_labels(dir, kThreeLabels));
  ASSERT_NE(doubles.features.array<std::int32_t>(), nullptr);  // the narrowest type for such numbers
  EXPECT_EQ(original(doubles, 2, 0), 1e9 + 3);
  EXPECT_EQ(original(doubles, 2, 1), 3);
  const Dataset ints =
      read_dataset(dir.write("y.npy", npy(npy_dict("<i4", "(3, 2)", true), raw<std::int32_t>({-1, 70000, 2, 3, 4, 5}))),
                   with_labels(dir, kThreeLabels));
  EXPECT_NEAR(original(ints, 1, 0), 70000, 1e-2);
  EXPECT_NEAR(original(ints, 1, 1), 4, 1e-6);
  const Dataset small = read_dataset(dir.write("z.npy", npy(npy_dict("|i1", "(3, 1)"), raw<std::int8_t>({-1, 3, 5}))),
                                     with_labels(dir, kThreeLabels));
  EXPECT_NEAR(original(small, 0, 0), -1, 1e-6);
}

TEST(Npy, ReadsHalfPrecision) {
  const TempDir dir;
  // By the format's definition: 1, −2, the largest, the smallest, the smallest normal one, the nearest to 1/3.
  const std::vector<std::uint16_t> halves{0x3C00, 0xC000, 0x7BFF, 0x0001, 0x0400, 0x3555};
  const double values[] = {1, -2, 65504, std::ldexp(1, -24), std::ldexp(1, -14), 0.333251953125};
  const Dataset data =
      read_dataset(dir.write("x.npy", npy(npy_dict("<f2", "(3, 2)"), raw(halves))), with_labels(dir, kThreeLabels));
  for (Index k = 0; k < 6; ++k)
    EXPECT_NEAR(original(data, k / 2, k % 2), values[k], 1e-7 * std::abs(values[k]) + 2e-3) << k;
  const NpyArray array = parse_npy(copy_bytes(npy(npy_dict("<f2", "(3, 2)"), raw(halves))), "x.npy");
  for (Index k = 0; k < 6; ++k) EXPECT_EQ(array.value(k), values[k]) << k;
  for (const std::uint16_t special : {0x7C00, 0xFC00, 0x7E00}) {
    std::vector<std::uint16_t> bad = halves;
    bad[3] = special;
    expect_error(
        [&] {
          read_dataset(dir.write("y.npy", npy(npy_dict("<f2", "(3, 2)"), raw(bad))), with_labels(dir, kThreeLabels));
        },
        kData, "row 2, column 2 is not finite");
  }
  EXPECT_EQ(read_dataset(dir.path("x.npy"),
                         with_labels(dir, npy(npy_dict("<f2", "(3,)"), raw<std::uint16_t>({0x4400, 0, 0x4400}))))
                .schema.classes,
            (std::vector<std::string>{"0", "4"}));
}

TEST(Npy, KeepsLargeIntegersThatNameClasses) {
  const TempDir dir;
  const std::int64_t large = 1000000000000000, beyond = (std::int64_t{1} << 62) + 1;  // neither is exact as a double
  const std::string file = dir.write("x.npy", npy(npy_dict("<f4", "(3, 1)"), raw<float>({1, 2, 3})));
  EXPECT_EQ(
      read_dataset(file, with_labels(dir, npy(npy_dict("<i8", "(3,)"), raw<std::int64_t>({large + 1, large, beyond}))))
          .schema.classes,
      (std::vector<std::string>{"1000000000000000", "1000000000000001", "4611686018427387905"}));
  EXPECT_EQ(read_dataset(dir.write("y.npy", npy(npy_dict("<i8", "(3, 2)"),
                                                raw<std::int64_t>({1, beyond, 2, beyond + 1, 3, beyond}))))
                .schema.classes,
            (std::vector<std::string>{"4611686018427387905", "4611686018427387906"}));
  expect_error(
      [&] {
        read_dataset(file,
                     with_labels(dir, npy(npy_dict("<u8", "(3,)"), raw<std::uint64_t>({1, ~std::uint64_t{0}, 2}))));
      },
      kData, "holds 18446744073709551615 in row 2");
  expect_error(
      [&] {
        read_dataset(file, with_labels(dir, npy(npy_dict("<f8", "(3,)"), raw<double>({1, 1e16, 2}))));
      },
      kData, "holds 1e+16 in row 2");
}

TEST(Npy, NotesThatManyIntegersMayBeAQuantity) {
  const TempDir dir;
  std::vector<float> ages;
  for (int row = 0; row < 120; ++row) ages.insert(ages.end(), {static_cast<float>(row), static_cast<float>(row % 60)});
  const Dataset data = read_dataset(dir.write("x.npy", npy(npy_dict("<f4", "(120, 2)"), raw(ages))));
  EXPECT_TRUE(has_notice(data, "60 classes of numbers"));
}

TEST(Npy, TakesTheLastColumnForTheLabel) {
  const TempDir dir;
  const std::string file = dir.write("x.npy", npy(npy_dict("<f4", "(3, 3)"), raw<float>({1, 2, 0, 3, 4, 7, 5, 6, 0})));
  const Dataset data = read_dataset(file);
  ASSERT_EQ(data.features.cols(), 2);
  EXPECT_EQ(data.features.array<float>()[3], 4.0F);
  EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"0", "7"}));
  EXPECT_TRUE(has_notice(data, "the label is column 2 (the last, from 0)"));
  ReadOptions options;
  options.label = "0";
  EXPECT_EQ(read_dataset(file, options).schema.classes, (std::vector<std::string>{"1", "3", "5"}));
  options.label = "3";
  expect_error([&] { read_dataset(file, options); }, ErrorKind::kUsage, "--label");
  EXPECT_TRUE(read_dataset(dir.write("p.npy", npy(npy_dict("<f4", "(1, 2)"), raw<float>({1, 2}))), {}, data.schema)
                  .labels.empty());
  expect_error(
      [&] {
        read_dataset(dir.write("q.npy", npy(npy_dict("<f4", "(2, 2)"), raw<float>({1, 0.5, 2, 1}))));
      },
      kData, "holds 0.5 in row 1");
}

// 0.1 is no float32 number. Targets that are have the fingerprint of the days when all were stored as such.
TEST(Npy, TakesSoftTargetsExactly) {
  const TempDir dir;
  const std::string file = dir.write("x.npy", npy(npy_dict("<f4", "(1, 1)"), raw<float>({1})));
  const auto with = [&](const std::string& labels) { return read_dataset(file, with_labels(dir, labels)); };
  const Dataset tenth = with(npy(npy_dict("<f8", "(1, 2)"), raw<double>({0.1, 0.9})));
  EXPECT_EQ(tenth.targets(0, 0), 0.1);
  const Dataset narrow = with(npy(npy_dict("<f4", "(1, 2)"), raw<float>({0.1F, 0.9F})));
  EXPECT_NE(fingerprint(tenth), fingerprint(narrow));
  const auto widened = raw<double>({static_cast<double>(0.1F), static_cast<double>(0.9F)});
  EXPECT_EQ(fingerprint(with(npy(npy_dict("<f8", "(1, 2)"), widened))), fingerprint(narrow));
}

TEST(Npy, TakesSoftTargets) {
  const TempDir dir;
  const std::string file = dir.write("x.npy", npy(npy_dict("<f4", "(2, 1)"), raw<float>({1, 2})));
  const Dataset data =
      read_dataset(file, with_labels(dir, npy(npy_dict("<f8", "(2, 3)"), raw<double>({0.5, 0.25, 0.25, 0, 1, 0}))));
  EXPECT_TRUE(data.labels.empty());
  EXPECT_EQ(data.targets(0, 1), 0.25);
  EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"0", "1", "2"}));
  for (const std::vector<double>& bad :
       {std::vector<double>{0.5, 0.25, 0.5, 0, 1, 0}, {1.5, -0.5, 0, 0, 1, 0}, {std::nan(""), 0, 1, 0, 1, 0}}) {
    expect_error([&] { read_dataset(file, with_labels(dir, npy(npy_dict("<f8", "(2, 3)"), raw(bad)))); }, kData,
                 "sum to 1");
  }
}

// As a file of text with five digits has them.
TEST(Npy, DividesRowsOfTargetsByTheirSumAndSaysSo) {
  const TempDir dir;
  const std::string file = dir.write("x.npy", npy(npy_dict("<f4", "(2, 1)"), raw<float>({1, 2})));
  const auto labels = npy(npy_dict("<f8", "(2, 3)"), raw<double>({0.33333, 0.33333, 0.33333, 0.5, 0.5, 0}));
  const Dataset data = read_dataset(file, with_labels(dir, labels));
  EXPECT_NEAR(data.targets(0, 0), 1.0 / 3, 1e-16);
  EXPECT_EQ(data.targets.row(1), (Matrix(1, 3) << 0.5, 0.5, 0).finished().row(0));
  EXPECT_THAT(data.notices,
              testing::Contains(testing::HasSubstr("1 of 2 rows of targets do not sum to 1 (by up to 1.0e-05)")));
}

// A third in float16 is 0.33325: three of them are 2.4e-4 away from 1, by that rounding alone.
TEST(Npy, AllowsTargetsTheRoundingOfTheirType) {
  const TempDir dir;
  const std::string file = dir.write("x.npy", npy(npy_dict("<f4", "(1, 1)"), raw<float>({1})));
  const auto labels = [&](std::uint16_t third) {
    return with_labels(dir, npy(npy_dict("<f2", "(1, 3)"), raw<std::uint16_t>({third, third, third})));
  };
  const Dataset data = read_dataset(file, labels(0x3555));
  EXPECT_NEAR(data.targets(0, 0), 1.0 / 3, 1e-16);
  EXPECT_THAT(data.notices, testing::Contains(testing::HasSubstr("1 of 1 rows of targets do not sum to 1")));
  expect_error([&] { read_dataset(file, labels(0x3550)); }, kData, "sum to 1");  // 0.332: no rounding of a third
}

TEST(Npy, RefusesBrokenFiles) {
  const TempDir dir;
  const auto read = [&](const std::string& content) {
    return [&dir, content] { read_dataset(dir.write("x.npy", content)); };
  };
  const std::string values = raw<float>({1, 2, 3, 4});
  expect_error(read("a,b\n1,2\n"), kData, "wrong magic");
  expect_error(read(std::string("\x93NUMPY\x04\x00", 8) + "xx{}"), kData, "unknown NPY version");
  expect_error(read(std::string("\x93NUMPY\x01\x00", 8)), kData, "unknown NPY version");
  expect_error(read(npy(npy_dict("<f4", "(2, 2)"), values).substr(0, 40)), kData, "the file ends before");
  expect_error(read(npy(npy_dict("<f4", "(2, 2)"), values.substr(1))), kData, "claims 16 bytes and 15 follow");
  expect_error(read(npy(npy_dict("<f4", "(2000000000, 1000000)"), values)), kData, "claims 8000000000000000 bytes");
  expect_error(read(npy(npy_dict("<f4", "(9000000000000000000, 9000000000000000000)"), values)), kData, "claims");
  expect_error(read(npy(npy_dict("<f4", "(0, 2)"), "")), kData, "no values");
  expect_error(read(npy(npy_dict(">f4", "(2, 2)"), values)), kData, "big-endian");
  expect_error(read(npy(npy_dict("|O", "(2, 2)"), values)), kData, "Python objects");
  expect_error(read(npy(npy_dict("<U1", "(2, 2)"), values)), kData, "strings");
  expect_error(read(npy(npy_dict("<c8", "(2, 2)"), values)), kData, "the type '<c8'");
  expect_error(read(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }", values)), kData,
               "structured");
  expect_error(read(npy("{'descr': '<f4', 'shape': (2, 2), }", values)), kData, "a key is missing");
  expect_error(read(npy("{'descr': '<f4', 'fortran_order': maybe, 'shape': (2, 2), }", values)), kData, "malformed");
  expect_error(read(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, -2), }", values)), kData, "malformed");
  expect_error(read(npy("nonsense", values)), kData, "malformed");
  expect_error(read(npy(npy_dict("<f4", "(4,)"), values)), kData, "looks like labels");
  expect_error(read(npy(npy_dict("<f4", "(1, 2, 2)"), values)), kData, "shape (1, 2, 2)");
  expect_error(read(npy(npy_dict("<f4", "(4, 1)"), values)), kData, "one column");
}

TEST(Npy, NamesTheFirstValueThatIsNotFinite) {
  const TempDir dir;
  const double nan = std::nan(""), infinity = HUGE_VAL;
  expect_error(
      [&] {
        read_dataset(
            dir.write("x.npy", npy(npy_dict("<f4", "(3, 2)"), raw<float>({1, 2, 3, static_cast<float>(nan), 5, 6}))),
            with_labels(dir, kThreeLabels));
      },
      kData, "row 2, column 2 is not finite");
  expect_error(
      [&] {
        read_dataset(dir.write("x.npy", npy(npy_dict("<f8", "(3, 2)"), raw<double>({1, 2, 3, 4, infinity, 6}))),
                     with_labels(dir, kThreeLabels));
      },
      kData, "row 3, column 1 is not finite");
}

TEST(Npy, ReadsGzip) {
  const TempDir dir;
  const std::string file = dir.write("x.npy.gz", gzip(npy(npy_dict("<f4", "(3, 2)"), raw<float>({1, 2, 3, 4, 5, 6}))));
  EXPECT_EQ(read_dataset(file, with_labels(dir, gzip(kThreeLabels))).features.array<float>()[5], 6.0F);
}

}  // namespace
}  // namespace poise
