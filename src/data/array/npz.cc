#include "data/array/npz.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "data/array/members.h"
#include "data/bytes/unpack.h"

namespace poise::inline data {
namespace {

// PKWARE's APPNOTE: all numbers little-endian.
constexpr std::string_view kLocal = "PK\3\4", kCentral = "PK\1\2", kEnd = "PK\5\6", kEnd64 = "PK\6\6",
                           kLocator64 = "PK\6\7";
constexpr std::size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kLocatorSize = 20, kEnd64Size = 56;
constexpr std::uint32_t kIn64 = 0xffffffff;
constexpr int kStored = 0, kDeflated = 8;

struct Entry {
  std::string name;
  int method = kStored;
  std::uint64_t packed = 0, size = 0, local = 0;  // bytes, bytes, place of the local header
  std::uint32_t sum = 0;                          // CRC-32
};

class ZipReader {
 public:
  ZipReader(const Bytes& bytes, const std::string& file) : bytes_(bytes.view()), whole_(bytes), file_(file) {}

  std::vector<Entry> entries() const {
    const auto [place, count] = directory();
    std::vector<Entry> found;
    std::uint64_t p = place;
    for (std::uint64_t k = 0; k < count; ++k) {
      need(p, kCentralSize, kCentral);
      const std::uint64_t name = number<2>(p + 28), extra = number<2>(p + 30), comment = number<2>(p + 32);
      need(p, kCentralSize + name + extra + comment, kCentral);
      Entry entry{std::string(bytes_.substr(p + kCentralSize, name)),
                  static_cast<int>(number<2>(p + 10)),
                  number<4>(p + 20),
                  number<4>(p + 24),
                  number<4>(p + 42),
                  static_cast<std::uint32_t>(number<4>(p + 16))};
      widen(entry, bytes_.substr(p + kCentralSize + name, extra));
      if ((number<2>(p + 8) & 1) != 0) fail(fmt::format("'{}' is encrypted", entry.name));
      found.push_back(std::move(entry));
      p += kCentralSize + name + extra + comment;
    }
    return found;
  }

  /// What the entry holds: a look at it, or inflated.
  Bytes content(const Entry& entry) const {
    need(entry.local, kLocalSize, kLocal);
    const std::uint64_t begin = entry.local + kLocalSize + number<2>(entry.local + 26) + number<2>(entry.local + 28);
    if (begin > bytes_.size() || entry.packed > bytes_.size() - begin)
      fail(fmt::format("'{}' is cut short", entry.name));
    const std::string_view packed = bytes_.substr(begin, entry.packed);
    if (entry.method == kStored) {
      const Bytes stored{whole_.owner, packed.data(), packed.size()};
      if (entry.size != entry.packed || checksum(stored) != entry.sum) fail(fmt::format("'{}' is damaged", entry.name));
      return stored;
    }
    if (entry.method != kDeflated) fail(fmt::format("'{}' is packed by method {}", entry.name, entry.method));
    return inflated(entry, packed);
  }

 private:
  [[noreturn]] void fail(const std::string& found) const {
    throw Error(ErrorKind::kData, "the NPZ archive is not understood: " + found, "one of numpy.savez",
                "the file may be damaged: copy or save it again", {file_});
  }

  void need(std::uint64_t place, std::uint64_t size, std::string_view magic) const {
    if (place > bytes_.size() || size > bytes_.size() - place || bytes_.substr(place, 4) != magic) {
      fail(fmt::format("no record at byte {}", place));
    }
  }

  template <int kBytes>
  std::uint64_t number(std::uint64_t place, std::string_view from) const {
    std::uint64_t value = 0;
    std::memcpy(&value, from.data() + place, kBytes);
    return value;
  }
  template <int kBytes>
  std::uint64_t number(std::uint64_t place) const {
    return number<kBytes>(place, bytes_);
  }

  /// Place and length of the directory. Its record is at the end, behind it at most a comment of 64 KiB.
  std::pair<std::uint64_t, std::uint64_t> directory() const {
    const std::size_t end = bytes_.rfind(kEnd);
    if (end == std::string_view::npos || bytes_.size() - end < kEndSize) fail("it has no directory");
    const std::uint64_t count = number<2>(end + 10), place = number<4>(end + 16);
    if (count != 0xffff && place != kIn64) return {place, count};
    if (end < kLocatorSize) fail("it has no directory");
    need(end - kLocatorSize, kLocatorSize, kLocator64);
    const std::uint64_t end64 = number<8>(end - kLocatorSize + 8);
    need(end64, kEnd64Size, kEnd64);
    return {number<8>(end64 + 48), number<8>(end64 + 32)};
  }

