// Arrays in files of several, and several files as one array. The bytes are made here from what the formats say.
#include <bit>

#include "helpers.h"
#include "rows/load.h"

namespace poise {
namespace {

constexpr ErrorKind kData = ErrorKind::kData;

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string size_and(const std::string& header, const std::string& values) {
  return bytes_of(std::vector<std::uint64_t>{header.size()}) + header + values;
}

std::vector<double> numbers(const Dataset& data) {
  std::vector<double> all(static_cast<std::size_t>(data.rows() * data.features.cols()));
  load_rows(data.features, {}, Index{0}, data.rows(), all.data(), data.features.cols());
  return all;
}

ReadOptions without_labels() {
  ReadOptions options;
  options.labels = false;
  return options;
}

/// One file of a zip archive: stored, or deflated without zlib's own header.
struct Packed {
  std::string name, content;
  bool deflated = false;
};

std::string deflated(const std::string& text) {
  const std::string whole = gzip(text);  // ten bytes of header, eight behind
  return whole.substr(10, whole.size() - 18);
}

std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int k = 0; k < bytes; ++k) text += static_cast<char>(value >> 8 * k & 0xFF);
  return text;
}

/// As APPNOTE.TXT has it: local headers with their content, the directory, its end.
std::string zip(const std::vector<Packed>& files) {
  std::string archive, directory;
  for (const Packed& file : files) {
    const std::string packed = file.deflated ? deflated(file.content) : file.content;
    const std::uint64_t sum =
        crc32(0, reinterpret_cast<const Bytef*>(file.content.data()), static_cast<uInt>(file.content.size()));
    const std::string common = number(0, 2) + number(file.deflated ? 8 : 0, 2) + number(0, 4) + number(sum, 4) +
                               number(packed.size(), 4) + number(file.content.size(), 4) + number(file.name.size(), 2) +
                               number(0, 2);
    const std::size_t place = archive.size();
    archive += "PK\3\4" + number(20, 2) + common + file.name + packed;
    directory += "PK\1\2" + number(20, 2) + number(20, 2) + common + number(0, 2) + number(0, 2) + number(0, 2) +
                 number(0, 4) + number(place, 4) + file.name;
  }
  return archive + directory + "PK\5\6" + number(0, 4) + number(files.size(), 2) + number(files.size(), 2) +
         number(directory.size(), 4) + number(archive.size(), 4) + number(0, 2);
}

std::string floats(const std::string& shape, const std::vector<float>& values) {
  return npy("{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }", bytes_of(values));
}

TEST(Safetensors, HoldEveryTypeExactly) {
  const TempDir dir;
  // 1.5, −2, 0.25 and the least number of each kind
  const std::string halves = bytes_of<std::uint16_t>({0x3e00, 0xc000, 0x3400, 0x0001});
  const std::string brains = bytes_of<std::uint16_t>({0x3fc0, 0xc000, 0x3e80, 0x0001});
  const std::string singles = bytes_of<float>({1.5F, -2, 0.25F, 1e-45F});
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"half":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]},)"
      R"("brain":{"dtype":"BF16","shape":[2,2],"data_offsets":[8,16]},)"
      R"("single":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]},)"
      R"("byte":{"dtype":"U8","shape":[4,1],"data_offsets":[32,36]},)"
      R"("wide":{"dtype":"I64","shape":[1,1],"data_offsets":[36,44]}})";
  const std::string file = dir.write(
      "t.safetensors", size_and(header, halves + brains + singles + "\1\2\3\xFF" + bytes_of<std::int64_t>({-70000})));
  const auto read = [&](const std::string& name) { return read_dataset(file + ":" + name, without_labels()); };
  EXPECT_EQ(numbers(read("half")), (std::vector<double>{1.5, -2, 0.25, 0x1p-24}));
  EXPECT_EQ(numbers(read("brain")), (std::vector<double>{1.5, -2, 0.25, 0x1p-133}));
  EXPECT_EQ(numbers(read("single")), (std::vector<double>{1.5, -2, 0.25, 0x1p-149}));
  EXPECT_EQ(numbers(read("byte")), (std::vector<double>{1, 2, 3, 255}));
  EXPECT_EQ(numbers(read("wide")), (std::vector<double>{-70000}));
  EXPECT_EQ(read("half").features.stored_bytes(), 8U);
  EXPECT_EQ(read("brain").features.dense().runs[0].type, NumberType::kBfloat16);
}

