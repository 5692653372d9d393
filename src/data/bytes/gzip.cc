#include "data/bytes/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "data/bytes/unpack.h"

namespace poise::inline data {
namespace {

constexpr std::size_t kPiece = 1U << 30;  // zlib counts in 32 bits

/// The size that a file of one member states in its last four bytes, if that is believable.
std::size_t likely_size(std::string_view compressed) {
  std::uint32_t stated = 0;
  std::memcpy(&stated, compressed.data() + compressed.size() - 4, 4);
  const std::size_t fallback = 4 * compressed.size() + 4096;
  return stated > 0 && stated / 64 < compressed.size() ? stated + std::size_t{1} : fallback;
}

[[noreturn]] void fail_damaged(const std::string& found, const std::string& file) { fail_packed(found, "gzip", file); }

/// One inflation; frees zlib's state however it ends.
class Inflater {
 public:
  Inflater(std::string_view compressed, const std::string& file)
      : input_(compressed), file_(file), output_(compressed.size(), likely_size(compressed), file) {
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) {
      throw Error(ErrorKind::kResource, "out of memory for zlib", "some 50 KiB more");
    }
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Bytes run() {
    while (step() != Z_STREAM_END || !at_end()) continue;
    return output_.release();
  }

 private:
  int step() {
    const std::size_t in = std::min(kPiece, input_.size() - used_);
    const std::size_t out = std::min(kPiece, output_.room());
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data() + used_));
    stream_.avail_in = static_cast<uInt>(in);
    stream_.next_out = reinterpret_cast<Bytef*>(output_.place());
    stream_.avail_out = static_cast<uInt>(out);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    used_ += in - stream_.avail_in;
    const bool full = stream_.avail_out == 0;
    output_.took(out - stream_.avail_out);
    if (status == Z_OK || status == Z_STREAM_END) return status;
    if (status == Z_BUF_ERROR && full) return Z_OK;  // only the room ran out
    if (status == Z_BUF_ERROR) fail_damaged("the gzip file is cut short", file_);
    fail_damaged(std::string("the gzip file is corrupt: ") + (stream_.msg != nullptr ? stream_.msg : "bad block"),
                 file_);
  }

  /// After a member: whether that was all. Zero padding is allowed; another member goes on.
  bool at_end() {
    const std::string_view rest = input_.substr(used_);
    if (rest.find_first_not_of('\0') == std::string_view::npos) return true;
    if (!is_gzip(rest)) {
      throw Error(ErrorKind::kData, "something else follows the gzip data", "only gzip members, or zero bytes", {},
                  {file_});
    }
    if (inflateReset(&stream_) != Z_OK) throw Error(ErrorKind::kInternal, "zlib cannot be reset");
    return false;
  }

  std::string_view input_;
  const std::string& file_;
  z_stream stream_{};
  UnpackedBytes output_;
  std::size_t used_ = 0;
};

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.size() >= 2 && bytes.substr(0, 2) == "\x1f\x8b"; }

Bytes inflate_gzip(std::string_view compressed, const std::string& file) {
  if (compressed.size() < 18) fail_damaged("the gzip file is cut short", file);
  return Inflater(compressed, file).run();
}

}  // namespace poise::inline data