  /// Sizes of 64 bits are in an extra field, those that are needed.
  void widen(Entry& entry, std::string_view extra) const {
    while (extra.size() >= 4) {
      const std::uint64_t id = number<2>(0, extra), size = number<2>(2, extra);
      if (size > extra.size() - 4) return;
      if (id == 1) {
        std::string_view field = extra.substr(4, size);
        for (std::uint64_t* const each : {&entry.size, &entry.packed, &entry.local}) {
          if (*each != kIn64 || field.size() < 8) continue;
          *each = number<8>(0, field);
          field.remove_prefix(8);
        }
      }
      extra.remove_prefix(4 + size);
    }
  }

  Bytes inflated(const Entry& entry, std::string_view packed) const {
    constexpr std::uint64_t kMostRatio = 1040;  // of deflate, and a little
    UnpackedBytes out(packed.size(), std::min(entry.size, kMostRatio * packed.size()) + 1, file_);
    z_stream stream{};
    if (inflateInit2(&stream, -15) != Z_OK) throw Error(ErrorKind::kResource, "out of memory for zlib", "some 50 KiB");
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, &inflateEnd);
    constexpr std::size_t kPiece = 1U << 30;
    std::size_t used = 0;
    int status = Z_OK;
    while (status == Z_OK) {
      const std::size_t in = std::min(kPiece, packed.size() - used), room = std::min(kPiece, out.room());
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + used));
      stream.avail_in = static_cast<uInt>(in);
      stream.next_out = reinterpret_cast<Bytef*>(out.place());
      stream.avail_out = static_cast<uInt>(room);
      status = inflate(&stream, Z_NO_FLUSH);
      const bool full = stream.avail_out == 0;
      used += in - stream.avail_in;
      out.took(room - stream.avail_out);
      if (status == Z_BUF_ERROR && full) status = Z_OK;  // only the room ran out
    }
    if (status != Z_STREAM_END) fail(fmt::format("'{}' is damaged", entry.name));
    Bytes result = out.release();
    if (result.size != entry.size || checksum(result) != entry.sum) fail(fmt::format("'{}' is damaged", entry.name));
    return result;
  }

  static std::uint32_t checksum(const Bytes& bytes) {
    return static_cast<std::uint32_t>(crc32_z(0, bytes.unsigned_data(), bytes.size));
  }

  std::string_view bytes_;
  const Bytes& whole_;
  const std::string& file_;
};

std::string array_name(const std::string& name) {
  return name.ends_with(".npy") ? name.substr(0, name.size() - 4) : name;
}

}  // namespace

bool is_npz(std::string_view bytes) {
  if (!bytes.starts_with(kLocal) || bytes.size() < kLocalSize) return false;
  std::uint16_t length = 0;
  std::memcpy(&length, bytes.data() + 26, 2);
  return bytes.substr(kLocalSize, length).ends_with(".npy");
}

std::vector<std::string> npz_names(const Bytes& bytes, const std::string& file) {
  std::vector<std::string> names;
  for (const Entry& entry : ZipReader(bytes, file).entries()) {
    if (entry.name.ends_with(".npy")) names.push_back(array_name(entry.name));
  }
  return names;
}

NpyArray parse_npz(const Bytes& bytes, const std::string& file, const std::string& name) {
  const ZipReader zip(bytes, file);
  const std::vector<Entry> entries = zip.entries();
  std::vector<Member> members;
  for (const Entry& entry : entries) {
    if (!entry.name.ends_with(".npy")) continue;
    std::size_t dimensions = 0;
    const bool chosen = array_name(entry.name) == name;
    if (name.empty()) dimensions = parse_npy(zip.content(entry), file + ":" + array_name(entry.name)).shape.size();
    members.push_back({array_name(entry.name), dimensions});
    if (chosen) break;
  }
  const std::string found = choose_member(members, name, "array", file);
  const auto entry = std::ranges::find_if(entries, [&](const Entry& each) { return each.name == found + ".npy"; });
  return parse_npy(zip.content(*entry), file + ":" + found);
}

}  // namespace poise::inline data