TEST(Safetensors, HoldTheLabelsToo) {
  const TempDir dir;
  const std::string header =
      R"({"emb":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},"y":{"dtype":"I64","shape":[3],"data_offsets":[24,48]}})";
  const std::string file = dir.write(
      "t.safetensors", size_and(header, bytes_of<float>({1, 2, 3, 4, 5, 6}) + bytes_of<std::int64_t>({7, 9, 7})));
  const Dataset data = read_dataset(file);
  EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"7", "9"}));
  EXPECT_EQ(data.labels, (std::vector<std::int32_t>{0, 1, 0}));
  EXPECT_EQ(numbers(data), (std::vector<double>{1, 2, 3, 4, 5, 6}));
  ReadOptions options;
  options.labels_file = file + ":y";
  EXPECT_EQ(read_dataset(file + ":emb", options).labels, data.labels);
}

// Bytes that two tensors share, or none has, are a damaged file.
TEST(Safetensors, LieOneBehindAnother) {
  const TempDir dir;
  const auto refuses = [&](const std::string& offsets, std::size_t bytes) {
    const std::string header =
        R"({"a":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2,2],)"
        R"("data_offsets":)" +
        offsets + "}}";
    expect_error(
        [&] { (void)read_dataset(dir.write("t.safetensors", size_and(header, std::string(bytes, '1'))) + ":a"); },
        kData, "bytes");
  };
  const auto overlaps = [&](const std::string& offsets) {
    const std::string header =
        R"({"a":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2,2],)"
        R"("data_offsets":)" +
        offsets + "}}";
    expect_error([&] { (void)read_dataset(dir.write("t.safetensors", size_and(header, std::string(9, '1'))) + ":a"); },
                 kData, "overlap or leave a gap");
  };
  overlaps("[3,7]"), overlaps("[5,9]");
  refuses("[4,8]", 9);
}

TEST(Safetensors, WithADeepHeaderAreRefusedAtOnce) {
  const TempDir dir;
  const std::string header = R"({"__metadata__":)" + std::string(1000000, '[') + std::string(1000000, ']') + "}";
  expect_error([&] { (void)read_dataset(dir.write("t.safetensors", size_and(header, ""))); }, kData, "no JSON object");
}

TEST(Safetensors, AreRefusedWithTheTensorsName) {
  const TempDir dir;
  const auto read = [&](const std::string& header, const std::string& values, const std::string& name = "") {
    return [&dir, header, values, name] {
      read_dataset(dir.write("t.safetensors", size_and(header, values)) + name, without_labels());
    };
  };
  const std::string two = R"({"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},)"
                          R"("b":{"dtype":"F32","shape":[1,1],"data_offsets":[4,8]}})";
  expect_error(read(two, "12345678"), kData, "2 tensors; expected one of 'a' and 'b'");
  expect_error(read(two, "12345678", ":c"), kData, "no tensor 'c'");
  expect_error(read(two, "1234", ":b"), kData, "tensors take 8 bytes, and the file has 4 for them");
  expect_error(read(R"({"a":{"dtype":"F8_E4M3","shape":[1,1],"data_offsets":[0,1]}})", "1"), kData,
               "tensor 'a' is of type 'F8_E4M3'");
  expect_error(read(R"({"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,4]}})", "1234"), kData,
               "tensor 'a' takes 8 bytes by its shape and 4");
  expect_error(read(R"({"a":{"dtype":"F32","shape":[1e3,1],"data_offsets":[0,4]}})", "1234"), kData, "has no shape");
  expect_error(read(R"({"a":)", "1234"), kData, "no JSON object");
  expect_error(read(R"({"a":{"dtype":"F32","shape":[0,1],"data_offsets":[0,0]}})", ""), kData, "has no values");
  expect_error(read(R"({"a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}})", std::string("\0\0\x80\x7F", 4)),
               kData, "row 1, column 2 is not finite");
}

