// Row files: what is written is read back as it was, and what is damaged is refused.
#include "data/array/rows_file.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "data/array/safetensors.h"
#include "data/schema_json.h"
#include "helpers.h"

namespace poise {
namespace {

constexpr ErrorKind kData = ErrorKind::kData;

void expect_same(const Dataset& a, const Dataset& b) {
  EXPECT_EQ(fingerprint(a), fingerprint(b));
  EXPECT_EQ(schema_to_json(a.schema).dump(), schema_to_json(b.schema).dump());
  EXPECT_EQ(a.unit, b.unit);
  EXPECT_EQ(a.missing, b.missing);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_TRUE(a.sample_weight == b.sample_weight);
  EXPECT_TRUE(a.targets == b.targets);
  EXPECT_EQ(a.features.stored_bytes(), b.features.stored_bytes());  // of the same types
}

Dataset read_back(const TempDir& dir, const Dataset& data) {
  write_dataset(data, dir.path("rows.safetensors"));
  return read_dataset(dir.path("rows.safetensors"));
}

TEST(RowFile, HoldsEveryKindOfRows) {
  const TempDir dir;
  const std::string table =
      dir.write("t.csv",
                "size,color,long,w,kind\n"
                "1,red,0.1,1,a\n2.5,blue,1e300,2,b\n?,red,3,0.5,a\n4,,4.25,1,b\n300,blue,5,3,a\n");
  expect_same(read_back(dir, read_dataset(table)), read_dataset(table));
  expect_same(read_back(dir, read_dataset(table, {.sample_weight = "w"})), read_dataset(table, {.sample_weight = "w"}));
  for (const char* name : {"digits", "digits:test"})
    expect_same(read_back(dir, read_dataset(name)), read_dataset(name));
  const std::string narrow = dir.write("n.libsvm", "a 1:1 7:0.5\nb 2:-3\na\nb 1:2 2:3 7:1\n");
  const std::string wide = dir.write("w.libsvm", "a 1:1 7:0.1\nb 2:-3\na 3:1e200\nb 1:2 2:3 7:1\n");
  for (const std::string& path : {narrow, wide}) expect_same(read_back(dir, read_dataset(path)), read_dataset(path));
  dir.write("x-labels.npy", npy(npy_dict("<f8", "(2, 3)"), raw<double>({0.5, 0.25, 0.25, 0, 0.125, 0.875})));
  const std::string soft = dir.write("x.npy", npy(npy_dict("<f4", "(2, 2)"), raw<float>({1, 2, 3, 4.5F})));
  expect_same(read_back(dir, read_dataset(soft)), read_dataset(soft));
}

TEST(RowFile, IsReadByAModelOfItsSchemaAlone) {
  const TempDir dir;
  const Dataset data = read_dataset(dir.write("t.csv", "size,color,kind\n1,red,a\n2.5,blue,b\n7,red,a\n4,blue,b\n"));
  const Dataset other = read_dataset(dir.write("o.csv", "size,color,kind\n1,red,a\n2.5,green,b\n7,red,a\n4,blue,b\n"));
  write_dataset(data, dir.path("rows.safetensors"));
  expect_same(read_dataset(dir.path("rows.safetensors"), {}, data.schema), data);
  expect_error([&] { read_dataset(dir.path("rows.safetensors"), {}, other.schema); }, kData,
               "other columns, categories");
  expect_error([&] { read_dataset(dir.path("rows.safetensors"), {.label = "size"}); }, ErrorKind::kUsage, "");
}

/// The file with one of its texts replaced by another of the same length.
std::string with(std::string bytes, const std::string& from, const std::string& to) {
  EXPECT_EQ(from.size(), to.size());
  const std::size_t place = bytes.find(from);
  EXPECT_NE(place, std::string::npos) << from;
  return bytes.replace(place, from.size(), to);
}

/// The file with a number of a tensor replaced.
template <typename T>
std::string with_number(std::string bytes, const char* tensor, Index place, T number) {
  const NpyArray found = parse_safetensors(copy_bytes(bytes), "file", tensor);
  std::memcpy(bytes.data() + found.data_begin + place * static_cast<Index>(sizeof(T)), &number, sizeof(T));
  return bytes;
}

TEST(RowFile, RefusesWhatDoesNotFitTogether) {
  const TempDir dir;
  const auto refused = [&](const std::string& bytes, const std::string& what) {
    expect_error([&] { read_dataset(dir.write("damaged.safetensors", bytes)); }, kData, what);
  };
  write_dataset(read_dataset(dir.write("t.csv", "size,long,color,kind\n1,0.1,red,a\n2,0.3,blue,b\n7,0.2,red,a\n")),
                dir.path("rows.safetensors"));
  const std::string table = slurp(dir.path("rows.safetensors"));
  refused(table.substr(0, table.size() - 1), "bytes");
  refused(with_number<std::int32_t>(table, "labels", 1, 2), "label that is no class");
  refused(with_number<std::int32_t>(table, "labels", 0, -1), "label that is no class");
  refused(with(table, R"([\"U8\",2])", R"([\"U8\",3])"), "records of");
  refused(with(table, R"([\"U8\",2])", R"([\"U9\",2])"), "types of columns");
  refused(with(table, R"(\"unit\":1.0)", R"(\"unit\":-10)"), "unit");
  refused(with(table, R"(\"schema\")", R"(\"skhema\")"), "schema");

  write_dataset(read_dataset(dir.write("s.libsvm", "a 1:1 7:0.5\nb 2:-3\na 3:1\nb 1:2 2:3 7:1\n")),
                dir.path("rows.safetensors"));
  const std::string sparse = slurp(dir.path("rows.safetensors"));
  refused(with_number<std::int64_t>(sparse, "row_start", 1, 100), "out of order");
  refused(with_number<std::int64_t>(sparse, "row_start", 1, -1), "out of order");
  refused(with_number<std::int64_t>(sparse, "row_start", 4, 6), "different lengths");
  refused(with_number<std::int32_t>(sparse, "columns", 0, 7), "out of order");
  refused(with_number<std::int32_t>(sparse, "columns", 1, 0), "out of order");
  refused(with_number<std::int32_t>(sparse, "columns", 0, -1), "out of order");
  refused(with_number<float>(sparse, "values", 0, std::numeric_limits<float>::infinity()), "not finite");

  dir.write("x-labels.npy", npy(npy_dict("<f8", "(2, 2)"), raw<double>({0.5, 0.5, 0, 1})));
  write_dataset(read_dataset(dir.write("x.npy", npy(npy_dict("<f4", "(2, 2)"), raw<float>({1, 2, 3, 4.5F})))),
                dir.path("rows.safetensors"));
  const std::string array = slurp(dir.path("rows.safetensors"));
  refused(with_number<float>(array, "features", 3, std::numeric_limits<float>::quiet_NaN()), "row 2, column 2");
  refused(with_number<double>(array, "targets", 0, -0.5), "");
}

TEST(RowFile, IsASafetensorsFileThatOthersCanRead) {
  const TempDir dir;
  write_dataset(read_dataset("digits"), dir.path("rows.safetensors"));
  const Bytes bytes = load_file(dir.path("rows.safetensors"));
  const NpyArray features = parse_safetensors(bytes, "file", "features");
  EXPECT_EQ(features.shape, (std::vector<Index>{1347, 64}));
  EXPECT_EQ(features.kind, 'u');
  EXPECT_EQ(parse_safetensors(bytes, "file", "labels").shape, (std::vector<Index>{1347}));
  EXPECT_EQ(features.data_begin % 4, 0U);
}

}  // namespace
}  // namespace poise
