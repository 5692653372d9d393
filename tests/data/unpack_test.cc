// xz and Zstandard, packed by their own libraries. (Bombs: gzip_test.cc; what stops them is the same.)
#include "data/bytes/unpack.h"

#include <lzma.h>
#include <zstd.h>

#include "helpers.h"

namespace poise {
namespace {

std::string xz(const std::string& text) {
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t size = 0;
  lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                          reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size());
  out.resize(size);
  return out;
}

/// With a checksum, as the program zstd writes it.
std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  out.resize(ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return out;
}

struct Packer {
  const char* name;
  std::string (*pack)(const std::string&);
  Packing packing;
};

class Unpack : public testing::TestWithParam<Packer> {
 protected:
  static std::string unpacked(const std::string& packed) {
    EXPECT_EQ(packing_of(packed), GetParam().packing);
    return std::string(unpack(packed, GetParam().packing, "t").view());
  }
  static std::string pack(const std::string& text) { return GetParam().pack(text); }
};

TEST_P(Unpack, GivesTextOfAnySizeBack) {
  for (const std::size_t size : {1U, 100U, 5000U, 3000000U}) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i * i % 23);
    EXPECT_EQ(unpacked(pack(text)), text);
  }
}

TEST_P(Unpack, JoinsParts) { EXPECT_EQ(unpacked(pack("one, ") + pack("two")), "one, two"); }

TEST_P(Unpack, RefusesWhatIsCutShortAtAnyByte) {
  const std::string whole = pack("some text that is long enough to be cut, some text that is long enough");
  for (std::size_t size = 6; size < whole.size(); ++size) {
    expect_error([&] { unpacked(whole.substr(0, size)); }, ErrorKind::kData, "cut short");
  }
}

TEST_P(Unpack, RefusesCorruptionAndGarbage) {
  const std::string whole = pack("some text that is long enough to be hit");
  for (const std::size_t place : {whole.size() / 2, whole.size() - 2}) {
    std::string flipped = whole;
    flipped[place] = static_cast<char>(flipped[place] ^ 0x55);
    expect_error([&] { unpacked(flipped); }, ErrorKind::kData, "corrupt");
  }
  expect_error([&] { unpacked(whole + "some more text"); }, ErrorKind::kData, "something else follows");
  expect_error([&] { unpacked(pack("")); }, ErrorKind::kData, "empty once unpacked");
}

TEST_P(Unpack, ReadsTablesAndTheirLabels) {
  const TempDir dir;
  const std::string ending = GetParam().name;
  const std::string table = "a,label\n1,x\n2,y\n";
  const Dataset plain = read_dataset(dir.write("t.csv", table));
  EXPECT_EQ(fingerprint(read_dataset(dir.write("t.csv." + ending, pack(table)))), fingerprint(plain));
  EXPECT_EQ(read_dataset(dir.write("undeclared.csv", pack(table))).rows(), 2);
  expect_error([&] { read_dataset(dir.write("u.csv." + ending, table)); }, ErrorKind::kData,
               "not packed, in spite of the name's ." + ending);
  dir.write("x-labels.npy." + ending, pack(npy(npy_dict("<i4", "(2,)"), raw<std::int32_t>({3, 7}))));
  const Dataset array =
      read_dataset(dir.write("x.npy." + ending, pack(npy(npy_dict("<f4", "(2, 2)"), raw<float>({1, 2, 3, 4})))));
  EXPECT_EQ(array.schema.classes, (std::vector<std::string>{"3", "7"}));
}

INSTANTIATE_TEST_SUITE_P(All, Unpack,
                         testing::Values(Packer{"xz", xz, Packing::kXz}, Packer{"zst", zstd, Packing::kZstd}),
                         [](const auto& chosen) { return chosen.param.name; });

}  // namespace
}  // namespace poise