TEST(Npz, StoredAndDeflatedArraysAreTheSame) {
  const TempDir dir;
  const std::string features = floats("2, 3", {1, 2, 3, 4, 5, 6.5F});
  const std::string labels =
      npy("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", bytes_of<std::int64_t>({4, 2}));
  for (const bool packed : {false, true}) {
    const std::string file = dir.write("t.npz", zip({{"X.npy", features, packed}, {"y.npy", labels, packed}}));
    const Dataset data = read_dataset(file);
    EXPECT_EQ(numbers(data), (std::vector<double>{1, 2, 3, 4, 5, 6.5}));
    EXPECT_EQ(data.labels, (std::vector<std::int32_t>{1, 0}));
    EXPECT_EQ(numbers(read_dataset(file + ":X", without_labels())), numbers(data));
  }
}

TEST(Npz, IsRefusedWhereItContradictsItself) {
  const TempDir dir;
  const std::string good = zip({{"X.npy", floats("2, 3", {1, 2, 3, 4, 5, 6}), true}});
  const auto read = [&](const std::string& content, const std::string& name = "") {
    return [&dir, content, name] { read_dataset(dir.write("t.npz", content) + name, without_labels()); };
  };
  expect_error(read(good, ":Y"), kData, "no array 'Y'; expected one of 'X'");
  expect_error(read(good.substr(0, good.size() - 30)), kData, "no directory");
  std::string wrong = good;
  wrong[40] = static_cast<char>(wrong[40] ^ 0x55);
  expect_error(read(wrong), kData, "'X.npy' is damaged");
  for (std::size_t k = 4; k < good.size(); ++k) {  // whatever is wrong is an error or does not matter
    std::string changed = good;
    changed[k] = static_cast<char>(changed[k] ^ 0xFF);
    try {
      read(changed)();
    } catch (const Error&) {
    }
  }
}

TEST(Shards, AreOneArrayInTheOrderOfTheirNumbers) {
  const TempDir dir;
  for (const int k : {10, 9, 1, 0}) {
    dir.write("emb-" + std::to_string(k) + ".npy", floats("1, 2", {static_cast<float>(k), 0.5F}));
    dir.write("y-" + std::to_string(k) + ".npy",
              npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", bytes_of<std::int64_t>({k % 2})));
  }
  ReadOptions options;
  options.labels_file = dir.path("y-*.npy");
  const Dataset data = read_dataset(dir.path("emb-*.npy"), options);
  EXPECT_EQ(numbers(data), (std::vector<double>{0, 0.5, 1, 0.5, 9, 0.5, 10, 0.5}));
  EXPECT_EQ(data.labels, (std::vector<std::int32_t>{0, 1, 1, 0}));
  Dataset one = read_dataset(dir.write("one.npy", floats("4, 2", {0, 0.5F, 1, 0.5F, 9, 0.5F, 10, 0.5F})), options);
  EXPECT_EQ(fingerprint(one), fingerprint(data));
}

TEST(Shards, HoldTheirLabelsToo) {
  const TempDir dir;
  const auto shard = [](float x, std::int64_t y) {
    const std::string header =
        R"({"emb":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"y":{"dtype":"I64","shape":[1],"data_offsets":[8,16]}})";
    return size_and(header, bytes_of<float>({x, x}) + bytes_of<std::int64_t>({y}));
  };
  dir.write("s-0.safetensors", shard(1, 7)), dir.write("s-1.safetensors", shard(2, 9));
  const Dataset data = read_dataset(dir.path("s-*.safetensors:emb"));
  EXPECT_EQ(numbers(data), (std::vector<double>{1, 1, 2, 2}));
  EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"7", "9"}));
}

// As one file has them: emb-labels.npy beside emb.npy.
TEST(Shards, HaveTheirLabelsBesideThem) {
  const TempDir dir;
  for (const int k : {0, 1}) {
    dir.write("emb-" + std::to_string(k) + ".npy", floats("1, 2", {static_cast<float>(k), 0.5F}));
    dir.write("emb-" + std::to_string(k) + "-labels.npy",
              npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", bytes_of<std::int64_t>({7 + k})));
  }
  for (const char* const pattern : {"emb-?.npy", "emb-*.npy"}) {
    const Dataset data = read_dataset(dir.path(pattern));
    EXPECT_EQ(numbers(data), (std::vector<double>{0, 0.5, 1, 0.5})) << pattern;
    EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"7", "8"})) << pattern;
  }
}

// As many labels as rows in all say nothing about which are whose.
TEST(Shards, HaveTheirLabelsFileByFile) {
  const TempDir dir;
  const auto labels = [&](const std::string& name, const std::vector<std::int64_t>& values) {
    const std::string header =
        "{'descr': '<i8', 'fortran_order': False, 'shape': (" + std::to_string(values.size()) + ",), }";
    std::string bytes;
    for (const std::int64_t value : values) bytes += bytes_of<std::int64_t>({value});
    dir.write(name, npy(header, bytes));
  };
  for (const char* const k : {"0", "1"}) dir.write(std::string("emb-") + k + ".npy", floats("2, 1", {1, 2}));
  labels("emb-0-labels.npy", {0, 1, 1}), labels("emb-1-labels.npy", {0});
  const auto read = [&] { read_dataset(dir.path("emb-*.npy")); };
  expect_error(read, kData, "emb-0-labels.npy: 3 labels; expected 2, one a row of");
  ReadOptions options;
  options.labels_file = dir.path("emb-*-labels.npy");
  expect_error([&] { read_dataset(dir.path("emb-*.npy"), options); }, kData, "3 labels; expected 2");
  labels("emb-0-labels.npy", {0, 1}), labels("emb-7-labels.npy", {0, 1});
  std::filesystem::remove(dir.path("emb-1-labels.npy"));
  expect_error(read, kData, "emb-1.npy: there are no labels of these rows");
  labels("emb-1-labels.npy", {0, 1});
  expect_error(read, kData, "emb-7-labels.npy: there are no rows of these labels");
}

TEST(Shards, ThatDifferAreNamed) {
  const TempDir dir;
  expect_error([&] { read_dataset(dir.path("emb-*.npy")); }, ErrorKind::kIo, "no file fits the pattern");
  dir.write("emb-0.npy", floats("1, 2", {1, 2}));
  dir.write("emb-1.npy", floats("1, 3", {1, 2, 3}));
  expect_error([&] { read_dataset(dir.path("emb-*.npy")); }, kData, "emb-1.npy: the shape (n, 3); expected (n, 2)");
  dir.write("emb-1.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }", bytes_of<double>({1, 2})));
  expect_error([&] { read_dataset(dir.path("emb-*.npy")); }, kData, "type f8; expected f4");
}

// numpy.savez stores arrays as they are, with a checksum.
TEST(Npz, WithABitFlippedIsRefused) {
  const TempDir dir;
  const std::string array = floats("2, 2", {1, 2, 3, 4});
  std::string archive = zip({{"x.npy", array}});
  EXPECT_EQ(numbers(read_dataset(dir.write("x.npz", archive), without_labels())), (std::vector<double>{1, 2, 3, 4}));
  archive[archive.find(array) + array.size() - 2] ^= 0x10;
  expect_error([&] { (void)read_dataset(dir.write("x.npz", archive), without_labels()); }, kData, "'x.npy' is damaged");
}

}  // namespace
}  // namespace poise
